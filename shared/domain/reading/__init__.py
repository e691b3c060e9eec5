"""Which reads are needed next, given what was read so far. The reads of one round are made together.

| Round | Reads for one endpoint                                                              |
|-------|-------------------------------------------------------------------------------------|
| 1     | the private endpoint, unless it was read before                                     |
| 2     | if it may need changes: its network interface, registrations, services, and the     |
|       | zones last seen linked to its virtual network, or the lists of zones                |
| 3     | private endpoint configs that are not cached, and zones that were listed in round 2 |
| 4     | the holder of a record that the endpoint wants; and, if the pass frees a record,    |
|       | the registered endpoints that may wait for it                                       |

An untagged endpoint that is not connected by alias needs nothing after round 1. More than 25 endpoints of one scope
are read by its list first, and one by one only if the list lacks them. Imports planning. Start with `needs`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.domain.model import snapshot as reads
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.resources import Endpoint, Service
from shared.domain.model.snapshot import Read, Snapshot
from shared.domain.planning.affected_endpoints import Targets, affected_endpoints
from shared.domain.planning.classification import private_link_connection
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading import endpoints, zones
from shared.domain.reading.zones import Hints


def needs(snapshot: Snapshot, targets: Targets, config: DeploymentConfig, hints: Hints) -> list[Read[Any]]:
    """The reads that the plan depends on and that are not in the snapshot, in order of importance."""
    index = PlanningIndex(snapshot, config)
    return [read for read in dict.fromkeys(_all(index, targets, hints)) if read not in snapshot]


def _all(index: PlanningIndex, targets: Targets, hints: Hints) -> Iterator[Read[Any]]:
    config, snapshot, everything = index.config, index.snapshot, targets.everything
    yield from endpoints.endpoints_needed(snapshot, targets.endpoints, config)
    if everything:
        for scope in config.endpoint_scopes:
            yield from (reads.ListEndpoints(scope), reads.ListAddresses(scope))
    affected = endpoints.in_need_of_a_pass(snapshot, affected_endpoints(index, targets), config).values()
    if not affected and not everything:
        return
    yield reads.ReadServices()
    tagged = [one for one in affected if isinstance(one, Endpoint) and config.request_of(one) is not None]
    interfaces = [nic for one in tagged for nic in one.interfaces if not one.addresses]
    yield from endpoints.single_reads_or_lists(snapshot, interfaces, config, reads.ReadAddresses, reads.ListAddresses)
    yield from _configs_of_selected(index, tagged)
    yield reads.ReadRegistrations()
    holders = endpoints.holders(index, tagged)
    yield from _configs_of_holders(index, holders)
    yield from (read for one in tagged for read in zones.zone_in_tag(index, one))
    if everything or len(tagged) < len(affected):
        yield from zones.all_zones(index, hints)
    else:
        yield from (read for one in tagged for read in zones.zones_for(index, one, hints))
    yield from holders
    if everything:
        yield from map(reads.ReadEndpoint, endpoints.owned_but_not_listed(index))
    else:
        yield from endpoints.waiting(index, targets)


def _configs_of_selected(index: PlanningIndex, tagged: list[Endpoint]) -> Iterator[Read[Any]]:
    """The configs of the selected services; then of others, as long as the alias of an endpoint is not known."""
    alike = {(index.services.matches(one).selectors, one.connections): one for one in tagged}
    for endpoint in alike.values():
        found = index.services.matches(endpoint)
        selected = found.permitted | (found.uncertain & index.services.permitted)
        services = [index.services.by_id[service] for service in sorted(selected)]
        yield from _unread(index, services, endpoint) or _search(index, endpoint)


def _configs_of_holders(index: PlanningIndex, holders: Iterable[reads.ReadEndpoint]) -> Iterator[Read[Any]]:
    """The configs that show which Private Link service each record holder is connected to."""
    for read in holders:
        if endpoint := index.endpoint(read.id):
            yield from _search(index, endpoint)


def _search(index: PlanningIndex, endpoint: Endpoint) -> list[Read[Any]]:
    """While the alias is not known: one service of the alias's region first, then that region's, then all."""
    near = [service for service in index.services.all if _is_near(service, endpoint)]
    steps = [] if private_link_connection(index, endpoint) else [near[:1], near, index.services.all]
    return next((unread for step in steps if (unread := _unread(index, step, endpoint))), [])


def _unread(index: PlanningIndex, services: Iterable[Service], endpoint: Endpoint) -> list[Read[Any]]:
    ordered = sorted(services, key=lambda service: not _is_near(service, endpoint))
    return [read for service in ordered if (read := reads.ReadConfig(service.id)) not in index.snapshot]


def _is_near(service: Service, endpoint: Endpoint) -> bool:
    return any(f".{service.region}." in connection.target.lower() for connection in endpoint.connections)
