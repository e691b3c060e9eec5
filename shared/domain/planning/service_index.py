"""The organization's Azure services: what selectors select, and how each service is reached."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.resources import Config, Endpoint, ReadFailed, Service
from shared.domain.model.selectors import Selectors
from shared.domain.model.snapshot import ReadConfig, Snapshot


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tag's value asks for, as service ids.

    `wanted`: selected without doubt, and permitted. `named`: selected by more than `*`. `doubtful`:
    selected only by a name that several services bear (those names are `ambiguous`), or perhaps, or perhaps
    permitted, because the service's tags are not known; or a service in the list that cannot be read.
    """

    request: Selectors
    wanted: frozenset[str]
    named: frozenset[str]
    doubtful: frozenset[str]
    ambiguous: tuple[str, ...]
    unmatched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The services of one endpoint's tag, as service ids.

    `granted`: to be allowed. `held`: neither to be added nor to be removed, because something about
    them could not be read or is ambiguous. `refused`: selected, but not permitted by SERVICE_FILTER.
    `elsewhere`: explicitly selected, but behind another Private Link service. `without_private_link`: wanted,
    but ClickHouse Cloud refuses its private endpoint config; neither added nor removed.
    """

    granted: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    other_private_link: frozenset[str] = frozenset()
    without_private_link: frozenset[str] = frozenset()

    @property
    def kept(self) -> frozenset[str]:
        """The services whose allow lists keep the endpoint's entry."""
        return self.granted | self.undecided | self.without_private_link


@dataclass(frozen=True)
class ServiceIndex:
    """The Azure services that are not on their way out. Aliases are keyed in lower case."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def all(self) -> tuple[Service, ...]:
        """With those of which nothing but the id can be read."""
        return tuple(service for service in self.snapshot.services() or () if service.on_azure and service.id)

    @cached_property
    def unread(self) -> tuple[Service, ...]:
        """The services, perhaps without an id, that may be on Azure, and whose allow lists may hide any id.

        One of another cloud hides none that matters: no private endpoint in Azure leads to it.
        """
        return tuple(one for one in self.snapshot.services() or () if one.on_azure and not one.readable)

    @cached_property
    def by_id(self) -> dict[str, Service]:
        return {service.id: service for service in self.all}

    @cached_property
    def permitted(self) -> frozenset[str]:
        """The ids of the services that SERVICE_FILTER lets us give."""
        return self.config.permitted(self.all)

    def permits(self, service: Service) -> bool:
        """Whether SERVICE_FILTER permits a service, which may be of another cloud."""
        known = self.permitted if service.id in self.by_id else self.config.permitted([service])
        return service.id in known

    @cached_property
    def perhaps_permitted(self) -> frozenset[str]:
        """The ids of the services of which it is not known whether we may give them, for want of their tags."""
        return (self.config.service_filter or Selectors()).undecided(self.all)

    @cached_property
    def configs(self) -> dict[str, Config]:
        """The known config of each service whose region is known, by service id."""
        known = (service.id for service in self.all if service.region)
        answers = {service: self.snapshot.get(ReadConfig(service)) for service in known}
        return {service: answer for service, answer in answers.items() if isinstance(answer, Config)}

    @cached_property
    def without_private_link(self) -> frozenset[str]:
        """The ids of the services whose private endpoint config ClickHouse Cloud refuses."""
        answers = {service.id: self.snapshot.get(ReadConfig(service.id)) for service in self.all}
        denied = (one for one, answer in answers.items() if isinstance(answer, ReadFailed) and answer.refused)
        return frozenset(denied)

    @cached_property
    def configs_complete(self) -> bool:
        """Whether the services, and behind which Private Link service each of them is, are all known."""
        known = len(self.configs) + len(self.without_private_link)
        have_ids = all(service.id for service in self.unread)
        return self.snapshot.services() is not None and have_ids and known == len(self.all)

    @cached_property
    def behind(self) -> dict[str, frozenset[str]]:
        """The ids of the services behind each of the organization's Private Link services, by alias."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for service, endpoint_config in self.configs.items():
            found[endpoint_config.alias.lower()].add(service)
        return {alias: frozenset(services) for alias, services in found.items()}

    @cached_property
    def zone_names(self) -> dict[str, str]:
        """The name of the zone that clients look their host names up in, by alias."""
        return {
            endpoint_config.alias.lower(): endpoint_config.zone for endpoint_config in self.configs.values()
        }

    def region_of(self, alias: str) -> str:
        """The region of the services behind an alias: the service's side decides, not the endpoint's location."""
        return self.by_id[min(self.behind[alias.lower()])].region

    def asked(self, endpoint: Endpoint) -> Asked:
        """What a tagged endpoint asks for."""
        return self._asked(self.config.request_of(endpoint) or Selectors())

    def selection(self, endpoint: Endpoint, alias: str) -> Selection:
        """What the endpoint's tag comes to, connected to `alias`."""
        return self._selection(self.config.request_of(endpoint) or Selectors(), alias.lower())

    # Many endpoints carry the same tag, and ask for the same services.

    @cached_property
    def _asked(self) -> Callable[[Selectors], Asked]:
        return cache(self._find_asked)

    @cached_property
    def _selection(self) -> Callable[[Selectors, str], Selection]:
        return cache(self._find_selection)

    @cached_property
    def labels_of(self) -> Callable[[frozenset[str]], frozenset[str]]:
        """The names, within their zone, of services whose configs are known."""
        return cache(lambda services: frozenset(map(self._label, services)))

    @cached_property
    def hostnames_of(self) -> Callable[[frozenset[str]], Mapping[str, str]]:
        """What clients must use to reach these services, by service name."""
        return cache(self._find_hostnames)

    def _find_asked(self, request: Selectors) -> Asked:
        ambiguous = request.ambiguous(self.all)
        sure = request.without(ambiguous)
        surely = sure.select(self.all) - {service.id for service in self.unread}
        return Asked(
            request=request,
            wanted=surely & self.permitted,
            named=sure.explicit().select(self.all),
            doubtful=(request.select(self.all) | request.undecided(self.all)) - surely
            | (surely & self.perhaps_permitted),
            ambiguous=ambiguous,
            unmatched=request.unmatched(self.all),
        )

    def _find_selection(self, request: Selectors, alias: str) -> Selection:

        asked, behind = self._asked(request), self.behind[alias]
        denied = asked.wanted & self.without_private_link
        unknown = asked.wanted.difference(self.configs, denied)
        return Selection(
            granted=asked.wanted & behind,
            undecided=unknown | asked.doubtful,
            denied=asked.named - self.permitted - self.perhaps_permitted,
            other_private_link=(asked.wanted & asked.named) - behind - unknown - denied,
            without_private_link=denied,
        )

    def _label(self, service: str) -> str:
        return self.configs[service].hostname.lower().partition(".")[0]

    def _find_hostnames(self, services: frozenset[str]) -> Mapping[str, str]:
        names = {self.by_id[service].name: self.configs[service].hostname for service in services}
        return MappingProxyType(dict(sorted(names.items())))
