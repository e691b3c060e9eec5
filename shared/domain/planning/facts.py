"""The fact behind each change: what differs from the desired state, and why an endpoint loses something."""

from dataclasses import replace

from shared.domain.changes import Change, DeleteRecord, Deregister, Disallow
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.planning_index import PlanningIndex


def with_fact(index: PlanningIndex, change: Change) -> Change:
    """The change with its fact, which has names beside ids."""
    difference = change.difference(index.services.by_id)
    if isinstance(change, Disallow | Deregister | DeleteRecord):
        difference = f"{difference}, but {_reason(index, change)}"
    return replace(change, fact=difference)


def _reason(index: PlanningIndex, change: Disallow | Deregister | DeleteRecord) -> str:
    found = index.snapshot.get(ReadEndpoint(change.endpoint))
    if isinstance(found, NotFound):
        return "the endpoint is deleted"
    if isinstance(found, Endpoint) and index.config.request_of(found) is None:
        return "the endpoint is untagged"
    if isinstance(change, DeleteRecord):
        return "the endpoint does not need it"
    in_use = isinstance(found, Endpoint) and index.access.ownership.id_for(found, index.config)
    if not in_use or in_use.lower() != change.id.lower():
        return "its id has changed"
    return "its tag does not request it" if isinstance(change, Disallow) else "its region or mark is wrong"
