"""The organization's services on Azure: which of them a tag selects, and how each is reached.

A mistake in a tag never removes access. A selector is a mistake if it is not understood, is an ambiguous name, or
matches no service on Azure. While a tag has one, what its other selectors select is added, and nothing is removed
from that endpoint: no allow-list entry, no registration and no address in a record.

SERVICE_FILTER is not a tag: its selectors must be understood when the app starts, and narrowing it takes effect
(see `allow_lists` for the entries that stay).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.grouping import grouped
from shared.domain.model.resources import Config, Endpoint, ReadFailed, Service
from shared.domain.model.selectors import Selectors
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.domain.planning.selection import Selection, SelectorMatches


def service_unread(service: Service) -> str:
    """That a listed service cannot be read, and what follows."""
    return (
        f"service {service.label} is in the list, but not as the API describes it: its allow list is not changed, "
        "and nothing is deregistered until it can be read"
    )


@dataclass(frozen=True)
class ServiceIndex:
    """The services on Azure, except deleted ones. Aliases are keyed in lower case."""

    snapshot: Snapshot
    config: DeploymentConfig

    @cached_property
    def all(self) -> tuple[Service, ...]:
        """Includes services of which only the id can be read."""
        return tuple(service for service in self.snapshot.services() or () if service.on_azure and service.id)

    @cached_property
    def unread(self) -> tuple[Service, ...]:
        """The services, some without an id, that are possibly on Azure and whose allow lists cannot be read."""
        services = self.snapshot.services() or ()
        return tuple(service for service in services if service.on_azure and not service.readable)

    @cached_property
    def by_id(self) -> dict[str, Service]:
        return {service.id: service for service in self.all}

    @cached_property
    def permitted(self) -> frozenset[str]:
        """The ids of the services that SERVICE_FILTER permits."""
        return self.config.permitted(self.all)

    def permits(self, service: Service) -> bool:
        """Whether SERVICE_FILTER permits a service of any cloud."""
        return service.id in (self.permitted if service.id in self.by_id else self.config.permitted([service]))

    @cached_property
    def possibly_permitted(self) -> frozenset[str]:
        """The ids of the services that SERVICE_FILTER may permit: their tags are not known."""
        return (self.config.service_filter or Selectors()).undecided(self.all)

    @cached_property
    def configs(self) -> dict[str, Config]:
        """The private endpoint config of each service whose region is known, by service id."""
        known = (service.id for service in self.all if service.region)
        answers = {service: self.snapshot.get(ReadConfig(service)) for service in known}
        return {service: answer for service, answer in answers.items() if isinstance(answer, Config)}

    @cached_property
    def without_private_link(self) -> frozenset[str]:
        """The ids of the services whose private endpoint config ClickHouse Cloud refuses."""
        answers = {service.id: self.snapshot.get(ReadConfig(service.id)) for service in self.all}
        return frozenset(id_ for id_, answer in answers.items() if isinstance(answer, ReadFailed) and answer.refused)

    @cached_property
    def configs_complete(self) -> bool:
        """Whether every service, and the Private Link service of each, is known.

        Not if ClickHouse Cloud refuses every config: the key may lack the permission for all of them.
        """
        known = len(self.configs) + len(self.without_private_link)
        have_ids = all(service.id for service in self.unread)
        some = bool(self.configs) or not self.all
        return self.snapshot.services() is not None and have_ids and some and known == len(self.all)

    @cached_property
    def behind(self) -> dict[str, frozenset[str]]:
        """The ids of the services behind each of the organization's Private Link services, by alias."""
        services_of = grouped((config.alias.lower(), service) for service, config in self.configs.items())
        return {alias: frozenset(services) for alias, services in services_of.items()}

    @cached_property
    def zone_names(self) -> dict[str, str]:
        """The name of the private DNS zone for each alias."""
        return {config.alias.lower(): config.zone for config in self.configs.values()}

    def region_of(self, alias: str) -> str:
        """The region of the services behind an alias; the endpoint's own location may differ."""
        return self.by_id[min(self.behind[alias.lower()])].region

    def matches(self, endpoint: Endpoint) -> SelectorMatches:
        """The services that the endpoint's tag selects."""
        return self._matches(self.config.request_of(endpoint) or Selectors())

    def selection(self, endpoint: Endpoint, alias: str) -> Selection:
        """The services that the endpoint's tag selects, for an endpoint connected to `alias`."""
        return self._selection(self.config.request_of(endpoint) or Selectors(), alias.lower())

    # Cached: many endpoints have the same tag.

    @cached_property
    def _matches(self) -> Callable[[Selectors], SelectorMatches]:
        return cache(self._find_matches)

    @cached_property
    def _selection(self) -> Callable[[Selectors, str], Selection]:
        return cache(self._find_selection)

    def _find_matches(self, selectors: Selectors) -> SelectorMatches:
        ambiguous = selectors.ambiguous(self.all)
        certain = selectors.without(ambiguous)
        matched = certain.select(self.all) - {service.id for service in self.unread}
        possible = selectors.select(self.all) | selectors.undecided(self.all)
        return SelectorMatches(
            selectors=selectors,
            permitted=matched & self.permitted,
            explicit=certain.without("*").select(self.all),
            uncertain=possible - matched | (matched & self.possibly_permitted),
            ambiguous=ambiguous,
            unmatched=selectors.unmatched(self.all),
        )

    def _find_selection(self, selectors: Selectors, alias: str) -> Selection:
        found, behind = self._matches(selectors), self.behind[alias]
        without_private_link = found.permitted & self.without_private_link
        unknown = found.permitted.difference(self.configs, without_private_link)
        granted, undecided = found.permitted & behind, unknown | found.uncertain
        hostnames = sorted((self.by_id[one].name, self.configs[one].hostname) for one in granted)
        possible = undecided & (self.permitted | self.possibly_permitted)
        names_known = not found.has_mistake and possible <= self.configs.keys()
        return Selection(
            granted=granted,
            undecided=undecided,
            denied=found.explicit - self.permitted - self.possibly_permitted,
            other_private_link=(found.permitted & found.explicit) - behind - unknown - without_private_link,
            without_private_link=without_private_link,
            only_adds=found.has_mistake,
            hostnames=MappingProxyType(dict(hostnames)),
            labels=self._labels(granted),
            undecided_labels=self._labels(possible) if names_known else None,
        )

    def _labels(self, services: Iterable[str]) -> frozenset[str]:
        return frozenset(self.configs[service].hostname.lower().partition(".")[0] for service in services)
