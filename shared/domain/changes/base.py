"""What all changes have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from shared.domain.model.errors import System
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import RecordSet

type Key = tuple[str, object]
"""What a change provides or requires, such as ("registered", <id>)."""
type Sign = Literal["+", "~", "-"]

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Change(ABC):
    """One change for one endpoint.

    `verb`: the kind. `system`: where it is made. `drift`: the finding's code while the change is not made. `stage`:
    the changes of one stage are independent of each other; stage 1 goes out first. `takes`: whether `endpoint` loses
    something. `details`: the attributes that its JSON has in addition. `reason`: why endpoints lose something by it,
    if any do (see `planning/plan`).
    """

    verb: ClassVar[str]
    system: ClassVar[System]
    drift: ClassVar[str]
    stage: ClassVar[int]
    takes: ClassVar[bool] = False
    details: ClassVar[tuple[str, ...]] = ()

    endpoint: ResourceId
    reason: str = field(default="", kw_only=True, compare=False)

    @property
    @abstractmethod
    def object(self) -> str:
        """What is changed: `organization`, `service <id>`, or an ARM id."""

    def taken_from(self) -> frozenset[ResourceId]:
        """The endpoints that lose access, a registration or an address in a record by this change."""
        return frozenset({self.endpoint}) if self.takes else frozenset()

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

    def summary(self) -> str:
        """The text after the verb: which id or address, where, and the reason."""
        return self._with_reason(self._subject())

    def _subject(self) -> str:
        return self.object

    def _with_reason(self, text: str, link: str = "because") -> str:
        return f"{text}, {link} {self.reason}" if self.reason else text

    @abstractmethod
    def fact(self) -> str:
        """What differs from the desired state while the change is not made, as a sentence without a full stop."""

    def before_after(self) -> tuple[str, str]:
        """The object before and after, in a few words each; NOTHING for an object that does not exist."""
        return (self._with_reason(self._content()), NOTHING) if self.takes else (NOTHING, self._content())

    def _content(self) -> str:
        """What the change adds or removes."""
        return self.object

    def as_json(self) -> dict[str, Any]:
        basics = {"change": self.verb, "object": self.object, "endpoint": str(self.endpoint)}
        reason = {"reason": self.reason} if self.reason else {}
        return {**basics, **reason, **{name: _as_json(getattr(self, name)) for name in self.details}}


def sort_key(change: Change) -> tuple[bool, str, str, str, str]:
    """The order of a plan: additions first, then by endpoint and object."""
    return (change.removes, str(change.endpoint), change.verb, change.object, change.summary())


def _as_json(value: object) -> object:
    if isinstance(value, RecordSet):
        metadata = dict(sorted(value.metadata.items()))
        return {"ttl": value.ttl, "addresses": list(value.addresses), "metadata": metadata}
    return None if value is None else str(value)
