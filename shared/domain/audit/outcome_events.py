"""What the world is told of endpoints' changes of state: one event for each, under an id that tells it again.

| type                                     | when                                                        |
|------------------------------------------|-------------------------------------------------------------|
| ClickHouse.PrivateLink.EndpointRegistered   | a pass has registered an endpoint's id                   |
| ClickHouse.PrivateLink.EndpointDeregistered | a pass has taken an endpoint's id out                    |
| ClickHouse.PrivateLink.EndpointRefused      | a tag asks for what it does not get, for a reason not told before |
| ClickHouse.PrivateLink.DriftDetected        | an audit leaves a finding that the one before had not    |
| ClickHouse.PrivateLink.DriftRepaired        | an audit has mended something                            |

An event may come more than once, always under the same id; one whose pass dies, or whose topic does not
answer, may not come at all: the audit's report tells the state, events only tell that it has changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.domain.audit.first_seen import newly_seen
from shared.domain.audit.report_model import AuditReport
from shared.domain.changes import Deregister, Register
from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.findings import Finding
from shared.domain.results.pass_report import Report

PREFIX = "ClickHouse.PrivateLink."
REFUSALS = frozenset(
    {
        "bad-selector",
        "not-a-clickhouse-endpoint",
        "service-not-found",
        "service-not-permitted",
        "service-on-other-private-link",
        "zone-not-usable",
    }
)
# What is no state of an endpoint, or not known to be one.
NO_DRIFT = REFUSALS | {"outside-scope", "removals-over-limit", "unreadable"}

_IDS = uuid5(NAMESPACE_URL, "https://clickhouse.com/clickhouse-privatelink/events")


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    """A CloudEvent: `type` without its prefix; `subject`: the object it is about, mostly an endpoint's ARM id."""

    type: str
    id: str
    subject: str
    time: datetime
    data: Mapping[str, Any] = field(hash=False)


def of_pass(report: Report, now: datetime) -> Iterator[OutcomeEvent]:
    """What a pass registered and took out: also where the answer was lost, but it is so now."""
    undone = {outcome.change for outcome in report.undone}
    last = {outcome.change: outcome for outcome in report.outcomes}
    for change, outcome in last.items():
        if isinstance(change, Register | Deregister) and change not in undone and _came_about(outcome):
            kind = "EndpointRegistered" if isinstance(change, Register) else "EndpointDeregistered"
            told = {"endpoint": str(change.endpoint), "id": change.id, "region": change.region}
            same = (change.id, report.pass_id)
            yield _event(kind, str(change.endpoint), now, same, **told, passId=report.pass_id)


def refusals(findings: Iterable[Finding]) -> dict[str, frozenset[Finding]]:
    """The findings that refuse something, by endpoint."""
    found: dict[str, frozenset[Finding]] = {}
    for one in findings:
        if one.code in REFUSALS:
            found[one.object] = found.get(one.object, frozenset()) | {one}
    return found


def of_refusal(finding: Finding, pass_id: str, now: datetime) -> OutcomeEvent:
    """An endpoint is refused something. The id is the same for the same reason at all times."""
    same = (finding.code, finding.message)
    told = {"endpoint": finding.object, "code": finding.code, "message": finding.message}
    return _event("EndpointRefused", finding.object, now, same, **told, remedy=finding.remedy, passId=pass_id)


def of_audit(report: AuditReport, before: AuditReport | None) -> Iterator[OutcomeEvent]:
    """The drift that an audit saw first, and what it repaired."""
    origin = before.pass_id if before else ""
    for one in newly_seen(report, before):
        if one.severity != "info" and one.code not in NO_DRIFT:
            told = {"object": one.object, "code": one.code, "severity": one.severity}
            told |= {"message": one.message, "remedy": one.remedy}
            same = (one.code, one.message, origin)
            yield _event("DriftDetected", one.object, report.finished, same, **told, passId=report.pass_id)
    for repair in report.repairs:
        if repair.status == Status.DONE:
            told = {"endpoint": repair.endpoint, "change": repair.change, "object": repair.object}
            told |= {"before": repair.before, "after": repair.after}
            unique = (*told.values(), report.pass_id)
            yield _event(
                "DriftRepaired", repair.endpoint, report.finished, unique, **told, passId=report.pass_id
            )


def _came_about(outcome: Outcome) -> bool:
    return outcome.status is Status.DONE or (outcome.temporary and not outcome.stale)


def _event(kind: str, subject: str, time: datetime, unique: tuple[str, ...], **data: str) -> OutcomeEvent:
    name = "\n".join((kind, subject, *unique))
    return OutcomeEvent(kind, str(uuid5(_IDS, name)), subject, time, data)
