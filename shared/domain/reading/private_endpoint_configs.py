"""Which services' private endpoint configs to read: they name each service's alias, and cost one call each."""

from collections.abc import Iterable, Iterator

from shared.domain.model.resources import Endpoint, Service
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint
from shared.domain.planning.classification import private_link_connection
from shared.domain.planning.planning_index import PlanningIndex


def configs_of_selected(index: PlanningIndex, tagged: list[Endpoint]) -> Iterator[ReadConfig]:
    """The configs of the selected services; then of others, as long as the alias of an endpoint is not known."""
    targets = {endpoint.id: tuple(one.target for one in endpoint.connections) for endpoint in tagged}
    alike = {(index.services.matches(one).selectors, targets[one.id]): one for one in tagged}
    for endpoint in alike.values():
        found = index.services.matches(endpoint)
        selected = found.permitted | (found.uncertain & index.services.permitted)
        services = [index.services.by_id[service] for service in sorted(selected)]
        yield from _unread(index, services, endpoint) or _search(index, endpoint)


def configs_of_holders(index: PlanningIndex, holders: Iterable[ReadEndpoint]) -> Iterator[ReadConfig]:
    """The configs that show which Private Link service each record holder is connected to."""
    for read in holders:
        if endpoint := index.endpoint(read.id):
            yield from _search(index, endpoint)


def _search(index: PlanningIndex, endpoint: Endpoint) -> list[ReadConfig]:
    """While the alias is not known: one service of the alias's region first, then that region's, then all."""
    near = [service for service in index.services.all if _is_near(service, endpoint)]
    steps = [] if private_link_connection(index, endpoint) else [near[:1], near, index.services.all]
    return next((unread for step in steps if (unread := _unread(index, step, endpoint))), [])


def _unread(index: PlanningIndex, services: Iterable[Service], endpoint: Endpoint) -> list[ReadConfig]:
    ordered = sorted(services, key=lambda service: not _is_near(service, endpoint))
    return [read for service in ordered if (read := ReadConfig(service.id)) not in index.snapshot]


def _is_near(service: Service, endpoint: Endpoint) -> bool:
    return any(f".{service.region}." in connection.target.lower() for connection in endpoint.connections)
