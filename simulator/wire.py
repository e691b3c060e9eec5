"""Requests and replies of the simulated systems, independent of a web framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

type Json = dict[str, Any]


class BadJsonError(ValueError):
    """A body that is not a JSON object."""


@dataclass(frozen=True)
class Request:
    """One HTTP request: `path` is percent-decoded, header names are in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = ""
    client: str = "127.0.0.1"

    def params(self, name: str) -> list[str]:
        """Return all values of a query parameter; its name is case-insensitive."""
        return [value for key, value in self.query if key.lower() == name.lower()]

    @property
    def query_string(self) -> str:
        return urlencode(self.query, safe="$")

    def param(self, name: str) -> str | None:
        return next(iter(self.params(name)), None)

    @cached_property
    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadJsonError(f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadJsonError(f"the body must be a JSON object, not {type(value).__name__}")
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response; None is an absent body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
