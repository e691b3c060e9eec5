"""Which private endpoint an event names. Events are hints; each pass reads the current state.

Accepts the Event Grid schema and CloudEvents 1.0, in any letter case. Uses four properties only: type,
subject, `data.operationName` and `data.resourceUri`.
https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.domain.model.ids import Kind, ResourceId, quoted

# A private endpoint, its zone group, or the tags of either; as an ARM id or a request URL.
_RESOURCE = re.compile(
    r"(?:https?://[^/?#]+)?"
    r"(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.network/privateendpoints/[^/?#]+)"
    r"(?:/privatednszonegroups/[^/?#]+)?"
    r"(?:/providers/microsoft\.resources/tags/default)?"
    r"/?(?:\?[^#]*)?"
)
_ENDPOINTS = "/providers/microsoft.network/privateendpoints/"


class Event(Protocol):
    """The common part of `EventGridEvent` and `CloudEvent` of azure.functions."""

    @property
    def subject(self) -> str | None: ...

    def get_json(self) -> Any: ...


def endpoint_named_by(event: Event) -> ResourceId | None:
    """The private endpoint that was written, deleted or retagged; None for any other event. Raises nothing.

    An event that should name a private endpoint but is malformed is logged and names none.
    """
    if _type(event) not in EVENT_TYPES:
        return None
    data = event.get_json()
    operation = data.get("operationName") if isinstance(data, Mapping) else None
    if not isinstance(operation, str):
        _log_malformed("data.operationName is missing or not a string", data)
        return None
    if operation.lower() not in OPERATIONS:
        return None
    named = [text.lower() for text in (data.get("resourceUri"), event.subject) if isinstance(text, str)]
    endpoint = next(filter(None, map(_endpoint, named)), None)
    expected = not operation.lower().startswith("microsoft.resources/tags/")
    if endpoint is None and (expected or any(_ENDPOINTS in text for text in named)):
        _log_malformed("neither data.resourceUri nor subject is the id of a private endpoint", named)
    return endpoint


def _type(event: Event) -> str:
    return str(getattr(event, "event_type", None) or getattr(event, "type", None) or "").lower()


def _endpoint(text: str) -> ResourceId | None:
    match = _RESOURCE.fullmatch(text.strip())
    return ResourceId.find(match[1], Kind.PRIVATE_ENDPOINT) if match else None


def _log_malformed(reason: str, value: object) -> None:
    from shared.telemetry.log import log_event  # noqa: PLC0415 -- slow, and no event of Azure needs it

    log_event("ignored", reason=reason, value=quoted(str(value)))
