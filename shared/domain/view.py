"""The world as the rules see it, with what is looked up again and again found once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from shared.domain.ids import ResourceId
from shared.domain.learned import NOTHING_LEARNED, Learned
from shared.domain.marks import MARK, Claim, claims, endpoint_marked, record_is_ours
from shared.domain.model import Config, Endpoint, Registration, Service, Zone
from shared.domain.ownership import Contested, Evidence, Lent, Ours, Standing, standings
from shared.domain.rules import Rules
from shared.domain.selectors import Selectors
from shared.domain.world import ReadConfig, World


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tag's value asks for, as service ids.

    `wanted`: selected without doubt, and permitted. `named`: selected by more than `*`. `doubtful`:
    selected only by a name that several services bear (those names are `ambiguous`), or perhaps, or perhaps
    permitted, because the service's tags were not told; or a service that is there but cannot be read.
    """

    request: Selectors
    wanted: frozenset[str]
    named: frozenset[str]
    doubtful: frozenset[str]
    ambiguous: tuple[str, ...]
    unmatched: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A world and the rules to read it by. Mappings keyed by an alias or a registered id: lower case."""

    world: World
    rules: Rules
    learned: Learned = NOTHING_LEARNED
    _known: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def once[T](self, key: object, find: Callable[[], T]) -> T:
        """What `find` finds, looked for only the first time that `key` is asked for."""
        if key not in self._known:
            self._known[key] = find()
        return cast("T", self._known[key])

    def asked(self, endpoint: Endpoint) -> Asked:
        """What a tagged endpoint asks for."""
        request = self.rules.request_of(endpoint) or Selectors()
        return self.once(request, lambda: self._asked(request))

    def _asked(self, request: Selectors) -> Asked:
        ambiguous = request.ambiguous(self.services)
        sure = request.without(ambiguous)
        surely = sure.select(self.services) - {service.id for service in self.unread}
        return Asked(
            request=request,
            wanted=surely & self.permitted,
            named=sure.explicit().select(self.services),
            doubtful=(request.select(self.services) | request.untold(self.services)) - surely
            | (surely & self.perhaps_permitted),
            ambiguous=ambiguous,
            unmatched=request.unmatched(self.services),
        )

    @cached_property
    def by_id(self) -> dict[str, Service]:
        """The services of `services`, by id."""
        return {service.id: service for service in self.services}

    @cached_property
    def listing(self) -> Mapping[str, list[Service]]:
        """The services, of any cloud, whose allow list has an id; those on their way out left aside."""
        found: defaultdict[str, list[Service]] = defaultdict(list)
        for service in (one for one in self.world.services() or () if not one.gone):
            for entry in service.allow_list:
                found[entry.lower()].append(service)
        return {key: sorted(services, key=lambda one: one.id) for key, services in found.items()}

    @cached_property
    def spelled(self) -> Mapping[tuple[str, str], str]:
        """How allow lists spell ids (ARM ids come in any case), by service id and id in lower case."""
        entries = ((one.id, entry) for one in self.world.services() or () for entry in one.allow_list)
        return {(service, entry.lower()): entry for service, entry in sorted(entries, reverse=True)}

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """The zones that could be read, sorted by id."""
        return self.world.zones()

    @cached_property
    def linked(self) -> Mapping[ResourceId, list[Zone]]:
        """The zones that a virtual network is linked to."""
        found: defaultdict[ResourceId, list[Zone]] = defaultdict(list)
        for zone in self.zones:
            for network in zone.networks:
                found[network].append(zone)
        return dict(found)

    @cached_property
    def named(self) -> Mapping[str, list[Zone]]:
        """The zones of a name."""
        found: defaultdict[str, list[Zone]] = defaultdict(list)
        for zone in self.zones:
            found[zone.id.name].append(zone)
        return dict(found)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The Azure services that are not on their way out, also those that cannot be read but for their id."""
        return tuple(service for service in self.world.services() or () if service.on_azure and service.id)

    @cached_property
    def unread(self) -> tuple[Service, ...]:
        """The services, perhaps without an id, that are or may be on Azure, and whose allow lists may hide any id.

        One of another cloud hides none that matters: no private endpoint in Azure leads to it.
        """
        return tuple(one for one in self.world.services() or () if one.on_azure and not one.readable)

    @cached_property
    def permitted(self) -> frozenset[str]:
        """The ids of the Azure services that SERVICE_FILTER lets us give."""
        return frozenset(service.id for service in self.services if self.rules.permits(service))

    @cached_property
    def perhaps_permitted(self) -> frozenset[str]:
        """The ids of the Azure services of which it cannot be told whether we may, for want of their tags."""
        return (self.rules.service_filter or Selectors()).untold(self.services)

    @cached_property
    def configs(self) -> dict[str, Config]:
        """The known config of each Azure service whose region is known, by service id."""
        known = (service.id for service in self.services if service.region)
        answers = {service: self.world.get(ReadConfig(service)) for service in known}
        return {service: answer for service, answer in answers.items() if isinstance(answer, Config)}

    @cached_property
    def behind(self) -> dict[str, frozenset[str]]:
        """The ids of the services behind each of the organization's Private Link services, by alias."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for service, config in self.configs.items():
            found[config.alias.lower()].add(service)
        return {alias: frozenset(services) for alias, services in found.items()}

    @cached_property
    def zone_names(self) -> dict[str, str]:
        """The name of the zone that clients look their host names up in, by alias."""
        return {config.alias.lower(): config.zone for config in self.configs.values()}

    @cached_property
    def configs_complete(self) -> bool:
        """Whether the services, and where each of them is, are all known."""
        named = self.world.services() is not None and all(one.id for one in self.unread)
        return named and len(self.configs) == len(self.services)

    @cached_property
    def registrations(self) -> dict[str, Registration]:
        """By id, the registration that counts: of an id that is registered for several regions, the one we marked."""
        told = self.world.registrations() or ()
        found = {one.id.lower(): one for one in told}
        if len(found) < len(told):
            by_region = sorted(told, key=lambda one: one.region)
            found |= {one.id.lower(): one for one in by_region if endpoint_marked(one, self.rules.owner)}
        return found

    @cached_property
    def beside(self) -> Mapping[str, frozenset[str]]:
        """The other regions for which an id is registered as well: what is there is not of the registration
        that counts.
        """
        told = self.world.registrations() or ()
        if len(self.registrations) == len(told):
            return {}
        found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for one in told:
            if one is not self.registrations[one.id.lower()]:
                found[one.id.lower()] |= {one.region}
        return dict(found)

    @cached_property
    def whose(self) -> dict[str, ResourceId]:
        """The endpoint behind each id, of both kinds, as far as endpoints were read."""
        seen = [found for found in self.world.endpoints().values() if isinstance(found, Endpoint)]
        return {key: one.id for one in seen for key in (one.guid.lower(), one.arm_id.lower())}

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Whose each registered id is, and each that a record of ours tells of."""
        evidence = Evidence(
            self.rules.owner,
            self.registrations,
            self._claims,
            self.whose,
            self.learned.made,
            frozenset(self.beside),
        )
        return standings(evidence)

    @cached_property
    def marked(self) -> dict[str, ResourceId]:
        """The ids of ours whose description tells that they are, with the endpoint it names."""
        found = {key: endpoint_marked(r, self.rules.owner) for key, r in self.registrations.items()}
        ours = {key for key, standing in self.standings.items() if isinstance(standing, Ours)}
        return {key: endpoint for key, endpoint in found.items() if endpoint and key in ours}

    @cached_property
    def owned(self) -> dict[ResourceId, frozenset[str]]:
        """The ids that are ours, by endpoint."""
        found: defaultdict[ResourceId, set[str]] = defaultdict(set)
        for registered, standing in self.standings.items():
            if isinstance(standing, Ours):
                found[standing.endpoint].add(registered)
        return {endpoint: frozenset(ids) for endpoint, ids in found.items()}

    @cached_property
    def contested(self) -> dict[ResourceId, frozenset[str]]:
        """The ids that our records tell to be an endpoint's and ours, and other witnesses do not."""
        found: defaultdict[ResourceId, frozenset[str]] = defaultdict(frozenset)
        for claim in self._claims:
            differ = {one for one in claim.ids if isinstance(self.standings[one], Contested)}
            found[claim.endpoint] |= differ
        return dict(found)

    @cached_property
    def lent(self) -> dict[ResourceId, dict[str, frozenset[str]]]:
        """The services that we allowed under somebody else's registration: their ids' ends, by the
        registered id, by endpoint.
        """
        found: defaultdict[ResourceId, dict[str, frozenset[str]]] = defaultdict(dict)
        for registered, standing in self.standings.items():
            for endpoint, ends in standing.services.items() if isinstance(standing, Lent) else ():
                found[endpoint][registered] = ends
        return dict(found)

    @cached_property
    def lent_by_others(self) -> Mapping[str, frozenset[str]]:
        """What the records of other deployments tell to be theirs: ends of services' ids, by registered id."""
        found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for record in (one for one in self.world.records() if MARK in one.metadata):
            for claim in claims(record).values():
                if claim.id and record.metadata[MARK] != self.rules.owner:
                    found[claim.id.lower()] |= claim.lent
        return dict(found)

    @cached_property
    def words(self) -> Mapping[ResourceId, frozenset[str]]:
        """The hashes of descriptions that our records tell, by endpoint."""
        found: defaultdict[ResourceId, frozenset[str]] = defaultdict(frozenset)
        for claim in self._claims:
            found[claim.endpoint] |= claim.words
        return dict(found)

    @cached_property
    def claimants(self) -> frozenset[ResourceId]:
        """The endpoints that our records tell of."""
        return frozenset(claim.endpoint for claim in self._claims)

    @cached_property
    def _claims(self) -> list[Claim]:
        ours = [record for record in self.world.records() if record_is_ours(record, self.rules.owner)]
        return [claim for record in ours for claim in claims(record).values()]
