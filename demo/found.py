"""What the simulator's state says, in the words of the field."""

from dataclasses import dataclass
from typing import Any

from demo.world import ZONE, ZONES, Json, endpoint_id

NOTHING = "none"


@dataclass(frozen=True)
class Found:
    """One look at everything that exists. What is not there is told as "none"."""

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

    def wildcard(self) -> list[str]:
        """The addresses of the record set * in the zone of the story."""
        zones = self.state["azure"]["privateDnsZones"]
        records = next(zone["records"] for zone in zones if zone["id"] == f"{ZONES}/{ZONE}")
        return next((list(one["addresses"]) for one in records if one["name"] == "*"), [])

    def hostnames(self, services: list[str]) -> dict[str, str]:
        """By service name, the host name that clients must use."""
        known = self.state["clickhouse"]["services"]
        return {one["name"]: one["privateDnsHostname"] for one in known if one["name"] in services}

    def managed(self) -> Any:
        """All that the app could change: ClickHouse Cloud and the zones, to the last etag."""
        return {"clickhouse": self.state["clickhouse"], "zones": self.state["azure"]["privateDnsZones"]}

    def foreign(self) -> Any:
        """What is somebody else's of `managed`: every registration, entry and record but the story's own."""
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
                if (zone["id"], record["name"]) != (f"{ZONES}/{ZONE}", "*")
            ],
        }

    def _endpoint(self, name: str) -> Json:
        endpoints: list[Json] = self.state["azure"]["privateEndpoints"]
        return next((one for one in endpoints if one["id"] == endpoint_id(name)), {})


def _is_ours(registration: Json) -> bool:
    return str(registration["description"]).startswith("clickhouse-privatelink/")
