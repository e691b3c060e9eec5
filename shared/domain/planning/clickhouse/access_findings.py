"""Findings on an endpoint's registrations and allow-list entries, and on its connection."""

from collections.abc import Iterator

from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import ConnectionStatus
from shared.domain.planning.clickhouse import allow_lists
from shared.domain.planning.planning_index import Entry, PlanningIndex
from shared.domain.planning.selection import DesiredAccess
from shared.domain.planning.service_index import service_unread

_BY_STATUS: dict[str, str] = {
    ConnectionStatus.PENDING: "endpoint-pending",
    ConnectionStatus.REJECTED: "endpoint-rejected",
    ConnectionStatus.DISCONNECTED: "endpoint-disconnected",
}

# By status, and whether an allow list has the endpoint's id; if none has, whether the tag selects a service. Otherwise
# the remedy of the finding's code applies.
_REMEDIES: dict[tuple[str, str], str] = {
    (ConnectionStatus.PENDING, "listed"): (
        "No action needed if it is new: ClickHouse Cloud approves it within minutes. Otherwise contact its support."
    ),
    (ConnectionStatus.PENDING, "selected"): (
        "Run sync: ClickHouse Cloud approves the connection once an allow list has its id."
    ),
    (ConnectionStatus.PENDING, "not selected"): (
        "Select a service in the tag: ClickHouse Cloud approves the connection once an allow list has its id."
    ),
    (ConnectionStatus.REJECTED, "listed"): (
        "Recreate the private endpoint: sync cannot approve a rejected connection. If it is rejected again, contact "
        "ClickHouse support."
    ),
    (ConnectionStatus.REJECTED, "selected"): (
        "Run sync, so that an allow list has the endpoint's id. If the connection stays Rejected, recreate the private "
        "endpoint."
    ),
    (ConnectionStatus.REJECTED, "not selected"): (
        "Select a service in the tag, so that an allow list has the endpoint's id; then recreate the private endpoint."
    ),
}


def access_findings(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    """Findings on the registrations and allow-list entries of an endpoint with the verdict MANAGE."""
    endpoint, at = desired.endpoint, str(desired.endpoint.id)
    for made in allow_lists.registered_without_mark(index, endpoint.id):
        registered = made.id.lower() in index.access.registrations
        state = "it is still registered" if registered else "it was deregistered again"
        message = f"ClickHouse Cloud did not store the description of the registration of {made.id}"
        yield Finding("registration-mark-not-kept", at, f"{message}; {state}, without access")
        return
    preferred, other = index.config.id_of(endpoint), index.config.other_id_of(endpoint)
    id_ = index.access.ownership.id_for(endpoint, index.config)
    if id_ is None:
        if endpoint.guid:  # otherwise endpoint-in-progress is reported
            message = f"both ids, {preferred} and {other}, are registered outside this deployment"
            yield Finding("registration-blocked", at, message)
        return
    if id_ != preferred:
        message = f"{preferred} is registered outside this deployment and is not modified; registered as {id_}"
        yield Finding("registration-foreign", at, message)
    others = sorted(index.access.ownership.ids_of.get(endpoint.id, frozenset()) - {id_.lower()})
    entries = [
        *allow_lists.unwanted_entries(index, desired, id_),
        *(e for one in others for e in index.access.entries_of(one)),
    ]
    yield from _staying(index, endpoint.id, entries)
    if others or allow_lists.is_in_other_region(index, desired, id_):
        yield from _waiting(index, endpoint.id)
    if endpoint.ids.intersection(others):
        message = f"it is registered under another kind of id than {index.config.id_kind}"
        yield Finding("id-kind-mixed", at, message)


def release_findings(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """What is not removed of a released endpoint: because of SERVICE_FILTER, or until allow lists can be read."""
    yield from _waiting(index, endpoint)
    for registered in sorted(index.access.ownership.ids_of.get(endpoint, frozenset())):
        yield from _staying(index, endpoint, index.access.entries_of(registered))


def connection_findings(index: PlanningIndex, desired: DesiredAccess) -> Iterator[Finding]:
    status = desired.connection.status
    entries = [entry for id_ in desired.endpoint.ids for entry in index.access.entries_of(id_)]
    listed = sorted({entry.service.label for entry in entries})
    allowed = f"on the allow list of {', '.join(listed)}" if listed else "on no allow list"
    if code := _BY_STATUS.get(status):
        state = "listed" if listed else "selected" if desired.selection.granted else "not selected"
        message = f"its connection to {desired.connection.target} is {status}; its id is {allowed}"
        yield Finding(code, str(desired.endpoint.id), message, _REMEDIES.get((status, state), ""))


def _waiting(index: PlanningIndex, endpoint: ResourceId) -> Iterator[Finding]:
    """The services because of which no registration of the endpoint can be removed yet."""
    unread = index.services.unread if endpoint in index.access.ownership.ids_of else ()
    yield from (Finding("unreadable", str(endpoint), service_unread(service)) for service in unread)


def _staying(index: PlanningIndex, endpoint: ResourceId, entries: list[Entry]) -> Iterator[Finding]:
    state = "the endpoint is untagged, but " if index.release_reason(endpoint) == "untagged" else ""
    for entry in entries:
        if not allow_lists.is_removable(index, endpoint, entry):
            message = (
                f"{state}{entry.id} stays on the allow list of {entry.service.name}: SERVICE_FILTER does not permit "
                "this deployment to change that service"
            )
            yield Finding("allow-list-outside-filter", str(endpoint), message)
