"""Which private endpoints to read first, one by one or by the list of a scope."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ListEndpoints, Read, ReadEndpoint, Snapshot
from shared.domain.planning.affected_endpoints import Targets, affected_endpoints
from shared.domain.planning.classification import concerns_us, is_decided
from shared.domain.planning.planning_index import PlanningIndex

# More single reads than this cost more than the lists of all scopes.
FEW = 5
# More than this many in one scope are read by its list: ARM permits 25 reads a second.
MANY = 25


def endpoints_needed(snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig) -> list[Read[Any]]:
    """The first round: the reads of these endpoints that are not in the snapshot."""
    permitted = [one for one in sorted(endpoints) if config.in_endpoint_scopes(one)]
    return list(single_reads_or_lists(snapshot, permitted, config, ReadEndpoint, ListEndpoints))


def in_need_of_a_pass(
    snapshot: Snapshot, endpoints: Iterable[ResourceId], config: DeploymentConfig
) -> dict[ResourceId, Endpoint | NotFound]:
    """Those of these endpoints that may need changes, so that more is read for them."""
    found = {one: snapshot.get(ReadEndpoint(one)) for one in endpoints}
    known = {one: answer for one, answer in found.items() if isinstance(answer, Endpoint | NotFound)}
    return {
        one: answer for one, answer in known.items() if concerns_us(answer, config) and not is_decided(answer, config)
    }


def single_reads_or_lists(
    snapshot: Snapshot,
    wanted: Iterable[ResourceId],
    config: DeploymentConfig,
    single: Callable[[ResourceId], Read[Any]],
    listing: Callable[[Scope], Read[Any]],
) -> Iterator[Read[Any]]:
    """A read for each resource that is not in the snapshot; or first, if a scope has many of them, its list."""
    unknown: defaultdict[Scope | None, list[Read[Any]]] = defaultdict(list)
    for one in wanted:
        if (read := single(one)) not in snapshot:
            unknown[next((scope for scope in config.endpoint_scopes if scope.covers(one)), None)].append(read)
    for scope, reads in unknown.items():
        if scope and len(reads) > MANY and listing(scope) not in snapshot:
            yield listing(scope)
        else:
            yield from reads


def affected_and_known(index: PlanningIndex, targets: Targets) -> list[Endpoint | NotFound]:
    """The endpoints that the pass affects and that may need changes, as they were read."""
    in_scope = [one for one in sorted(affected_endpoints(index, targets)) if index.config.in_endpoint_scopes(one)]
    return list(in_need_of_a_pass(index.snapshot, in_scope, index.config).values())
