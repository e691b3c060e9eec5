"""The valve against mass removal: needs nothing but the plan, and says count, limit and remedy."""

from dataclasses import replace

from shared.domain.counting import counted
from shared.domain.findings import Finding
from shared.domain.plan import Plan
from shared.domain.verdicts import Verdict


def limited(plan: Plan, limit: int) -> Plan:
    """The plan, or, if it would undo more than `limit` endpoints, the plan without any removal."""
    undone = {c.endpoint for c in plan.changes if c.removes and plan.verdicts.get(c.endpoint) is Verdict.UNDO}
    if len(undone) <= limit:
        return plan
    told = Finding(
        "removals-over-limit",
        "organization",
        f"{counted(len(undone), 'endpoint')} would be undone, the limit is {limit}: all removals are held back",
    )
    kept = tuple(change for change in plan.changes if not change.removes)
    withheld = (*plan.withheld, *(change for change in plan.changes if change.removes))
    return replace(plan, changes=kept, findings=tuple(sorted({*plan.findings, told})), withheld=withheld)
