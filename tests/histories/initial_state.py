"""The world of the model-based tests: existing objects, their creators, and the deployments.

Three subscriptions with one virtual network each, six slots for endpoints, and two deployments with one
organization that share its services, its zones and one endpoint.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.model.resources import Config, Connection, Endpoint, RecordSet, Registration, Service, Zone
from shared.domain.model.selectors import parse_selectors

TAG, ZONE_TAG, SHARING_TAG = "clickhouse-services", "clickhouse-dns-zone", "clickhouse-dns"
MARK = "clickhouse-privatelink"
HAND = "hand"
WEST, EAST = "westus3", "eastus2"
W1, W2, E1, FOREIGN_ALIAS = (
    f"{name}.{region}.azure.privatelinkservice"
    for name, region in [
        ("production-westus3-0-0.63c890a9-4d32-48cc-a08c-8cd92dfb1ad3", WEST),
        ("production-westus3-1-0.0e9cf0b1-39a6-4a5c-a6e5-4bd7a1e7aa0b", WEST),
        ("production-eastus2-0-0.3b1f6c11-77aa-4f0e-9a52-2f31d1a5c0de", EAST),
        ("foreign.5c1f1c52-9f7c-4c0b-8a3e-5b6c0d3f9f11", WEST),
    ]
)
SUBSCRIPTIONS = tuple(f"{n}{n}{n}{n}{n}{n}{n}{n}-0000-4000-8000-000000000000" for n in (1, 2, 3))
S1, S2, S3 = SUBSCRIPTIONS


def zone_name(region: str) -> str:
    return f"{region}.privatelink.azure.clickhouse.cloud"


def _id(kind: Kind, subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, kind.value, name)


VNETS = tuple(_id(Kind.VIRTUAL_NETWORK, s, "rg-net", f"vnet-{n}") for n, s in enumerate(SUBSCRIPTIONS, 1))
ZONES = (
    _id(Kind.ZONE, S1, "rg-dns", zone_name(WEST)),
    _id(Kind.ZONE, S2, "rg-dns", zone_name(WEST)),
    _id(Kind.ZONE, S1, "rg-dns", zone_name(EAST)),
)
SLOTS = tuple(
    _id(Kind.PRIVATE_ENDPOINT, subscription, group, f"pe-{n}")
    for n, (subscription, group) in enumerate(
        [(S1, "rg-app"), (S1, "rg-app"), (S2, "rg-app"), (S3, "rg-app"), (S2, "rg-out"), (S1, "rg-two")], 1
    )
)
NETWORK_OF = dict(zip(SLOTS, (VNETS[0], VNETS[0], VNETS[1], VNETS[2], VNETS[1], VNETS[1]), strict=True))
DENIABLE = (
    *(Scope(one) for one in SUBSCRIPTIONS),
    Scope(S1, "rg-dns"),
    Scope(S2, "rg-dns"),
    Scope(S1, "rg-two"),
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The settings of one deployment."""

    owner: str
    scopes: tuple[Scope, ...]
    dns_scopes: tuple[Scope, ...]
    service_filter: str | None = None
    id_kind: IdKind = IdKind.GUID
    adopt: bool = False
    zone_group: Scope | None = None

    def config(self) -> DeploymentConfig:
        """Return the settings in the app's own type."""
        chosen = None if self.service_filter is None else parse_selectors(self.service_filter)
        kind, group = self.id_kind, self.zone_group
        return DeploymentConfig(
            self.owner, self.scopes, self.dns_scopes, TAG, chosen, kind, self.adopt, zone_group=group
        )


ONE = Deployment("one", (Scope(S1), Scope(S2, "rg-app")), (Scope(S1), Scope(S2)))
# Both deployments have the endpoint in rg-two in scope.
TWO = Deployment("two", (Scope(S3), Scope(S1, "rg-two")), (Scope(S3), Scope(S1, "rg-dns"), Scope(S2)))

_SERVICES = [
    ("alpha", W1, WEST, {"env": "prod"}),
    ("beta", W1, WEST, {"env": "dev"}),
    ("gamma", W2, WEST, {"env": "prod"}),
    ("delta", E1, EAST, {"env": "prod"}),
    ("twin", W1, WEST, {}),
    ("twin", W2, WEST, {"env": "prod"}),
]
SERVICE_IDS = tuple(f"0000000{n}-5e00-4000-8000-00000000000{n}" for n in range(1, len(_SERVICES) + 1))
ELSEWHERE = Service("00000009-5e00-4000-8000-000000000009", "alpha-aws", "aws", "us-east-1")


def _services() -> dict[str, Service]:
    rows = zip(SERVICE_IDS, _SERVICES, strict=True)
    known = {
        id_: Service(id_, name, "azure", region, tags=MappingProxyType(tags)) for id_, (name, _, region, tags) in rows
    }
    return {**known, ELSEWHERE.id: ELSEWHERE}


def _configs() -> dict[str, Config]:
    rows = zip(SERVICE_IDS, _SERVICES, strict=True)
    return {id_: Config(alias, f"host{id_[7]}.{zone_name(region)}") for id_, (_, alias, region, _) in rows}


def guid(n: int) -> str:
    return f"{n:08d}-0000-4000-8000-{n:012d}"


def address(n: int) -> str:
    return f"10.{n // 250}.0.{n % 250 + 1}"


