"""The answers of HTTP triggers: JSON, and problem documents (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


def json_answer(status: int, body: Mapping[str, Any], content_type: str = "application/json") -> Answer:
    return Answer(status, json.dumps(body, indent=1).encode(), content_type)


def problem(status: int, title: str, **members: Any) -> Answer:
    """A problem document."""
    body = {"type": "about:blank", "title": title, "status": status, **members}
    return json_answer(status, body, "application/problem+json")
