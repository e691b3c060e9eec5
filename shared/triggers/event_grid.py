"""Which private endpoint an event is about. The event is a hint where to look, and nothing more.

Takes the Event Grid schema and CloudEvents 1.0, in any letter case, and relies on four properties only: type,
subject, `data.operationName` and `data.resourceUri`.
https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.domain.model.ids import BadIdError, Kind, ResourceId, quoted

# A private endpoint, its zone group, or the tags of either; as an id or as the URL of a request to ARM.
_RESOURCE = re.compile(
    r"(?:https?://[^/?#]+)?"
    r"(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.network/privateendpoints/[^/?#]+)"
    r"(?:/privatednszonegroups/[^/?#]+)?"
    r"(?:/providers/microsoft\.resources/tags/default)?"
    r"/?(?:\?[^#]*)?"
)
_ENDPOINTS = "/providers/microsoft.network/privateendpoints/"


class Event(Protocol):
    """What azure.functions' EventGridEvent and CloudEvent have in common."""

    @property
    def subject(self) -> str | None: ...

    def get_json(self) -> Any: ...


def endpoint_named_by(event: Event) -> ResourceId | None:
    """The private endpoint that was written, deleted or retagged; None for any other event. Raises nothing.

    An event that should name a private endpoint but has an unexpected form is logged once and names none.
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
    named = [one.lower() for one in (data.get("resourceUri"), event.subject) if isinstance(one, str)]
    endpoint = next(filter(None, map(_endpoint, named)), None)
    expected = not operation.lower().startswith("microsoft.resources/tags/")
    if endpoint is None and (expected or any(_ENDPOINTS in text for text in named)):
        _log_malformed("neither data.resourceUri nor subject is the id of a private endpoint", named)
    return endpoint


def _type(event: Event) -> str:
    """The event's type, under the name that its schema gives it."""
    return str(getattr(event, "event_type", None) or getattr(event, "type", None) or "").lower()


def _endpoint(text: str) -> ResourceId | None:
    found = _RESOURCE.fullmatch(text.strip())
    try:
        return ResourceId.parse(found[1], Kind.PRIVATE_ENDPOINT) if found else None
    except BadIdError:
        return None


def _log_malformed(reason: str, value: object) -> None:
    from shared.telemetry.log import tell  # noqa: PLC0415 -- no event of Azure needs it, so none waits for its import

    tell("ignored", reason=reason, value=quoted(str(value)))