type RegistrationKey = tuple[str, str]
"""Id and region; ids are unique."""
type Item = tuple[str, ...]
"""("registration", id, region) or ("entry", service, id)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that exists at one moment. Immutable: changes create a new object."""

    endpoints: dict[ResourceId, Endpoint] = field(default_factory=dict)
    interfaces: dict[ResourceId, tuple[str, ...]] = field(default_factory=dict)
    zones: dict[ResourceId, Zone] = field(default_factory=dict)
    registrations: dict[RegistrationKey, Registration] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=_services)
    configs: dict[str, Config] = field(default_factory=_configs)
    creators: dict[Item, str] = field(default_factory=dict)
    """The creator of each registration and each allow list entry: an owner, or HAND."""
    slot_of_id: dict[str, ResourceId] = field(default_factory=dict)
    """The slot of every id, of both kinds and in lower case, that an endpoint ever had."""
    denied: frozenset[Scope] = frozenset()

    def readable(self, resource: ResourceId) -> bool:
        return not any(scope.covers(resource) for scope in self.denied)

    def addresses(self, endpoint: Endpoint) -> tuple[str, ...]:
        return tuple(sorted(a for nic in endpoint.interfaces for a in self.interfaces.get(nic, ())))

    def records(self) -> Iterable[RecordSet]:
        return (record for zone in self.zones.values() for record in zone.records.values())

    def registered(self, id_: str) -> list[Registration]:
        return [one for one in self.registrations.values() if one.id.lower() == id_.lower()]

    def listing(self, id_: str) -> set[str]:
        """Return the services whose allow list has this id."""
        lower = id_.lower()
        return {s.id for s in self.services.values() if lower in {one.lower() for one in s.allow_list}}

    # These methods return the truth after a change.

    def with_endpoint(self, slot: ResourceId, endpoint: Endpoint | None) -> "Truth":
        return replace(self, endpoints=_with(self.endpoints, slot, endpoint))

    def with_address(self, endpoint: Endpoint, addresses: tuple[str, ...]) -> "Truth":
        return replace(self, interfaces=_with(self.interfaces, endpoint.interfaces[0], addresses))

    def with_record(self, zone: ResourceId, name: str, record: RecordSet | None) -> "Truth":
        records = MappingProxyType(_with(self.zones[zone].records, name, record))
        return self.with_zone(replace(self.zones[zone], records=records))

    def with_zone(self, zone: Zone) -> "Truth":
        return replace(self, zones=_with(self.zones, zone.id, zone))

    def with_service(self, service: Service) -> "Truth":
        return replace(self, services=_with(self.services, service.id, service))

    def with_registration(self, entry: Registration, creator: str) -> "Truth":
        key = (entry.id, entry.region)
        item: Item = ("registration", *key)
        return replace(
            self,
            registrations=_with(self.registrations, key, entry),
            creators=_with(self.creators, item, creator),
        )

    def without_registration(self, key: RegistrationKey) -> "Truth":
        item: Item = ("registration", *key)
        creators = _with(self.creators, item, None)
        return replace(self, registrations=_with(self.registrations, key, None), creators=creators)

    def with_entry(self, service: str, id_: str, creator: str) -> "Truth":
        known = self.services[service]
        changed = self.with_service(replace(known, allow_list=known.allow_list | {id_}))
        return replace(changed, creators=_with(self.creators, ("entry", service, id_), creator))

    def without_entry(self, service: str, id_: str) -> "Truth":
        known = self.services[service]
        changed = self.with_service(replace(known, allow_list=known.allow_list - {id_}))
        return replace(changed, creators=_with(self.creators, ("entry", service, id_), None))


def _with[K, V](known: Mapping[K, V], key: K, value: V | None) -> dict[K, V]:
    changed = {one: what for one, what in known.items() if one != key}
    return changed if value is None else {**changed, key: value}


def initial_truth() -> Truth:
    """Return the truth at the start of a history: three zones, two of them shared, and nothing else."""
    links = (frozenset({VNETS[0], VNETS[2]}), frozenset({VNETS[1]}), frozenset({VNETS[0]}))
    return Truth(zones={id_: Zone(id_, networks) for id_, networks in zip(ZONES, links, strict=True)})


def new_endpoint(slot: ResourceId, number: int, alias: str, tags: dict[str, str]) -> Endpoint:
    """Return a new endpoint in a slot; `number` is its unique number."""
    nic = ResourceId(slot.subscription, slot.resource_group, Kind.NETWORK_INTERFACE.value, f"nic-{number}")
    return Endpoint(
        id=slot,
        arm_id=str(slot).replace("/pe-", "/PE-"),
        guid=guid(number),
        tags=MappingProxyType(tags),
        network=NETWORK_OF[slot],
        connections=(Connection(alias, "Pending"),),
        interfaces=(nic,),
    )


@dataclass
class Universe:
    """The current truth, and the watchers that are called with each change (before, after)."""

    truth: Truth = field(default_factory=initial_truth)
    watchers: list[Callable[[Truth, Truth], None]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    number: int = 0
    etag: int = 0

    def become(self, truth: Truth) -> None:
        before, self.truth = self.truth, truth
        for watch in self.watchers:
            watch(before, truth)

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def next_etag(self) -> str:
        self.etag += 1
        return str(self.etag)
