"""The simulator's state, in terms of the product."""

from dataclasses import dataclass
from typing import Any

from demo.initial_state import (
    BYOC_ZONE,
    HUB_OWNER,
    HUB_ZONE,
    SPOKES,
    ZONE,
    ZONES,
    Json,
    endpoint_id,
    spoke_id,
)

NOTHING = "none"


@dataclass(frozen=True)
class Found:
    """One state of everything that exists. What is missing is "none"."""

    state: Json

    def connection(self, endpoint: str) -> str:
        return str(self._endpoint(endpoint).get("connection", NOTHING))

    def guid(self, endpoint: str) -> str:
        return str(self._endpoint(endpoint).get("resourceGuid", NOTHING))

    def address(self, endpoint: str) -> str:
        return str(self._endpoint(endpoint).get("address", NOTHING))

    def registration(self, guid: str) -> str:
        """The description of a registration."""
        entries = self.state["clickhouse"]["organization"]["privateEndpoints"]
        return next((str(one["description"]) for one in entries if one["id"] == guid), NOTHING)

    def allowed_by(self, guid: str) -> list[str]:
        """The services that have an id on their allow list."""
        services = self.state["clickhouse"]["services"]
        return [str(one["name"]) for one in services if guid in one["privateEndpointIds"]]

    def wildcard(self, zone_name: str = ZONE) -> list[str]:
        """The addresses of the record set * in a zone."""
        zones = self.state["azure"]["privateDnsZones"]
        records = next(zone["records"] for zone in zones if zone["id"] == f"{ZONES}/{zone_name}")
        return next((list(one["addresses"]) for one in records if one["name"] == "*"), [])

    def spokes(self) -> dict[str, tuple[str, list[str]]]:
        """By spoke with an endpoint: its connection status, and the services that allow it."""
        known = {one["id"]: one for one in self.state["azure"]["privateEndpoints"]}
        there = {spoke: known[spoke_id(spoke)] for spoke in SPOKES if spoke_id(spoke) in known}
        return {spoke: (one["connection"], self.allowed_by(one["resourceGuid"])) for spoke, one in there.items()}

    def central_wildcard(self) -> list[str]:
        """The spokes that the record set * in the hub's zone points to."""
        zones = self.state["azure"]["privateDnsZones"]
        records = next(zone["records"] for zone in zones if zone["id"] == HUB_ZONE)
        led = {address for one in records if one["name"] == "*" for address in one["addresses"]}
        endpoints = self.state["azure"]["privateEndpoints"]
        return [
            spoke for spoke in SPOKES for one in endpoints if one["id"] == spoke_id(spoke) and one["address"] in led
        ]

    def registered_by_hub(self) -> list[str]:
        """The ids that the network team's deployment has registered."""
        entries = self.state["clickhouse"]["organization"]["privateEndpoints"]
        mark = f"clickhouse-privatelink/{HUB_OWNER} "
        return [str(one["id"]) for one in entries if one["description"].startswith(mark)]

    def hostnames(self, services: list[str]) -> dict[str, str]:
        """By service name, the host name that clients must use."""
        known = self.state["clickhouse"]["services"]
        return {one["name"]: one["privateDnsHostname"] for one in known if one["name"] in services}

    def managed(self) -> Any:
        """All that the app could change: ClickHouse Cloud and the zones, to the last etag."""
        return {"clickhouse": self.state["clickhouse"], "zones": self.state["azure"]["privateDnsZones"]}

    def foreign(self) -> Any:
        """The foreign part of `managed`: registrations, entries and records that the app did not create."""
        ours = {one["resourceGuid"] for one in self.state["azure"]["privateEndpoints"]}
        organization = self.state["clickhouse"]["organization"]["privateEndpoints"]
        return {
            "registrations": [one for one in organization if not _is_ours(one)],
            "entries": [
                [one for one in service["privateEndpointIds"] if one not in ours]
                for service in self.state["clickhouse"]["services"]
            ],
            "records": [
                record
                for zone in self.state["azure"]["privateDnsZones"]
                for record in zone["records"]
                if (zone["id"], record["name"])
                not in {(zone_id, "*") for zone_id in (f"{ZONES}/{ZONE}", f"{ZONES}/{BYOC_ZONE}", HUB_ZONE)}
            ],
        }

    def _endpoint(self, name: str) -> Json:
        endpoints: list[Json] = self.state["azure"]["privateEndpoints"]
        return next((one for one in endpoints if one["id"] == endpoint_id(name)), {})


def _is_ours(registration: Json) -> bool:
    return str(registration["description"]).startswith("clickhouse-privatelink/")
