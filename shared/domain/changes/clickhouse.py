"""Changes at ClickHouse Cloud: registrations and allow lists."""

from abc import ABC
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.domain.changes.base import NOTHING, Change, Key
from shared.domain.model.errors import System
from shared.domain.model.resources import Service


@dataclass(frozen=True, slots=True)
class RegistrationChange(Change, ABC):
    """A change of the organization's registrations."""

    system: ClassVar[System] = System.CLICKHOUSE

    id: str
    region: str

    @property
    def object(self) -> str:
        return "organization"

    def _summary(self, service_names: Mapping[str, str]) -> str:  # noqa: ARG002 -- see the base
        return f"{self.id} for {self.region or 'no region'}"

    def details(self) -> Mapping[str, Any]:
        return {"id": self.id, "region": self.region}


@dataclass(frozen=True, slots=True)
class Register(RegistrationChange):
    """Register an endpoint's id with the organization; the description is our mark."""

    verb: ClassVar[str] = "register"
    drift: ClassVar[str] = "registration-missing"
    stage: ClassVar[int] = 1

    description: str

    def provides(self) -> Iterator[Key]:
        yield ("registered", self.id.lower())

    def difference(self, services: Mapping[str, Service]) -> str:  # noqa: ARG002 -- see the base
        region = self.region or "any region"
        return f"{self.endpoint.name} ({_short(self.id)}) is not registered with ClickHouse Cloud for {region}"

    def before_after(self) -> tuple[str, str]:
        return NOTHING, f"{self.id} in {self.region}"


@dataclass(frozen=True, slots=True)
class RegisterThroughService(Register):
    """Register an id and add it to one service's allow list, in one call.

    For keys and APIs that refuse the organization's deprecated `add`.
    """

    verb: ClassVar[str] = "register-through-service"

    service: str = ""

    @property
    def object(self) -> str:
        return f"service {self.service}"

    @property
    def batch_key(self) -> str:
        return f"{self.object}/{self.id}"

    def _summary(self, service_names: Mapping[str, str]) -> str:
        return f"{self.id} on {_service(self.service, service_names)}"


@dataclass(frozen=True, slots=True)
class Deregister(RegistrationChange):
    """Remove an id from the organization: the endpoint is deleted, untagged or recreated, or has another id."""

    verb: ClassVar[str] = "deregister"
    drift: ClassVar[str] = "registration-orphaned"
    stage: ClassVar[int] = 3
    takes: ClassVar[bool] = True

    def requires(self) -> Iterator[Key]:
        yield ("disallowed", self.id.lower())

    def difference(self, services: Mapping[str, Service]) -> str:  # noqa: ARG002 -- see the base
        return f"{self.endpoint.name} ({_short(self.id)}) is registered with ClickHouse Cloud"

    def before_after(self) -> tuple[str, str]:
        return self._with_reason(f"{self.id} in {self.region}"), NOTHING


@dataclass(frozen=True, slots=True)
class AllowListChange(Change, ABC):
    """A change of a service's allow list; `id` is spelled as the list spells it."""

    system: ClassVar[System] = System.CLICKHOUSE
    stage: ClassVar[int] = 2

    id: str
    service: str

    @property
    def object(self) -> str:
        return f"service {self.service}"

    def _summary(self, service_names: Mapping[str, str]) -> str:
        return f"{self.id} on {_service(self.service, service_names)}"

    def details(self) -> Mapping[str, Any]:
        return {"id": self.id}


@dataclass(frozen=True, slots=True)
class Allow(AllowListChange):
    """Add an id to a service's allow list."""

    verb: ClassVar[str] = "allow"
    drift: ClassVar[str] = "allow-list-missing"

    def requires(self) -> Iterator[Key]:
        yield ("registered", self.id.lower())

    def difference(self, services: Mapping[str, Service]) -> str:
        return f"{_labeled(self.service, services)} does not list {self.endpoint.name} ({_short(self.id)})"

    def before_after(self) -> tuple[str, str]:
        return NOTHING, self.id


@dataclass(frozen=True, slots=True)
class Disallow(AllowListChange):
    """Remove an id from a service's allow list."""

    verb: ClassVar[str] = "disallow"
    drift: ClassVar[str] = "allow-list-extra"
    takes: ClassVar[bool] = True

    def provides(self) -> Iterator[Key]:
        yield ("disallowed", self.id.lower())

    def difference(self, services: Mapping[str, Service]) -> str:
        return f"{_labeled(self.service, services)} lists {self.endpoint.name} ({_short(self.id)})"

    def before_after(self) -> tuple[str, str]:
        return self._with_reason(self.id), NOTHING


def _service(service: str, names: Mapping[str, str]) -> str:
    return f"service {names[service]} ({service})" if service in names else f"service {service}"


def _labeled(service: str, services: Mapping[str, Service]) -> str:
    return f"{services[service].label} ({_short(service)})" if service in services else f"service {service}"


def _short(id_: str) -> str:
    """The first part of a GUID; an ARM id is the name beside it."""
    return "ARM resource ID" if id_.startswith("/") else f"{id_.partition('-')[0]}…"
