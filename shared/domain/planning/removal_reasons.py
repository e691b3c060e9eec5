"""Why a change removes something from an endpoint: text for diffs, findings and reports."""

from dataclasses import replace

from shared.domain.changes import Change, DeleteRecord, Deregister, Disallow
from shared.domain.model.ids import ResourceId
from shared.domain.planning.planning_index import PlanningIndex


def with_reason(index: PlanningIndex, change: Change) -> Change:
    """The change with the reason of each endpoint that loses something by it."""
    reasons = (_reason(index, change, endpoint) for endpoint in sorted(change.taken_from()))
    return replace(change, reason=" and ".join(filter(None, reasons)))


def _reason(index: PlanningIndex, change: Change, endpoint: ResourceId) -> str:
    if released := index.release_reason(endpoint):
        return f"{endpoint.name} is {released}"
    if isinstance(change, DeleteRecord):
        return f"{endpoint.name} does not need it"
    if not isinstance(change, Disallow | Deregister):
        return ""
    found = index.endpoint(endpoint)
    in_use = found and index.access.ownership.id_for(found, index.config)
    if not in_use or in_use.lower() != change.id.lower():
        return f"the id of {endpoint.name} has changed"
    if isinstance(change, Disallow):
        return f"the tag of {endpoint.name} does not request it"
    return "its region or mark is wrong"
