"""How far other systems' clocks are ahead of ours, by the Date of their answers, which tells whole seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy


@dataclass
class ClockSkew:
    """`ahead`: by system, in seconds, as the latest answer told it."""

    now: Callable[[], float] = time.time
    ahead: dict[str, float] = field(default_factory=dict)

    def note(self, system: str, date: str | None) -> None:
        """An answer came from that system with that Date; one that is missing or no date tells nothing."""
        try:
            told = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        self.ahead[system] = told - self.now()

    def of_http(self, system: str) -> Callable[[httpx.Response], Any]:
        """A response hook for an httpx client of that system."""

        async def note(answer: httpx.Response) -> None:
            self.note(system, answer.headers.get("Date"))

        return note


class NoteDate(SansIOHTTPPolicy[Any, Any]):
    """Notes the Date of Azure's answers."""

    def __init__(self, clocks: ClockSkew, system: str) -> None:
        self._clocks, self._system = clocks, system

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002 -- the SDK's signature
        self._clocks.note(self._system, response.http_response.headers.get("Date"))
