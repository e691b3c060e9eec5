"""What to read next, told from what has been read so far: each answer of `needs` is one round trip.

| Round | for one endpoint                                                                    |
|-------|-------------------------------------------------------------------------------------|
| 1     | the private endpoint, unless it was looked at already                               |
| 2     | if it concerns us: its network interface, registrations, services, and the zone     |
|       | remembered for its virtual network, or else the lists of zones                      |
| 3     | configs not remembered (if none was, registrations only now), zones just heard of   |
| 4     | only where a record is held for an endpoint not yet seen: that endpoint; and where  |
|       | a record is left free: the registered endpoints that may wait for it                |

An endpoint without our tag that is not on a Private Link service by alias needs nothing after round 1.
Where many of a scope are to be read, its list is read first, and by itself only what that does not tell of.
"""

from collections.abc import Iterator
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import (
    ListAddresses,
    ListEndpoints,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    Snapshot,
)
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.reading import configs, related_endpoints, zones
from shared.domain.reading.endpoints import concerned_by, each, endpoints_needed
from shared.domain.reading.read_hints import Hints


def needs(snapshot: Snapshot, targets: Targets, config: DeploymentConfig, hints: Hints) -> list[Read[Any]]:
    """The reads not yet made that the plan depends on, the likeliest to matter first; none: all is known."""
    index = PlanningIndex(snapshot, config)
    wanted = dict.fromkeys(_all(index, targets, hints))
    return [read for read in wanted if read not in snapshot]


def _all(index: PlanningIndex, targets: Targets, hints: Hints) -> Iterator[Read[Any]]:
    yield from endpoints_needed(index.snapshot, targets.endpoints, index.config)
    if targets.everything:
        for scope in index.config.endpoint_scopes:
            yield from (ListEndpoints(scope), ListAddresses(scope))
    concerned = concerned_by(index, targets)
    if not concerned and not targets.everything:
        return
    yield ReadServices()
    connecting = [e for e in concerned if isinstance(e, Endpoint) and index.config.request_of(e) is not None]
    if not (targets.everything and _lists_pending(index)):
        interfaces = [nic for e in connecting for nic in e.interfaces if not e.addresses]
        yield from each(index.snapshot, interfaces, index.config, ReadAddresses, ListAddresses)
    yield from configs.of_selected(index, connecting)
    if targets.everything or len(connecting) < len(concerned) or not _configs_come_next(index):
        yield ReadRegistrations()
    holders = list(related_endpoints.holders(index, connecting))
    yield from configs.of_holders(index, holders)
    if targets.everything or len(connecting) < len(concerned):
        yield from zones.every(index, hints)
        yield from (read for one in connecting for read in zones.by_tag(index, one))
    else:
        yield from (read for one in connecting for read in zones.of_endpoint(index, one, hints))
    yield from holders
    if targets.everything:
        yield from (ReadEndpoint(one) for one in related_endpoints.owned_but_unseen(index))
    else:
        yield from related_endpoints.waiting(index, targets)


def _configs_come_next(index: PlanningIndex) -> bool:
    """Whether a round for configs is sure to come, with which what is not needed before can be read."""
    return ReadServices() not in index.snapshot and not any(
        isinstance(one, ReadConfig) for one in index.snapshot.answers
    )


def _lists_pending(index: PlanningIndex) -> bool:
    return any(ListAddresses(scope) not in index.snapshot for scope in index.config.endpoint_scopes)
