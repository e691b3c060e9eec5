"""Changes at ClickHouse Cloud: registrations and allow lists."""

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from shared.domain.changes.base import Change, Key
from shared.domain.model.errors import System


@dataclass(frozen=True, slots=True)
class RegistrationChange(Change, ABC):
    """A change of the organization's registrations."""

    system: ClassVar[System] = System.CLICKHOUSE
    details: ClassVar[tuple[str, ...]] = ("id", "region")

    id: str
    region: str

    @property
    def object(self) -> str:
        return "organization"

    def _content(self) -> str:
        return f"{self.id} in {self.region}"

    def _subject(self) -> str:
        return f"{self.id} for {self.region or 'no region'}"


@dataclass(frozen=True, slots=True)
class Register(RegistrationChange):
    """Register an endpoint's id with the organization; the description is our mark."""

    verb: ClassVar[str] = "register"
    drift: ClassVar[str] = "registration-missing"
    stage: ClassVar[int] = 1

    description: str

    def provides(self) -> Iterator[Key]:
        yield ("registered", self.id.lower())

    def fact(self) -> str:
        region = self.region or "any region"
        return f"{_endpoint(self, self.id)} is not registered with ClickHouse Cloud for {region}"


@dataclass(frozen=True, slots=True)
class RegisterThroughService(Register):
    """Register an id and add it to one service's allow list, in one call.

    For keys and APIs that refuse the organization's deprecated `add`.
    """

    verb: ClassVar[str] = "register-through-service"

    service: str = ""
    service_name: str = field(default="", kw_only=True, compare=False)

    @property
    def object(self) -> str:
        return f"service {self.service}"

    @property
    def batch_key(self) -> str:
        return f"{self.object}/{self.id}"

    def _subject(self) -> str:
        return f"{self.id} on {_service(self.service, self.service_name)}"


@dataclass(frozen=True, slots=True)
class Deregister(RegistrationChange):
    """Remove an id from the organization: the endpoint is deleted, untagged or recreated, or has another id.

    `unmarked`: this pass registered the id, and the API did not store the description.
    """

    verb: ClassVar[str] = "deregister"
    drift: ClassVar[str] = "registration-orphaned"
    stage: ClassVar[int] = 3
    takes: ClassVar[bool] = True

    unmarked: bool = field(default=False, kw_only=True, compare=False)

    def requires(self) -> Iterator[Key]:
        yield ("disallowed", self.id.lower())

    def fact(self) -> str:
        return self._with_reason(f"{_endpoint(self, self.id)} is registered with ClickHouse Cloud", "but")


@dataclass(frozen=True, slots=True)
class AllowListChange(Change, ABC):
    """A change of a service's allow list; `id` is spelled as the list spells it."""

    system: ClassVar[System] = System.CLICKHOUSE
    stage: ClassVar[int] = 2
    details: ClassVar[tuple[str, ...]] = ("id",)

    id: str
    service: str
    service_name: str = field(default="", kw_only=True, compare=False)

    @property
    def object(self) -> str:
        return f"service {self.service}"

    def _content(self) -> str:
        return self.id

    def _subject(self) -> str:
        return f"{self.id} on {_service(self.service, self.service_name)}"


@dataclass(frozen=True, slots=True)
class Allow(AllowListChange):
    """Add an id to a service's allow list."""

    verb: ClassVar[str] = "allow"
    drift: ClassVar[str] = "allow-list-missing"

    def requires(self) -> Iterator[Key]:
        yield ("registered", self.id.lower())

    def fact(self) -> str:
        return f"{_service(self.service, self.service_name)} does not list {_endpoint(self, self.id)}"


@dataclass(frozen=True, slots=True)
class Disallow(AllowListChange):
    """Remove an id from a service's allow list."""

    verb: ClassVar[str] = "disallow"
    drift: ClassVar[str] = "allow-list-extra"
    takes: ClassVar[bool] = True

    def provides(self) -> Iterator[Key]:
        yield ("disallowed", self.id.lower())

    def fact(self) -> str:
        lists = f"{_service(self.service, self.service_name)} lists {_endpoint(self, self.id)}"
        return self._with_reason(lists, "but")


def _service(service: str, name: str) -> str:
    return f"service {name} ({service})" if name else f"service {service}"


def _endpoint(change: Change, id_: str) -> str:
    """The endpoint's name, with the first part of its GUID; an ARM id is the name."""
    return f"{change.endpoint.name} ({'ARM resource ID' if id_.startswith('/') else f'{id_.partition("-")[0]}…'})"
