"""Builds the audit report from a reconciliation of everything and the previous audit report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.audit.comparison import PENDING, endpoints_by_id, missing_events, overdue_approvals, with_first_seen
from shared.domain.audit.context import NO_FAILED_PASSES, AuditContext
from shared.domain.audit.endpoints import endpoint_rows, with_health
from shared.domain.audit.inventory import service_rows, zone_rows
from shared.domain.audit.report_model import UNREADABLE, AuditReport, Health, Repair, WithheldRemoval
from shared.domain.audit.summary import summarized
from shared.domain.changes.base import Change
from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import Finding
from shared.domain.model.remedies import remedy_for
from shared.domain.model.snapshot import ReadAddresses, ReadEndpoint
from shared.domain.planning.policy import Policy, drift
from shared.domain.planning.service_index import service_unread
from shared.domain.results.pass_report import Calls, Report
from shared.domain.results.report_shares import FailedPass


@dataclass(frozen=True, slots=True)
class AuditRun:
    """When and how an audit ran. `pending_grace`: how long a connection may stay pending."""

    pass_id: str
    started: datetime
    finished: datetime
    period_seconds: int
    policy: str
    pending_grace: timedelta
    calls: Calls


def audit_report(
    run: AuditRun,
    report: Report,
    config: DeploymentConfig,
    previous: AuditReport | None,
    failed_passes: Mapping[str, FailedPass] = NO_FAILED_PASSES,
) -> AuditReport:
    """The audit report. `previous` is the latest one that could be read, if any.

    `failed_passes`: the last failed pass of an event, by the ARM id of its endpoint.
    """
    context, now = AuditContext(report, config, Policy(run.policy), failed_passes), run.finished
    current = _findings(context)
    rows = {row.id: row for row in endpoint_rows(context, current, endpoints_by_id(previous), now)}
    overdue = {one.object: one for one in overdue_approvals(context, rows, now, run.pending_grace)}
    findings = {
        *(one for one in current if one.code != PENDING or one.object not in overdue),
        *overdue.values(),
        *missing_events(context, rows, previous, now, run.pending_grace),
    }
    audited = with_first_seen(findings, previous, context, now)
    removals = (change for change in report.plan.withheld if change.removes)
    audit = AuditReport(
        owner=config.owner,
        pass_id=run.pass_id,
        started=run.started,
        finished=now,
        period_seconds=run.period_seconds,
        policy=run.policy,
        health=Health.UNKNOWN,
        sentence="",
        complete=not report.unfinished,
        left=report.unfinished,
        problems=report.problems,
        calls=run.calls,
        verdicts=report.verdicts,
        findings=audited,
        repairs=tuple(_repairs(report)),
        withheld=tuple(WithheldRemoval(one.verb, one.object, str(one.endpoint), one.fact()) for one in removals),
        allow_removals=report.releases_withheld,
        endpoints=with_health(rows.values(), audited, context),
        services=service_rows(context),
        zones=zone_rows(context, findings),
    )
    return summarized(audit, previous)


def _repairs(report: Report) -> Iterator[Repair]:
    """The last outcome of each attempted change, in the order of the first attempts."""
    undone = {outcome.change: outcome for outcome in report.undone}
    last = {outcome.change: outcome for outcome in report.outcomes}
    for change, tried in last.items():
        outcome = undone.get(change, tried)
        status, error = outcome.status, outcome.error
        if change not in undone and status is not OutcomeStatus.DONE:
            if tried.stale:
                continue  # another writer was first; the change was replaced or is not needed
            if tried.temporary:  # a refused call has no effect; the change was replaced by another one
                status, error = OutcomeStatus.SKIPPED, f"already in effect, although the call failed: {error}"
        before, after = change.before_after()
        yield Repair(change.verb, change.object, str(change.endpoint), before, after, status.value, error)


def _findings(context: AuditContext) -> frozenset[Finding]:
    """The findings of this audit alone: the plan's, drift, and everything that could not be read."""
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
    """The remedy of drift, which depends on why this audit did not make the change.

    | the change                       | remedy                                            |
    |----------------------------------|---------------------------------------------------|
    | failed in this audit             | the error, and whether the next audit can succeed |
    | exceeds MAX_REMOVALS             | see removals-over-limit                           |
    | is not permitted by AUDIT_POLICY | sync, or the policy that permits it               |
    """
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
