"""What all changes have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, NotFound
from shared.domain.model.snapshot import ReadEndpoint, Snapshot

type Key = tuple[str, object]
"""What a change provides or requires, such as ("registered", <id>)."""
type Sign = Literal["+", "~", "-"]

NOTHING = "-"
NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Change(ABC):
    """One change for one endpoint.

    `verb`: the kind. `drift`: the finding's code while the change is not made. `stage`: the changes of one stage are
    independent of each other; stage 1 goes out first. `reason`: the deleted or untagged endpoints that it removes
    something from, if any (see `with_reason`).
    """

    verb: ClassVar[str]
    drift: ClassVar[str]
    stage: ClassVar[int]

    endpoint: ResourceId
    reason: str = field(default="", kw_only=True, compare=False)

    @property
    @abstractmethod
    def object(self) -> str:
        """What is changed: `organization`, `service <id>`, or an ARM id."""

    def taken_from(self) -> frozenset[ResourceId]:
        """The endpoints that lose access, a registration or an address in a record by this change."""
        return frozenset()

    @property
    def removes(self) -> bool:
        """Whether an endpoint loses something; such changes need the policy `sync`."""
        return bool(self.taken_from())

    @property
    def sign(self) -> Sign:
        """The sign in a diff: added, changed in place, removed."""
        return "-" if self.removes else "+"

    @property
    def batch_key(self) -> str:
        """Changes of one stage with the same key share one call."""
        return self.object

    def provides(self) -> Iterator[Key]:
        """What other changes may require."""
        return iter(())

    def requires(self) -> Iterator[Key]:
        """What must be done first, if another change of the plan provides it."""
        return iter(())

    def summary(self, service_names: Mapping[str, str] = NO_NAMES) -> str:
        """The text after the verb: which id or address, where, and the reason. `service_names`: by service id."""
        return self._with_reason(self._summary(service_names))

    @abstractmethod
    def _summary(self, service_names: Mapping[str, str]) -> str: ...

    def _with_reason(self, text: str) -> str:
        return f"{text}, {self.reason}" if self.reason else text

    def details(self) -> Mapping[str, Any]:
        """The members that this kind adds to `as_json`."""
        return {}

    @abstractmethod
    def before_after(self) -> tuple[str, str]:
        """The object before and after, in a few words each; NOTHING for an object that does not exist."""

    def as_json(self) -> dict[str, Any]:
        basics = {"change": self.verb, "object": self.object, "endpoint": str(self.endpoint)}
        reason = {"reason": self.reason} if self.reason else {}
        return {**basics, **reason, **self.details()}


def sort_key(change: Change) -> tuple[bool, str, str, str, str]:
    """The order of a plan: additions first, then by endpoint and object."""
    return (change.removes, str(change.endpoint), change.verb, change.object, change.summary())


def with_reason(change: Change, snapshot: Snapshot, config: DeploymentConfig) -> Change:
    """The change with its reason: which endpoints that lose something are deleted, and which are untagged."""
    reasons = (_reason(endpoint, snapshot, config) for endpoint in sorted(change.taken_from()))
    return replace(change, reason=", ".join(filter(None, reasons)))


def _reason(id_: ResourceId, snapshot: Snapshot, config: DeploymentConfig) -> str:
    endpoint = snapshot.get(ReadEndpoint(id_))
    if isinstance(endpoint, NotFound):
        return f"deleted endpoint {id_.name}"
    untagged = isinstance(endpoint, Endpoint) and config.request_of(endpoint) is None
    return f"untagged endpoint {id_.name}" if untagged else ""
