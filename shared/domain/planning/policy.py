"""Which changes of a plan are permitted: EVENT_POLICY, AUDIT_POLICY, or the policy of a request."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.changes.base import Change
from shared.domain.model.findings import Finding
from shared.domain.planning.plan import Plan


class Policy(StrEnum):
    """`report`: no changes. `upsert`: additions and updates, no removals. `sync`: all changes."""

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


def filtered(plan: Plan, policy: Policy) -> Plan:
    """The plan without the changes that the policy does not permit, with a finding for each.

    What an endpoint in progress lacks is no drift.
    """
    withheld = tuple(change for change in plan.changes if not policy.permits(change))
    drifts = (drift(change) for change in withheld if str(change.endpoint) not in plan.in_progress)
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if policy.permits(change)),
        findings=tuple(sorted({*plan.findings, *drifts})),
        withheld=(*plan.withheld, *withheld),
    )


def drift(change: Change, remedy: str = "") -> Finding:
    """What differs from the desired state while the change is not made."""
    return Finding(change.drift, str(change.endpoint), change.fact(), remedy)
