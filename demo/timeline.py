"""What the app did and when, from the simulator's logs of requests and deliveries."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from demo.initial_state import AGENT, SERVICE_IDS, Json

_SYSTEMS: dict[str, str] = {"arm": "Azure", "dns": "Private DNS", "clickhouse": "ClickHouse"}
_SERVICES = {service: name for name, service in SERVICE_IDS.items()}

# The first pattern that matches "METHOD path" describes the request.
_MEANINGS = (
    (r"GET .*/privateEndpoints/[^/]+$", "private endpoint read"),
    (r"GET .*/privateEndpoints$", "private endpoints listed"),
    (r"GET .*/networkInterfaces/[^/]+$", "its network interface read, for its address"),
    (r"GET .*/networkInterfaces$", "network interfaces listed"),
    (r"GET .*/privateDnsZones$", "zones listed"),
    (r"GET .*/(?P<zone>[^./]+)[^/]*/virtualNetworkLinks$", "VNet links of zone {zone}.… read"),
    (r"GET .*/(?P<zone>[^./]+)[^/]*/A$", "record sets of zone {zone}.… read"),
    (r"(?:PUT|DELETE|PATCH) .*/A/(?P<record>[^/]+)$", "record set {record} {method}"),
    (r"GET .*/organizations/[^/]+$", "registrations read"),
    (r"GET .*/services$", "services and their allow lists read"),
    (r"GET .*/services/(?P<service>[^/]+)/privateEndpointConfig$", "alias and host name of {service} read"),
    (r"PATCH .*/organizations/[^/]+$", "organization PATCH: registration {delta}"),
    (r"PATCH .*/services/(?P<service>[^/]+)$", "service {service} PATCH: allow list {delta}"),
)


@dataclass(frozen=True)
class Row:
    """One request, `at` seconds on the simulator's clock."""

    at: float
    end: float
    system: str
    request: str
    what: str
    writes: bool
    status: int | None

    @property
    def refused(self) -> bool:
        return self.status is None or self.status >= 400


def requests_of_app(log: Iterable[Json], since: int) -> list[Json]:
    """The app's requests after number `since`, without outcome events."""
    ours = (entry for entry in log if entry["headers"].get("user-agent") != AGENT)
    return [entry for entry in ours if entry["sequence"] > since and entry["system"] != "eventgrid-topic"]


def writes(requests: Iterable[Json]) -> list[str]:
    """The write requests, successful or not."""
    return [row.what for row in map(row_of, requests) if row.writes]


def together(requests: Iterable[Json]) -> list[list[Row]]:
    """The requests in order, grouped where they were concurrent."""
    groups: list[list[Row]] = []
    for row in sorted(map(row_of, requests), key=lambda row: row.at):
        if groups and row.at < min(other.end for other in groups[-1]):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def row_of(entry: Json) -> Row:
    end = entry["start"] if entry["end"] is None else entry["end"]
    return Row(
        at=entry["start"],
        end=end,
        system=_SYSTEMS.get(entry["system"]) or entry["system"],
        request=f"{entry['method']} {entry['path']}",
        what=_meaning(entry),
        writes=entry["method"] != "GET",
        status=entry["status"],
    )


def _meaning(entry: Json) -> str:
    request = f"{entry['method']} {entry['path']}"
    for pattern, meaning in _MEANINGS:
        if found := re.match(pattern, request, re.IGNORECASE):
            named = found.groupdict()
            named["service"] = _SERVICES.get(named.get("service", ""), "?")
            return meaning.format_map({"method": entry["method"], "delta": _delta(entry), **named})
    return request


def _delta(entry: Json) -> str:
    """The delta of a PATCH: which ids it adds and removes, by their first eight characters."""
    delta: Json = next(iter((entry["body"] or {}).values()), {})
    added = [f"+{_id(one)[:8]}" for one in delta.get("add", [])]
    removed = [f"-{_id(one)[:8]}" for one in delta.get("remove", [])]
    return " ".join([*removed, *added])


def _id(one: str | Json) -> str:
    return one if isinstance(one, str) else str(one["id"])
