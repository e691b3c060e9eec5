"""One row of the table: a measurement, its goal, and whether the goal is met."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

type Number = int | float

_WORDS = {"under": "under", "most": "at most", "least": "at least"}


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a value: exclusive for `under`, inclusive for `most` and `least`."""

    kind: Literal["under", "most", "least"]
    bound: Number

    def met_by(self, value: Number) -> bool:
        match self.kind:
            case "under":
                return value < self.bound
            case "most":
                return value <= self.bound
            case "least":
                return value >= self.bound

    def text(self, unit: str) -> str:
        return f"{_WORDS[self.kind]} {shown(self.bound)} {unit}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """`limit`: a bound for any program, and why. `peer`: the alternative that the value compares with.

    `extrapolated`: only a part was run, and the value is a lower bound. `detail`: further numbers of the run.
    """

    figure: str
    value: Number
    unit: str = ""
    goal: Goal | None = None
    limit: str = ""
    peer: str = ""
    extrapolated: bool = False
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal. A lower bound does not show that a value is small enough."""
        if self.goal is None:
            return None
        return self.goal.met_by(self.value) and not (self.extrapolated and self.goal.kind != "least")

    def as_json(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "value": rounded(self.value),
            "unit": self.unit,
            "goal": self.goal.text(self.unit) if self.goal else None,
            "met": self.met,
            "limit": self.limit or None,
            "peer": self.peer or None,
            "extrapolated": self.extrapolated,
            "detail": dict(self.detail),
        }


def rounded(value: Number) -> Number:
    """The value to three significant digits, or to the unit if it is 1 000 or more."""
    if isinstance(value, int):
        return value
    return round(value) if abs(value) >= 1000 else float(f"{value:.3g}")


def shown(value: Number) -> str:
    """The value as text."""
    return f"{rounded(value):,}".removesuffix(".0").replace(",", " ")
