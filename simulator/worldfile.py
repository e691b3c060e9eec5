"""Reads and validates world files."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.clickhouse.access import PREDEFINED
from simulator.schema import explain
from simulator.world import Azure, ClickHouse, World

DEMO = Path(__file__).parent / "worlds" / "demo.json"


class WorldError(ValueError):
    """A world that is not valid. The message contains every error with its path."""


def demo() -> dict[str, Any]:
    """Return the demo world as a document, to be changed and passed to `running` or `reset`."""
    document: dict[str, Any] = json.loads(DEMO.read_text(encoding="utf-8"))
    return document


def parse_world(document: Any) -> World:
    """Parse a world.

    Raises:
        WorldError: the document is not a valid world.
    """
    try:
        world = World.model_validate(document)
    except ValidationError as error:
        raise WorldError(explain(error)) from error
    errors = [*_missing_references(world.azure), *_contradictions(world.clickhouse)]
    if errors:
        raise WorldError("\n".join(errors))
    return world


def read_world(path: Path) -> World:
    """Read a world file. Raises WorldError if it is not valid."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: {error}") from error
    return parse_world(document)


def _contradictions(cloud: ClickHouse) -> Iterable[str]:
    """Yield undefined roles and duplicate registrations."""
    roles = {name.lower() for name in (*PREDEFINED, *(role.name for role in cloud.roles))}
    for index, key in enumerate(cloud.keys):
        for name in key.role:
            if name.lower() not in roles:
                yield f"clickhouse.keys[{index}].role: no role '{name}' is predefined or in clickhouse.roles"
    counted = Counter(entry.id for entry in cloud.organization.private_endpoints)
    for index, entry in enumerate(cloud.organization.private_endpoints):
        if counted[entry.id] > 1:
            yield f"clickhouse.organization.privateEndpoints[{index}].id: registered more than once"


def _missing_references(azure: Azure) -> Iterable[str]:
    """Yield references to networks and subnets that the world does not contain."""
    networks = {network.id.lower() for network in azure.virtual_networks}
    subnets = {f"{n.id}/subnets/{s.name}".lower() for n in azure.virtual_networks for s in n.subnets}
    for index, endpoint in enumerate(azure.private_endpoints):
        if endpoint.subnet.lower() not in subnets:
            yield f"azure.privateEndpoints[{index}].subnet: no such subnet in azure.virtualNetworks"
    for index, zone in enumerate(azure.private_dns_zones):
        for number, link in enumerate(zone.links):
            if link.virtual_network.lower() not in networks:
                yield (
                    f"azure.privateDnsZones[{index}].links[{number}].virtualNetwork: "
                    "no such network in azure.virtualNetworks"
                )
