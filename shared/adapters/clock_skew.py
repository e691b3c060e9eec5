"""The difference between our clock and those of other systems, from the Date header of their responses."""

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
    """`ahead`: by system, the seconds that its clock is ahead of ours, from its latest response."""

    now: Callable[[], float] = time.time
    ahead: dict[str, float] = field(default_factory=dict)

    def note(self, system: str, date: str | None) -> None:
        """Record the Date header of a response; one that is missing or malformed is ignored."""
        try:
            sent = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        self.ahead[system] = sent - self.now()

    def of_http(self, system: str) -> Callable[[httpx.Response], Any]:
        """A response hook for the httpx client of that system."""

        async def note(response: httpx.Response) -> None:
            self.note(system, response.headers.get("Date"))

        return note


class NoteDate(SansIOHTTPPolicy[Any, Any]):
    """Records the Date of Azure's responses."""

    def __init__(self, clocks: ClockSkew, system: str) -> None:
        self._clocks, self._system = clocks, system

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002 -- the SDK's signature
        self._clocks.note(self._system, response.http_response.headers.get("Date"))
