"""Reading world files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.schema import explain
from simulator.world import Azure, World

DEMO = Path(__file__).parent / "worlds" / "demo.json"


class WorldError(ValueError):
    """A world that cannot be; every fault is named by its path."""


def demo() -> dict[str, Any]:
    """The demo world as a document, to be varied and given to `running` or `reset`."""
    document: dict[str, Any] = json.loads(DEMO.read_text(encoding="utf-8"))
    return document


def parse_world(document: Any) -> World:
    """The world a document describes.

    Raises:
        WorldError: the document is no world; the message names every faulty path.
    """
    try:
        world = World.model_validate(document)
    except ValidationError as error:
        raise WorldError(explain(error)) from error
    faults = list(_dangling(world.azure))
    if faults:
        raise WorldError("\n".join(faults))
    return world


def read_world(path: Path) -> World:
    """The world in a file; raises WorldError where it is no world."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: {error}") from error
    return parse_world(document)


def _dangling(azure: Azure) -> Iterable[str]:
    """References to networks and subnets that are nowhere in the world."""
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
