from collections import Counter
from types import MappingProxyType
from typing import Any

import pytest

from shared.domain.changes.clickhouse import Register
from shared.domain.changes.dns import DeleteRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.findings import Finding
from shared.domain.model.snapshot import ReadAddresses, ReadEndpoint, ReadServices, Snapshot
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import split_report
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    REGION,
    TIMED_OUT,
    address,
    endpoint,
    guid,
    interface,
    pe,
    record,
    snapshot,
)


def failed(change: Register | DeleteRecord) -> Outcome:
    return Outcome(change, OutcomeStatus.FAILED, "it did not work", temporary=True)


def endpoints_in(report: Report) -> Any:
    return report.as_json()["endpoints"]


register, delete = Register(pe(1), guid(1), REGION, ""), DeleteRecord(pe(2), record(2))


def test_a_share_tells_nothing_of_the_others() -> None:
    """Each waiting invocation's report has its own endpoint, and no other waiting endpoint."""
    troubled = {ReadEndpoint(pe(3)): FORBIDDEN, ReadAddresses(interface(2)): TIMED_OUT}
    seen = snapshot(endpoint(1), endpoint(2, "none"), also=troubled)
    shared = Report(seen, plan_of(seen), (failed(register), failed(delete)))
    assert {FORBIDDEN.reason, TIMED_OUT.reason} <= set(shared.problems)
    shares = split_report(shared, {pe(1), pe(2), pe(3)})
    first = shares[pe(1)]
    assert not {FORBIDDEN.reason, TIMED_OUT.reason} & set(first.problems)
    assert list(first.plan.verdicts) == [pe(1)]
    assert {change.endpoint for change in first.plan.changes} == {pe(1)}
    assert {finding.object for finding in first.plan.findings} == {str(pe(1))}
    assert first.outcomes == (failed(register),)
    assert [one["addresses"] for one in endpoints_in(first)] == [[address(1)]]
    assert TIMED_OUT.reason in shares[pe(2)].problems
    assert FORBIDDEN.reason in shares[pe(3)].problems


def test_a_share_tells_what_concerns_everybody() -> None:
    """Failed reads that concern all, and changes for endpoints that are not waiting, are in every report."""
    seen = snapshot(endpoint(1), endpoint(2), endpoint(4), also={ReadServices(): FORBIDDEN})
    findings = (Finding("removals-over-limit", "organization", "x"),)
    verdicts = dict.fromkeys([pe(1), pe(2), pe(4)], Verdict.MANAGE)
    shared = Report(seen, Plan(findings=findings, verdicts=verdicts), (failed(delete),))
    share = split_report(shared, {pe(1), pe(4)})[pe(1)]
    assert FORBIDDEN.reason in share.problems
    assert share.plan.findings == findings
    assert share.outcomes == (failed(delete),)
    assert [one["addresses"] for one in endpoints_in(share)] == [[address(1)]]


class Counting(dict[Any, Any]):
    """A mapping that counts what is done with it."""

    def __init__(self, known: Any) -> None:
        super().__init__(known)
        self.done: Counter[str] = Counter()

    def __getitem__(self, key: Any) -> Any:
        self.done["lookups"] += 1
        return super().__getitem__(key)

    def items(self) -> Any:
        self.done["walks"] += 1
        return super().items()


@pytest.mark.parametrize("waiting", [10, 100])
def test_the_report_is_gone_through_once(waiting: int) -> None:
    """However many wait, what was read is gone through once, and a share costs a few look-ups of its own."""
    seen = snapshot(*(endpoint(number) for number in range(1, waiting + 1)))
    answers = Counting(seen.answers)
    ids = {pe(number) for number in range(1, waiting + 1)}
    counted = Snapshot(MappingProxyType(answers))
    shares = split_report(Report(counted, Plan(verdicts=dict.fromkeys(ids, Verdict.MANAGE))), ids)
    for one in ids:
        assert list(shares[one].plan.verdicts) == [one]
    assert answers.done["walks"] == 1
    assert answers.done["lookups"] <= 4 * waiting
