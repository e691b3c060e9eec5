"""Which services' configs to read: they tell which Private Link service an alias is, and cost a call each."""

from collections.abc import Iterable, Iterator

from shared.domain.model.resources import Endpoint, Service
from shared.domain.model.snapshot import ReadConfig, ReadEndpoint
from shared.domain.planning.classification import private_link
from shared.domain.planning.planning_index import PlanningIndex


def of_selected(index: PlanningIndex, connecting: list[Endpoint]) -> Iterator[ReadConfig]:
    """The configs of the selected services and, for an endpoint that none of them explains, of others.

    Which others: one service of the alias's own region first, then that region's, then all.
    """
    alike = {(index.services.asked(one).request, _targets(one)): one for one in connecting}
    for endpoint in alike.values():
        chosen = (
            index.services.asked(endpoint).wanted
            | index.services.asked(endpoint).doubtful & index.services.permitted
        )
        steps = [
            [index.services.by_id[service] for service in sorted(chosen)],
            *_search(index, endpoint),
        ]
        for step in steps:
            unread = [service for service in step if ReadConfig(service.id) not in index.snapshot]
            yield from (ReadConfig(service.id) for service in _likely_first(unread, endpoint))
            if unread or private_link(index, endpoint):
                break


def of_holders(index: PlanningIndex, holders: Iterable[ReadEndpoint]) -> Iterator[ReadConfig]:
    """The configs that tell where the holders of wildcards lead."""
    known = [index.snapshot.get(read) for read in holders]
    for holder in (found for found in known if isinstance(found, Endpoint)):
        for step in _search(index, holder):
            unread = [service for service in step if ReadConfig(service.id) not in index.snapshot]
            if private_link(index, holder):
                break
            yield from (ReadConfig(service.id) for service in unread)
            if unread:
                break


def _targets(endpoint: Endpoint) -> tuple[str, ...]:
    return tuple(connection.target for connection in endpoint.connections)


def _search(index: PlanningIndex, endpoint: Endpoint) -> list[list[Service]]:
    known = _likely_first(index.services.all, endpoint)
    near = [service for service in known if _is_near(service, endpoint)]
    return [near[:1], near, known]


def _likely_first(services: Iterable[Service], endpoint: Endpoint) -> list[Service]:
    return sorted(services, key=lambda one: not _is_near(one, endpoint))


def _is_near(service: Service, endpoint: Endpoint) -> bool:
    return any(f".{service.region}." in connection.target.lower() for connection in endpoint.connections)
