"""HTTP route templates as the Functions host reads them (those of ASP.NET)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from urllib.parse import unquote

_CONSTRAINTS = {
    "alpha": r"[A-Za-z]+",
    "bool": r"true|false",
    "decimal": r"[+-]?\d+(?:\.\d+)?",
    "double": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "float": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "guid": r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?",
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
}
_PARAMETER = re.compile(r"\{(?P<star>\*{0,2})(?P<name>[A-Za-z_]\w*)(?P<constraint>:\w+)?(?P<optional>\?)?\}")
_REST = r"(?:/(?P<{name}>.*))?"


@dataclass(frozen=True)
class Route:
    """A template with the methods it answers to; no methods means all of them."""

    template: str
    methods: frozenset[str]

    @classmethod
    def parse(cls, template: str, methods: Iterable[str] | None) -> Self:
        """A route that can be matched, or a `ValueError` that says what in the template is not understood."""
        route = cls(template.strip("/"), frozenset(method.upper() for method in methods or ()))
        route._pattern  # noqa: B018 - a template that cannot be understood fails here, not at the first request
        return route

    @property
    def precedence(self) -> tuple[int, ...]:
        """Sorts a more specific template before a more general one, segment by segment."""
        return tuple(_generality(segment) for segment in self.template.split("/"))

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route parameters in a decoded path (without the prefix), or None: this route is not meant."""
        if self.methods and method.upper() not in self.methods:
            return None
        path = path.strip("/")
        found = self._pattern.fullmatch(f"/{path}" if path else "")
        return {name: value for name, value in found.groupdict().items() if value} if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        segments = self.template.split("/")
        try:
            return re.compile("".join(map(_segment_pattern, segments)), re.IGNORECASE | re.DOTALL)
        except re.error as error:
            raise ValueError(f"route '{self.template}' is not understood: {error}") from error


def decoded(raw_path: bytes) -> str:
    """The path as ASP.NET decodes it: everything but an encoded slash, which stays part of its segment."""
    parts = re.split("%2f", raw_path.decode("latin-1"), flags=re.IGNORECASE)
    return "%2F".join(unquote(part) for part in parts)


def _generality(segment: str) -> int:
    parameter = _PARAMETER.search(segment)
    if parameter is None:
        return 1
    constrained = bool(parameter["constraint"]) or parameter[0] != segment
    return (4 if parameter["star"] else 2) + (0 if constrained else 1)


def _segment_pattern(segment: str) -> str:
    parts, position = [], 0
    for parameter in _PARAMETER.finditer(segment):
        parts += [_literal(segment[position : parameter.start()]), _parameter_pattern(parameter)]
        position = parameter.end()
    whole = _PARAMETER.fullmatch(segment)
    if whole and whole["star"]:
        return _REST.format(name=whole["name"])
    pattern = "/" + "".join(parts) + _literal(segment[position:])
    return f"(?:{pattern})?" if whole and whole["optional"] else pattern


def _parameter_pattern(parameter: re.Match[str]) -> str:
    constraint = parameter["constraint"]
    if constraint and constraint[1:] not in _CONSTRAINTS:
        known = ", ".join(_CONSTRAINTS)
        raise ValueError(f"route constraint '{constraint[1:]}' is not known here; known are {known}")
    return f"(?P<{parameter['name']}>{_CONSTRAINTS[constraint[1:]] if constraint else '[^/]+?'})"


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(f"route part '{text}' is not understood")
    return re.escape(text)
