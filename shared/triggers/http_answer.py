"""JSON answers of HTTP triggers, and problem documents (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its body is JSON."""

    status: int
    body: Mapping[str, Any]
    content_type: str = "application/json"

    def text(self) -> str:
        return json.dumps(self.body, indent=1)


def problem(status: int, title: str, **members: Any) -> Answer:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, **members}
    return Answer(status, body, "application/problem+json")
