"""The findings of one audit run on its own: the plan's, drift, and everything that could not be read.

A drift finding states the fact. Its remedy depends on why this audit did not make the change:

| the change                          | remedy                                                |
|-------------------------------------|-------------------------------------------------------|
| failed in this audit                | the error, and whether the next audit can succeed     |
| exceeds MAX_REMOVALS                | see removals-over-limit                               |
| is not permitted by AUDIT_POLICY    | sync, or the policy that permits it                   |
"""

from collections.abc import Iterator

from shared.domain.audit.context import AuditContext
from shared.domain.audit.report_model import UNREADABLE
from shared.domain.changes import Change
from shared.domain.model.findings import Finding
from shared.domain.model.remedies import remedy_for
from shared.domain.model.snapshot import ReadAddresses, ReadEndpoint
from shared.domain.planning.endpoint_findings import service_unread
from shared.domain.planning.policy import drift


def findings_of(context: AuditContext) -> frozenset[Finding]:
    drifts = (drift(change, _remedy(context, change)) for change in context.unapplied)
    # The plan can have the same drift without a remedy. Of equal findings the first one stays.
    return frozenset({*drifts, *context.report.plan.findings, *_read_failures(context)})


def _remedy(context: AuditContext, change: Change) -> str:
    remedy = _remedy_by_cause(context, change)
    if failed := context.failed_passes.get(str(change.endpoint)):
        last = f"pass {failed.pass_id}, {failed.at:%Y-%m-%d %H:%M} UTC: {failed.problem}"
        return f"{remedy} Its event arrived, and its last failed pass is {last}"
    return remedy


def _remedy_by_cause(context: AuditContext, change: Change) -> str:
    if failed := context.failed.get(change):
        first = remedy_for(failed.cause, change.system) or "Correct what the error names."
        return f"This audit could not repair it: {failed.error}. {first} The next audit tries again."
    if change in context.withheld and context.policy.permits(change):
        return "MAX_REMOVALS holds it back: see the finding removals-over-limit."
    if change.removes:
        return "Run sync for the endpoint, or set AUDIT_POLICY=sync so that the audit removes it."
    return "Run sync for the endpoint, or set AUDIT_POLICY=upsert so that the audit repairs it."


def _read_failures(context: AuditContext) -> Iterator[Finding]:
    """A finding for each failed read and misread service. The plan reports those of single endpoints."""
    for service in context.index.services.unread:
        yield Finding(UNREADABLE, service.id or "organization", service_unread(service))
    for read, answer in context.report.snapshot.unreadable().items():
        if not isinstance(read, ReadEndpoint | ReadAddresses) and not answer.refused:
            yield Finding(UNREADABLE, read.object, answer.reason, remedy_for(answer.cause, read.system))
