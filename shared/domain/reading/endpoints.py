"""Which private endpoints to read: those asked for, and those whom the records of these concern."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint, Snapshot
from shared.domain.planning.affected_endpoints import Targets, actors
from shared.domain.planning.classification import concerns_us, is_decided
from shared.domain.planning.planning_index import PlanningIndex

# More single reads than this cost more than the lists of all scopes.
FEW = 5
# More than this many in one scope are read by its list: ARM gives back 25 reads a second.
MANY = 25


def endpoints_needed(
    snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig
) -> list[Read[Any]]:
    """The first round: the reads not yet made that tell of these endpoints themselves."""
    asking = [one for one in sorted(endpoints) if config.may_ask(one)]
    return list(each(snapshot, asking, config, ReadEndpoint, ListEndpoints))


def in_need_of_a_pass(
    snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig
) -> dict[ResourceId, Endpoint | NotFound]:
    """Those of these endpoints that concern us and whose state decides nothing, so that more is to be read."""
    found = {one: snapshot.get(ReadEndpoint(one)) for one in endpoints}
    known = {one: told for one, told in found.items() if isinstance(told, Endpoint | NotFound)}
    return {
        one: told for one, told in known.items() if concerns_us(told, config) and not is_decided(told, config)
    }


def each(
    snapshot: Snapshot,
    wanted: Iterable[ResourceId],
    config: DeploymentConfig,
    single: Callable[[ResourceId], Read[Any]],
    listing: Callable[[Scope], Read[Any]],
) -> Iterator[Read[Any]]:
    """Each that is not known by itself, or, where there are many in a scope, its list first."""
    unknown: defaultdict[Scope | None, list[Read[Any]]] = defaultdict(list)
    for one in wanted:
        if (read := single(one)) not in snapshot:
            scope = next((scope for scope in config.endpoint_scopes if scope.covers(one)), None)
            unknown[scope].append(read)
    for scope, reads in unknown.items():
        if scope and len(reads) > MANY and listing(scope) not in snapshot:
            yield listing(scope)
        else:
            yield from reads


def concerned_by(index: PlanningIndex, targets: Targets) -> list[Endpoint | NotFound]:
    """The endpoints that a pass over the targets acts for, as they were read, if they concern us."""
    mine = [one for one in sorted(actors(index, targets)) if index.config.may_ask(one)]
    return list(in_need_of_a_pass(index.snapshot, mine, index.config).values())
