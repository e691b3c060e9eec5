"""HTTP route templates of the Functions host (ASP.NET syntax)."""

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
    """A template and its methods; an empty set means all methods."""

    template: str
    methods: frozenset[str]

    @classmethod
    def parse(cls, template: str, methods: Iterable[str] | None) -> Self:
        """Parse a template. Raises `ValueError` with the part that is not valid."""
        route = cls(template.strip("/"), frozenset(method.upper() for method in methods or ()))
        route._pattern  # noqa: B018 - an invalid template fails here, not at the first request
        return route

    @property
    def precedence(self) -> tuple[int, ...]:
        """Sort key: more specific templates first, segment by segment."""
        return tuple(_generality(segment) for segment in self.template.split("/"))

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the route parameters of a decoded path (without the prefix), or None if the route does not match."""
        if self.methods and method.upper() not in self.methods:
            return None
        path = path.strip("/")
        matched = self._pattern.fullmatch(f"/{path}" if path else "")
        return {name: value for name, value in matched.groupdict().items() if value} if matched else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        segments = self.template.split("/")
        try:
            return re.compile("".join(map(_segment_pattern, segments)), re.IGNORECASE | re.DOTALL)
        except re.error as error:
            raise ValueError(f"route '{self.template}' is not valid: {error}") from error


def decoded(raw_path: bytes) -> str:
    """Decode a path as ASP.NET does. An encoded slash is not decoded and stays part of its segment."""
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
        supported = ", ".join(_CONSTRAINTS)
        raise ValueError(f"route constraint '{constraint[1:]}' is not supported; supported are {supported}")
    return f"(?P<{parameter['name']}>{_CONSTRAINTS[constraint[1:]] if constraint else '[^/]+?'})"


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(f"route part '{text}' is not valid")
    return re.escape(text)
