"""Converts the simulator's state to the truth of the model-based tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx

from shared.domain.model.ids import Kind, ResourceId, virtual_network_of
from shared.domain.model.resources import Config, Connection, Endpoint, RecordSet, Registration, Service, Zone
from simulator.client import RunningSimulator
from tests.histories.initial_state import HAND, MARK, Item, Truth

OWNER = "demo"


def truth_of(sim: RunningSimulator, known: Mapping[str, ResourceId]) -> Truth:
    """Return the truth of the simulator. `known` maps every id that an endpoint ever had to its slot."""
    state = sim.state()
    cloud, azure = state["clickhouse"], state["azure"]
    registrations = [_registration(one) for one in cloud["organization"]["privateEndpoints"]]
    creators: dict[Item, str] = {
        ("registration", one.id, one.region): OWNER if one.description.startswith(MARK) else HAND
        for one in registrations
    }
    endpoints = [_endpoint(one) for one in azure["privateEndpoints"]]
    addresses = {one["id"].lower(): (one["address"],) for one in azure["privateEndpoints"]}
    return Truth(
        endpoints={one.id: one for one in endpoints},
        interfaces={one.interfaces[0]: addresses[one.arm_id.lower()] for one in endpoints},
        zones={zone.id: zone for zone in map(_zone, azure["privateDnsZones"])},
        registrations={(one.id, one.region): one for one in registrations},
        services={one["id"]: _service(one) for one in cloud["services"]},
        configs={one["id"]: Config(one["privateLinkService"], one["privateDnsHostname"]) for one in cloud["services"]},
        creators=creators,
        slot_of_id=dict(known),
    )


def _registration(json: Mapping[str, Any]) -> Registration:
    return Registration(json["id"], json["region"], json.get("description") or "", json["cloudProvider"])


def _service(json: Mapping[str, Any]) -> Service:
    tags = MappingProxyType({one["key"]: one.get("value", "") for one in json.get("tags", [])})
    allowed = frozenset(json.get("privateEndpointIds", []))
    return Service(json["id"], json["name"], json["provider"], json["region"], tags=tags, allow_list=allowed)


def _endpoint(json: Mapping[str, Any]) -> Endpoint:
    at = ResourceId.parse(json["id"], Kind.PRIVATE_ENDPOINT)
    interface = ResourceId(at.subscription, at.resource_group, Kind.NETWORK_INTERFACE.value, at.name)
    return Endpoint(
        id=at,
        arm_id=json["id"],
        guid=json["resourceGuid"].lower(),
        tags=MappingProxyType({key.lower(): value for key, value in json.get("tags", {}).items()}),
        network=virtual_network_of(json["subnet"]),
        connections=(Connection(json["privateLinkService"], "Pending"),),
        interfaces=(interface,),
    )


def _zone(json: Mapping[str, Any]) -> Zone:
    at = ResourceId.parse(json["id"], Kind.ZONE)
    links = [ResourceId.parse(one["virtualNetwork"], Kind.VIRTUAL_NETWORK) for one in json.get("links", [])]
    records = [
        RecordSet(
            at,
            one["name"],
            one["ttl"],
            tuple(sorted(one["addresses"])),
            MappingProxyType(one.get("metadata", {})),
        )
        for one in json.get("records", [])
    ]
    return Zone(at, frozenset(links), MappingProxyType({one.name: one for one in records}))


def register_by_hand(sim: RunningSimulator, guid: str) -> None:
    """Register the id with the organization manually, unless it is registered."""
    organization = sim.state()["clickhouse"]["organization"]["id"]
    entry = {"id": guid, "description": "by hand", "cloudProvider": "azure", "region": "westus3"}
    httpx.patch(
        f"{sim.url}/v1/organizations/{organization}",
        json={"privateEndpoints": {"add": [entry]}},
        auth=("demo-key", "demo-secret"),
    )
