"""Snapshots of a preflight, by the names of their parts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.snapshot import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    Read,
    ReadAddresses,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    Snapshot,
)
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot


def _by_id(resource: ResourceId) -> Read[Any]:
    return ReadEndpoint(resource) if resource.type == Kind.PRIVATE_ENDPOINT.value else ReadAddresses(resource)


_READS: Mapping[str, Callable[[Any], Read[Any]]] = {
    "endpoints": ListEndpoints,
    "interfaces": ListAddresses,
    "zone_lists": ListZones,
    "zones": ReadZone,
    "by_id": _by_id,
}
_SINGLE = {"registrations": ReadRegistrations(), "services": ReadServices()}


def preflight_snapshot(known: PreflightSnapshot, **parts: Any) -> PreflightSnapshot:
    """The snapshot with these parts; of its `state` it has only those that are among them."""
    state = Snapshot()
    for name, read in _READS.items():
        state = state.with_results({read(key): answer for key, answer in parts.pop(name, {}).items()})
    state = state.with_results({_SINGLE[name]: parts.pop(name) for name in [*parts] if name in _SINGLE})
    return replace(known, state=state, **parts)
