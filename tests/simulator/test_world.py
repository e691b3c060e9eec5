"""World files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.client import RunningSimulator
from simulator.worldfile import DEMO, WorldError, demo, parse_world, read_world
from tests.simulator.conftest import ALIAS, NETWORKS, VNET, Json


def test_demo() -> None:
    """The demo world has the services and the network that the documentation describes."""
    world = read_world(DEMO)
    services = {service.name: service for service in world.clickhouse.services}
    assert list(services) == ["analytics", "reporting", "sandbox", "legacy", "own-account"]
    aliases = {name: service.private_link_service for name, service in services.items()}
    assert [name for name, alias in aliases.items() if alias == ALIAS] == [
        "analytics",
        "reporting",
        "sandbox",
    ]
    assert services["own-account"].byoc_id
    assert services["legacy"].provider == "aws"
    assert world.azure.virtual_networks[0].id == VNET


def endpoint(**changes: object) -> Json:
    known = {
        "id": f"{NETWORKS}/privateEndpoints/pe1",
        "subnet": f"{VNET}/subnets/default",
        "privateLinkService": ALIAS,
    }
    return known | changes


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda w: w.pop("clickhouse"), "clickhouse: Field required"),
        (lambda w: w["clickhouse"].update(extra=1), "clickhouse.extra: "),
        (lambda w: w["clickhouse"]["services"][1].update(region="mars"), "clickhouse.services[1].region: "),
        (lambda w: w["clickhouse"]["services"][0].update(id="x"), "clickhouse.services[0].id: "),
        (lambda w: w["clickhouse"]["services"][0]["tags"][0].update(key="a b"), "services[0].tags[0].key: "),
        (lambda w: w["azure"]["virtualNetworks"][0].update(id="vnet"), "azure.virtualNetworks[0].id: "),
        (
            lambda w: w["azure"].update(privateEndpoints=[endpoint(subnet=f"{VNET}/subnets/no")]),
            "[0].subnet: no such",
        ),
        (
            lambda w: w["azure"].update(privateEndpoints=[endpoint(connection="Odd")]),
            "privateEndpoints[0].connection",
        ),
        (
            lambda w: w["azure"]["privateDnsZones"][0]["links"][0].update(virtualNetwork=f"{VNET}x"),
            "azure.privateDnsZones[0].links[0].virtualNetwork: no such network",
        ),
        (
            lambda w: w["azure"].update(privateEndpoints=[endpoint(address="x")]),
            "privateEndpoints[0].address: ",
        ),
        (lambda w: w["azure"]["virtualNetworks"][0]["subnets"][0].update(prefix="x"), "subnets[0].prefix: "),
        (lambda w: w["azure"].update(denied=[{"scope": VNET, "access": "some"}]), "azure.denied[0].access: "),
    ],
)
def test_errors_have_paths(change: Callable[[Json], object], error: str) -> None:
    """An invalid world is refused with the path of the error."""
    world = demo()
    change(world)
    with pytest.raises(WorldError) as raised:
        parse_world(world)
    assert error in str(raised.value)


def test_full_subnet(sim: RunningSimulator) -> None:
    """A world whose endpoints do not fit into their subnet is refused."""
    world = demo()
    world["azure"]["virtualNetworks"][0]["subnets"][0]["prefix"] = "10.0.1.0/29"
    world["azure"]["privateEndpoints"] = [endpoint(id=f"{NETWORKS}/privateEndpoints/{n}") for n in range(4)]
    with pytest.raises(WorldError, match="capacity"):
        sim.reset(world)


def test_all_errors_are_reported() -> None:
    """All errors of a world are reported together."""
    world = demo()
    world["clickhouse"]["services"][0]["region"] = "mars"
    world["azure"]["subscriptions"] = ["not a guid"]
    with pytest.raises(WorldError) as raised:
        parse_world(world)
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize("content", [None, "{", json.dumps([])])
def test_unreadable_file(tmp_path: Path, content: str | None) -> None:
    """A file that is missing, not JSON, or not a valid world is refused."""
    path = tmp_path / "world.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(WorldError):
        read_world(path)
