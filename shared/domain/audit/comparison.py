"""What only two audits together can tell: what has been pending for too long, and what no event has brought."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.audit.context import Facts
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport
from shared.domain.model.findings import Finding
from shared.domain.planning.classification import Verdict

LATE, MISSED = "event-late", "event-missed"
PENDING, STUCK = "endpoint-pending", "pending-too-long"

type Rows = Mapping[str, AuditedEndpoint]


@dataclass(frozen=True)
class Before:
    """The audit before, if there is one that could be read."""

    report: AuditReport | None

    @property
    def rows(self) -> dict[str, AuditedEndpoint]:
        return {row.id: row for row in self.report.endpoints} if self.report else {}

    @property
    def late(self) -> dict[str, AuditedFinding]:
        """The endpoints that an event was late for or missed, and since when."""
        findings = self.report.findings if self.report else ()
        return {one.object: one for one in findings if one.code in (LATE, MISSED)}


def over_time(
    facts: Facts, rows: Rows, before: Before, now: datetime, grace: timedelta
) -> frozenset[Finding]:
    """The findings of this look, in the light of the audit before."""
    stuck = dict(_stuck(facts, rows, now, grace))
    kept = {one for one in facts.findings if one.code != PENDING or one.object not in stuck}
    return frozenset({*kept, *stuck.values(), *_events(facts, rows, before, now, grace)})


def _stuck(facts: Facts, rows: Rows, now: datetime, grace: timedelta) -> Iterator[tuple[str, Finding]]:
    """Pending for too long; one that is to reach no service is expected to stay pending."""
    granting = {str(endpoint) for endpoint, names in facts.report.plan.hostnames.items() if names}
    for row in rows.values():
        overdue = row.pending_since is not None and now - row.pending_since >= grace
        if overdue and row.verdict == Verdict.MANAGE and (row.services or row.id in granting):
            told = (
                f"its connection to {row.alias} has been pending since {row.pending_since:%Y-%m-%d %H:%M} UTC"
            )
            yield row.id, Finding(STUCK, row.id, told)


def _events(facts: Facts, rows: Rows, before: Before, now: datetime, grace: timedelta) -> Iterator[Finding]:
    """Endpoints that were changed themselves, and are not what an event of that would have made them.

    | the endpoint differs from the audit before | it has drift | told                                   |
    |--------------------------------------------|--------------|----------------------------------------|
    | no                                         | yes          | –: drift made by hand raises no event  |
    | yes                                        | no           | –: an event has done its work          |
    | yes                                        | yes          | event-late; after the grace event-missed |
    """
    if before.report is None:
        return
    known, late = before.rows, before.late
    saw_all = all(finding.code != "unreadable" for finding in before.report.findings)
    drifted = {str(change.endpoint) for change in facts.to_be_made}
    mended = {str(outcome.change.endpoint) for outcome in facts.report.outcomes}
    for endpoint in sorted(drifted | mended):
        earlier = late.get(endpoint)
        comparable = endpoint in known or saw_all
        if earlier is None and not (comparable and _differs(known.get(endpoint), rows.get(endpoint))):
            continue
        since = earlier.first_seen if earlier else now
        if earlier and now - since >= grace:
            told = f"it was changed, and no event has brought it into effect since {since:%Y-%m-%d %H:%M} UTC"
            yield Finding(MISSED, endpoint, told)
        else:
            yield Finding(
                LATE,
                endpoint,
                "it was changed since the audit before, and what an event should bring has not come yet",
            )


def _differs(then: AuditedEndpoint | None, now: AuditedEndpoint | None) -> bool:
    """Whether the endpoint itself is another than it was: made, deleted, made anew, retagged, connected elsewhere."""
    if then is None or now is None:
        return True
    if Verdict.UNKNOWN in (then.verdict, now.verdict):
        return False  # nobody knows what it was, or is
    return _itself(then) != _itself(now)


def _itself(row: AuditedEndpoint) -> tuple[object, ...]:
    return (row.guid, row.asks, row.alias)
