"""Outcome events: one CloudEvent for each change of state, with an id that is the same when it is sent again.

| type                                        | when                                                            |
|---------------------------------------------|-----------------------------------------------------------------|
| ClickHouse.PrivateLink.EndpointRegistered   | an id of an endpoint was registered                             |
| ClickHouse.PrivateLink.EndpointDeregistered | an id of an endpoint was deregistered                           |
| ClickHouse.PrivateLink.EndpointRefused      | a tag requests access that is not given, for a new reason       |
| ClickHouse.PrivateLink.DriftDetected        | an audit has a finding that the previous audit did not have     |
| ClickHouse.PrivateLink.DriftRepaired        | an audit has repaired an object                                 |

Delivery is neither exactly once nor guaranteed: an event can be sent twice with the same id, and is lost if the
process ends or the topic does not answer. The audit report has the state; events only announce its changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.domain.audit.comparison import newly_seen
from shared.domain.audit.report_model import AuditReport
from shared.domain.changes.clickhouse import Deregister, Register
from shared.domain.changes.outcome import Outcome, OutcomeStatus
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
NO_DRIFT = REFUSALS | {"outside-scope", "removals-over-limit", "unreadable"}

_IDS = uuid5(NAMESPACE_URL, "https://clickhouse.com/clickhouse-privatelink/events")


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    """A CloudEvent. `type`: without `PREFIX`; `subject`: the object, in most cases an endpoint's ARM id."""

    type: str
    id: str
    subject: str
    time: datetime
    data: Mapping[str, Any] = field(hash=False)


def of_pass(report: Report, now: datetime) -> Iterator[OutcomeEvent]:
    """The registrations and deregistrations of one reconciliation."""
    undone = {outcome.change for outcome in report.undone}
    last = {outcome.change: outcome for outcome in report.outcomes}
    for change, outcome in last.items():
        if isinstance(change, Register | Deregister) and change not in undone and _in_effect(outcome):
            kind = "EndpointRegistered" if isinstance(change, Register) else "EndpointDeregistered"
            data = {"endpoint": str(change.endpoint), "id": change.id, "region": change.region}
            same = (change.id, report.pass_id)
            yield _event(kind, str(change.endpoint), now, same, **data, passId=report.pass_id)


def refusals(findings: Iterable[Finding]) -> dict[str, frozenset[Finding]]:
    """The findings that refuse a request, by endpoint."""
    by_endpoint: defaultdict[str, frozenset[Finding]] = defaultdict(frozenset)
    for one in findings:
        if one.code in REFUSALS:
            by_endpoint[one.object] |= {one}
    return dict(by_endpoint)


def of_refusal(finding: Finding, pass_id: str, now: datetime) -> OutcomeEvent:
    """An endpoint's request is refused. The id depends only on the endpoint and the reason."""
    same = (finding.code, finding.message)
    data = {"endpoint": finding.object, "code": finding.code, "message": finding.message}
    return _event("EndpointRefused", finding.object, now, same, **data, remedy=finding.remedy, passId=pass_id)


def of_audit(report: AuditReport, previous: AuditReport | None) -> Iterator[OutcomeEvent]:
    """The drift that is new since the previous audit, and the repairs."""
    origin = previous.pass_id if previous else ""
    for one in newly_seen(report, previous):
        if not one.is_info and one.code not in NO_DRIFT:
            data = {"object": one.object, "code": one.code, "severity": one.severity}
            data |= {"message": one.message, "remedy": one.remedy}
            same = (one.code, one.message, origin)
            yield _event("DriftDetected", one.object, report.finished, same, **data, passId=report.pass_id)
    for repair in report.repairs:
        if repair.status == OutcomeStatus.DONE:
            data = {"endpoint": repair.endpoint, "change": repair.change, "object": repair.object}
            data |= {"before": repair.before, "after": repair.after}
            unique = (*data.values(), report.pass_id)
            yield _event("DriftRepaired", repair.endpoint, report.finished, unique, **data, passId=report.pass_id)


def _in_effect(outcome: Outcome) -> bool:
    """Whether the change was made, or is in effect although the response was lost."""
    return outcome.status is OutcomeStatus.DONE or (outcome.temporary and not outcome.stale)


def _event(kind: str, subject: str, time: datetime, same: tuple[str, ...], **data: str) -> OutcomeEvent:
    name = "\n".join((kind, subject, *same))
    return OutcomeEvent(kind, str(uuid5(_IDS, name)), subject, time, data)
