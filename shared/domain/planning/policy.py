"""What a pass may do of its plan: a policy is a filter over the plan, and so is the limit on removals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.changes import Change
from shared.domain.model.findings import Finding
from shared.domain.planning.plan import Plan


class Policy(StrEnum):
    """`report`: nothing. `upsert`: what is missing or wrong, but no removal. `sync`: everything."""

    REPORT = "report"
    UPSERT = "upsert"
    SYNC = "sync"

    def permits(self, change: Change) -> bool:
        return self is Policy.SYNC or (self is Policy.UPSERT and not change.removes)


@dataclass(frozen=True, slots=True)
class Policies:
    """EVENT_POLICY, AUDIT_POLICY and MAX_REMOVALS."""

    events: Policy = Policy.SYNC
    audits: Policy = Policy.REPORT
    max_removals: int = 20


def permitted(plan: Plan, policy: Policy) -> Plan:
    """The plan without the changes that the policy does not permit; each becomes a finding, unless its endpoint
    is in progress.
    """
    refused = [change for change in plan.changes if not policy.permits(change)]
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if policy.permits(change)),
        findings=tuple(sorted({*plan.findings, *drifts(plan, refused)})),
        withheld=(*plan.withheld, *refused),
    )


def drifts(plan: Plan, unmade: Iterable[Change]) -> Iterator[Finding]:
    """What is not as it should be while these changes are not made; nothing of endpoints in progress."""
    return (drift(change) for change in unmade if str(change.endpoint) not in plan.in_progress)


def drift(change: Change) -> Finding:
    """What is not as it should be, as long as a change is not made."""
    return Finding(change.drift, str(change.endpoint), f"would {change.verb} {change.summary()}")
