"""Builders of small snapshots. Objects are numbered: endpoint 1 has `guid(1)` and, on its interface, `address(1)`."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.domain.model.deployment_config import DeploymentConfig, IdKind, ZoneChoice
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import (
    WILDCARD,
    Config,
    Connection,
    Endpoint,
    NotFound,
    ReadFailed,
    RecordSet,
    Registration,
    Service,
    Zone,
)
from shared.domain.model.selectors import parse_selectors
from shared.domain.model.snapshot import (
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    Snapshot,
)
from shared.domain.ownership.marks import record_metadata, registration_mark

OWNER = "tests"
TAG = "clickhouse-services"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SCOPE = Scope(SUBSCRIPTION)
FORBIDDEN = ReadFailed("403 Forbidden", temporary=False, cause=Cause(CauseKind.MISSING_PERMISSION))
MISSHAPEN = ReadFailed("not what the API describes", temporary=False)
TIMED_OUT = ReadFailed("it did not answer in time", temporary=True)

REGION = "westus3"
ALIAS = f"production-{REGION}-0-0.63c890a9-4d32-48cc-a08c-8cd92dfb1ad3.{REGION}.azure.privatelinkservice"
OTHER_ALIAS = f"production-{REGION}-1-0.0e9cf0b1-39a6-4a5c-a6e5-4bd7a1e7aa0b.{REGION}.azure.privatelinkservice"
STRANGE_ALIAS = "somebody.5c1f1c52-9f7c-4c0b-8a3e-5b6c0d3f9f11.eastus.azure.privatelinkservice"
ZONE_NAME = f"{REGION}.privatelink.azure.clickhouse.cloud"


def guid(n: int) -> str:
    return f"{n:08d}-0a0b-4c0d-8e0f-{n:012d}"


def address(n: int) -> str:
    return f"10.0.0.{n}"


def pe(n: int, group: str = "rg-app") -> ResourceId:
    """The id of private endpoint `n`."""
    return ResourceId(SUBSCRIPTION, group, Kind.PRIVATE_ENDPOINT.value, f"pe-{n}")


def network(name: str = "vnet") -> ResourceId:
    return ResourceId(SUBSCRIPTION, "rg-net", Kind.VIRTUAL_NETWORK.value, name)


def interface(n: int, guid_number: int | None = None) -> ResourceId:
    """The network interface of endpoint `n`: a recreated endpoint has another one."""
    name = f"pe-{n}.nic.{guid(guid_number or n)}"
    return ResourceId(SUBSCRIPTION, "rg-app", Kind.NETWORK_INTERFACE.value, name)


def zone_id(group: str = "rg-dns", name: str = ZONE_NAME) -> ResourceId:
    return ResourceId(SUBSCRIPTION, group, Kind.ZONE.value, name)


def endpoint(
    n: int,
    tag: str | None = "*",
    *,
    guid_number: int | None = None,
    alias: str = ALIAS,
    status: str = "Approved",
    vnet: str = "vnet",
    group: str = "rg-app",
    zone_tag: str | None = None,
    dns: str | None = None,
) -> Endpoint:
    """Endpoint `n`, tagged for every service by default (None: without our tag)."""
    tags = {TAG: tag, "clickhouse-dns-zone": zone_tag, "clickhouse-dns": dns}
    at = pe(n, group)
    return Endpoint(
        id=at,
        arm_id=str(at).replace("/pe-", "/PE-"),
        guid=guid(guid_number or n),
        tags=MappingProxyType({key: value for key, value in tags.items() if value is not None}),
        network=network(vnet),
        connections=(Connection(alias, status),),
        interfaces=(interface(n, guid_number),),
    )


def service_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def service(name: str, *allowed: str, state: str = "running", provider: str = "azure", **tags: str) -> Service:
    """A service of that name in our region, with these ids on its allow list."""
    pairs = MappingProxyType(tags)
    return Service(service_id(name), name, provider, REGION, state, pairs, frozenset(allowed))


def config(name: str, alias: str = ALIAS) -> Config:
    return Config(alias, f"{name}.{ZONE_NAME}")


def registered(n: int, *, by: int | None = None, owner: str = OWNER, id_: str | None = None) -> Registration:
    """Our registration of `guid(n)`, for endpoint `by` (by default the same)."""
    return Registration(id_ or guid(n), REGION, registration_mark(owner, pe(by or n)))


def foreign(id_: str, description: str = "made by hand") -> Registration:
    return Registration(id_, REGION, description)


def record(
    n: int,
    *,
    guid_number: int | None = None,
    zone: ResourceId | None = None,
    owner: str = OWNER,
    ttl: int = 300,
) -> RecordSet:
    """Our wildcard for endpoint `n`, as a pass leaves it."""
    at = address(guid_number or n)
    metadata = MappingProxyType(record_metadata(owner, {at: pe(n)}, {}))
    return RecordSet(zone or zone_id(), WILDCARD, ttl, (at,), metadata, etag="1")


def shared_record(*numbers: int, owner: str = OWNER) -> RecordSet:
    """Our wildcard for several endpoints, as a pass leaves it."""
    holders = {address(n): pe(n) for n in numbers}
    metadata = MappingProxyType(record_metadata(owner, holders, {}))
    return RecordSet(zone_id(), WILDCARD, 300, tuple(sorted(holders)), metadata, etag="1")


def foreign_record(at: str = "10.9.9.9", zone: ResourceId | None = None) -> RecordSet:
    metadata = MappingProxyType({"made-by": "hand"})
    return RecordSet(zone or zone_id(), WILDCARD, 3600, (at,), metadata, etag="7")


def zone(*records: RecordSet, id_: ResourceId | None = None, vnets: Iterable[str] = ("vnet",)) -> Zone:
    """Our region's zone, by default linked to the endpoints' network."""
    by_name = MappingProxyType({one.name: one for one in records})
    return Zone(id_ or zone_id(), frozenset(map(network, vnets)), by_name)


def deployment(
    *,
    scopes: tuple[Scope, ...] = (SCOPE,),
    dns_scopes: tuple[Scope, ...] = (SCOPE,),
    service_filter: str | None = None,
    id_kind: IdKind = IdKind.GUID,
    dns_adopt: bool = False,
    owner: str = OWNER,
    zone_group: Scope | None = None,
    zone_choice: ZoneChoice = ZoneChoice.LINKED,
) -> DeploymentConfig:
    chosen = parse_selectors(service_filter) if service_filter is not None else None
    return DeploymentConfig(
        owner,
        scopes,
        dns_scopes,
        TAG,
        chosen,
        id_kind,
        dns_adopt,
        zone_group=zone_group,
        zone_choice=zone_choice,
    )


def interface_addresses(endpoints: Iterable[Endpoint]) -> dict[ResourceId, tuple[str, ...]]:
    """The address of each endpoint's interface, by the number of the GUID in the interface's name."""
    nics = (nic for one in endpoints for nic in one.interfaces)
    return {nic: (address(int(nic.name.partition(".nic.")[2][:8])),) for nic in nics}


def snapshot(
    *endpoints: Endpoint | ResourceId,
    services: Iterable[Service] = (),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
    registrations: Iterable[Registration] = (),
    zones: Iterable[Zone] = (),
    also: Mapping[Read[Any], Any] = MappingProxyType({}),
) -> Snapshot:
    """A snapshot in which everything was read. An id among the endpoints is an endpoint that does not exist.

    Without services, there is one, `main`. `elsewhere`: by name, the alias of the services that
    are not behind ALIAS. `also` overrides answers.
    """
    there = [one for one in endpoints if isinstance(one, Endpoint)]
    services = tuple(services) or (service("main"),)
    zones = tuple(zones)
    answers: dict[Read[Any], Any] = {
        **{ReadEndpoint(one): NotFound() for one in endpoints if isinstance(one, ResourceId)},
        **{ReadEndpoint(one.id): one for one in there},
        **{ReadAddresses(nic): addresses for nic, addresses in interface_addresses(there).items()},
        ReadServices(): services,
        ReadRegistrations(): tuple(registrations),
        **{ReadConfig(one.id): config(one.name, elsewhere.get(one.name, ALIAS)) for one in services},
        ListZones(SCOPE): tuple(one.id for one in zones),
        **{ReadZone(one.id): one for one in zones},
    }
    return Snapshot().with_results(answers | dict(also))
