"""The decision: from what was read and what the settings permit, what is to be changed and told.

| verdict  | registration       | allow lists             | wildcard record      | told                       |
|----------|--------------------|-------------------------|----------------------|----------------------------|
| CONNECT  | made if missing    | just the granted ones   | see `records`        | what stands in the way     |
| UNDO     | ours removed       | ours removed            | ours removed         | –                          |
| OUTSIDE  | left               | left                    | left                 | outside-scope              |
| STRANGER | left               | left                    | left                 | not-a-clickhouse-endpoint  |
| UNKNOWN  | left               | left                    | left                 | unreadable                 |

Nothing here reads a clock, a setting or a system. What could not be read blocks additions that depend
on it and never causes a removal.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain import access, records
from shared.domain.changes import Change, sort_key
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.model import Absent, Endpoint, Service, Status, Unreadable
from shared.domain.records import Placement
from shared.domain.rules import Rules
from shared.domain.verdicts import Verdict, concerns_us, private_link, selection, verdict_on
from shared.domain.view import View
from shared.domain.world import ReadConfig, ReadEndpoint, ReadRegistrations, ReadServices, World


@dataclass(frozen=True, slots=True)
class Plan:
    """Sorted, so that equal worlds make equal plans. `hostnames`: by endpoint, service name to host name."""

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdicts: Mapping[ResourceId, Verdict] = field(default_factory=lambda: MappingProxyType({}))
    hostnames: Mapping[ResourceId, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


def make_plan(
    world: World, rules: Rules, targets: frozenset[ResourceId], *, add_refused: bool = False
) -> Plan:
    """The plan for the endpoints that were read, and for `targets` whether they were or not.

    `add_refused`: the API has refused the organization's deprecated `add`, so that registrations go
    through a service.
    """
    view = View(world, rules)
    verdicts = {one: verdict_on(view, one) for one in sorted(world.endpoints().keys() | targets)}
    wishes = list(_wishes(view, verdicts))
    told: list[Change | Finding] = [*_told_of_verdicts(view, verdicts)]
    if world.services() is not None and world.registrations() is not None:
        told += _access(view, verdicts, wishes, add_refused=add_refused)
        told += _records(view, wishes)
    changes = sorted((one for one in told if not isinstance(one, Finding)), key=sort_key)
    findings = sorted({one for one in told if isinstance(one, Finding)})
    return Plan(
        tuple(changes), tuple(findings), verdicts, {w.endpoint.id: _hostnames(view, w) for w in wishes}
    )


def _wishes(view: View, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[access.Connecting]:
    for endpoint, verdict in verdicts.items():
        found = view.world.get(ReadEndpoint(endpoint))
        if verdict is Verdict.CONNECT and isinstance(found, Endpoint):
            connection = private_link(view, found)
            assert connection is not None, "the verdict says so"
            yield access.Connecting(found, connection.target, selection(view, found, connection.target))


def _access(
    view: View, verdicts: Mapping[ResourceId, Verdict], wishes: list[access.Connecting], *, add_refused: bool
) -> Iterator[Change | Finding]:
    for endpoint, verdict in verdicts.items():
        if verdict is Verdict.UNDO:
            yield from access.undo(view, endpoint)
    for wish in wishes:
        yield from access.connect(view, wish, add_refused=add_refused)
        yield from access.tell(view, wish)
        yield from _told_of_selection(view, wish)
        yield from _told_of_connection(wish)


def _records(view: View, wishes: list[access.Connecting]) -> Iterator[Change | Finding]:
    placements: defaultdict[ResourceId, list[Placement]] = defaultdict(list)
    for wish in wishes:
        placed = records.place(view, wish.endpoint, wish.alias, _registered_by_us(view, wish.endpoint))
        if isinstance(placed, Finding):
            yield placed
        else:
            placements[placed.zone.id].append(placed)
    for zone in view.world.zones():
        yield from records.plan_zone(view, zone, placements[zone.id])


def _registered_by_us(view: View, endpoint: Endpoint) -> str | None:
    """The id under which we have registered it, or are about to; None if somebody else has."""
    wanted = view.rules.id_of(endpoint).lower()
    ours = wanted in view.owned.get(endpoint.id, ()) or wanted not in view.registrations
    if not ours:
        return None
    return wanted if wanted == endpoint.guid.lower() else str(endpoint.id)


def _hostnames(view: View, wish: access.Connecting) -> dict[str, str]:
    """What clients must use, for each service that the endpoint reaches, by service name."""
    granted = [service for service in view.services if service.id in wish.selection.granted]
    return {service.name: view.configs[service.id].hostname for service in granted}


def _told_of_verdicts(view: View, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    for endpoint, verdict in verdicts.items():
        at = str(endpoint)
        match verdict:
            case Verdict.OUTSIDE:
                yield Finding("outside-scope", at, "it lies outside ENDPOINT_SCOPES; nothing is done for it")
            case Verdict.STRANGER:
                yield Finding("not-a-clickhouse-endpoint", at, _told_stranger(view, endpoint))
            case Verdict.UNKNOWN:
                yield Finding("unreadable", at, _why_unknown(view, endpoint))
            case Verdict.UNDO if (reason := _why_no_access(view)) and _may_own(view, endpoint):
                yield Finding("unreadable", at, reason)
            case _:
                pass


def _may_own(view: View, endpoint: ResourceId) -> bool:
    """Whether we asked ClickHouse Cloud for what we may own on behalf of this endpoint."""
    found = view.world.get(ReadEndpoint(endpoint))
    asked = ReadRegistrations() in view.world
    return asked and isinstance(found, Endpoint | Absent) and concerns_us(found, view.rules)


def _told_stranger(view: View, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    targets = ", ".join(c.target for c in found.connections) if isinstance(found, Endpoint) else ""
    return f"it is tagged, but connected to {targets or 'nothing'}, which no service of the organization is behind"


def _why_unknown(view: View, endpoint: ResourceId) -> str:
    found = view.world.get(ReadEndpoint(endpoint))
    if isinstance(found, Unreadable):
        return found.reason
    return _why_no_access(view) or _why_no_config(view) or "it was not read"


def _why_no_access(view: View) -> str | None:
    for read in (ReadServices(), ReadRegistrations()):
        answer = view.world.get(read)
        if isinstance(answer, Unreadable):
            return answer.reason
    if view.world.get(ReadServices()) == ():
        return "the organization's list of services came back empty, which is no ground to act on"
    return None


def _why_no_config(view: View) -> str | None:
    for service in view.services:
        answer = view.world.get(ReadConfig(service.id))
        if isinstance(answer, Unreadable):
            return f"the private endpoint config of service {service.name}: {answer.reason}"
    return None


def _told_of_selection(view: View, wish: access.Connecting) -> Iterator[Finding]:
    at = str(wish.endpoint.id)
    request = view.rules.request_of(wish.endpoint)
    assert request is not None, "only tagged endpoints connect"
    names = {service.id: service.name for service in view.services}
    chosen = wish.selection
    ambiguous = request.ambiguous(view.services)
    yield from (Finding("bad-selector", at, fault) for fault in request.faults)
    yield from (Finding("bad-selector", at, f"several services are named {name}") for name in ambiguous)
    for text in request.unmatched(view.services):
        yield Finding("service-not-found", at, f"no service on Azure matches {text}")
    for service in sorted(chosen.refused):
        yield Finding("service-not-permitted", at, f"SERVICE_FILTER does not permit {names[service]}")
    for service in sorted(chosen.elsewhere):
        yield Finding("service-on-other-private-link", at, f"{names[service]} is not behind {wish.alias}")
    for service in sorted(chosen.held):
        yield _told_held(view, at, next(one for one in view.services if one.id == service))
    if not chosen.granted | chosen.held:
        yield Finding(
            "no-service-selected", at, "it gets its registration and record, but reaches no service"
        )


def _told_held(view: View, at: str, service: Service) -> Finding:
    answer = view.world.get(ReadConfig(service.id))
    if isinstance(answer, Unreadable):
        return Finding(
            "unreadable", at, f"the private endpoint config of service {service.name}: {answer.reason}"
        )
    return Finding(
        "bad-selector", at, f"{service.name} is named ambiguously; its allow list is left as it is"
    )


def _told_of_connection(wish: access.Connecting) -> Iterator[Finding]:
    at = str(wish.endpoint.id)
    status = next(c.status for c in wish.endpoint.connections if c.target == wish.alias)
    code = (
        {
            Status.PENDING: "endpoint-pending",
            Status.REJECTED: "endpoint-rejected",
            Status.DISCONNECTED: "endpoint-disconnected",
        }.get(Status(status))
        if status in Status
        else None
    )
    if code:
        yield Finding(code, at, f"its connection to {wish.alias} is {status}")
