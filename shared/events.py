"""Which private endpoint an event is about. The event is a hint where to look, and nothing more.

Event Grid's own schema and CloudEvents are both taken; letter case does not matter anywhere. Only what
is named here is relied on: https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.domain.ids import BadIdError, Kind, ResourceId

_TYPES = frozenset({"microsoft.resources.resourcewritesuccess", "microsoft.resources.resourcedeletesuccess"})
_OPERATIONS = frozenset(
    {
        "microsoft.network/privateendpoints/write",
        "microsoft.network/privateendpoints/delete",
        "microsoft.resources/tags/write",
        "microsoft.resources/tags/delete",
    }
)
_TAGS = "/providers/microsoft.resources/tags/default"


class Event(Protocol):
    """What azure.functions' EventGridEvent and CloudEvent have in common."""

    @property
    def subject(self) -> str | None: ...

    def get_json(self) -> Any: ...


def endpoint_named_by(event: Event) -> ResourceId | None:
    """The private endpoint that was written, deleted or retagged; None for any other event."""
    if _type(event).lower() not in _TYPES:
        return None
    data = _data(event)
    if str(data.get("operationName", "")).lower() not in _OPERATIONS:
        return None
    named = str(data.get("resourceUri") or event.subject or "").lower()
    try:
        return ResourceId.parse(named.removesuffix(_TAGS), Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None


def _type(event: Event) -> str:
    """The event's type, under the name that its schema gives it."""
    return str(getattr(event, "event_type", None) or getattr(event, "type", None) or "")


def _data(event: Event) -> Mapping[str, Any]:
    data = event.get_json()
    return data if isinstance(data, Mapping) else {}
