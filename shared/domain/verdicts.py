"""What each endpoint asks for, and whether it may: the first half of the decision.

| endpoint   | in scope | tag | connected to an alias of the organization | verdict    |
|------------|----------|-----|-------------------------------------------|------------|
| any        | no       | any | any                                       | OUTSIDE    |
| unreadable | yes      | –   | –                                         | UNKNOWN    |
| absent     | yes      | –   | –                                         | UNDO       |
| there      | yes      | no  | any                                       | UNDO       |
| there      | yes      | yes | yes                                       | CONNECT    |
| there      | yes      | yes | no, as all configs are known              | STRANGER   |
| there      | yes      | yes | not known: configs are missing            | UNKNOWN    |
"""

from enum import StrEnum

from shared.domain.ids import ResourceId
from shared.domain.model import Absent, Connection, Endpoint, Unreadable
from shared.domain.rules import Rules
from shared.domain.view import View
from shared.domain.world import ReadEndpoint


class Verdict(StrEnum):
    CONNECT = "connect"
    UNDO = "undo"
    OUTSIDE = "outside"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


def verdict_on(view: View, endpoint: ResourceId) -> Verdict:
    """The row of the table above for one endpoint; an endpoint nobody read is UNKNOWN."""
    if not view.rules.may_ask(endpoint):
        return Verdict.OUTSIDE
    match view.world.get(ReadEndpoint(endpoint)):
        case Absent():
            return Verdict.UNDO
        case Endpoint() as found if view.rules.request_of(found) is None:
            return Verdict.UNDO
        case Endpoint() as found:
            return _rightful(view, found)
        case Unreadable() | None:
            return Verdict.UNKNOWN


def concerns_us(endpoint: Endpoint | Absent, rules: Rules) -> bool:
    """Whether anything of ours can hang on it: absent, tagged, or on a Private Link service by alias."""
    if isinstance(endpoint, Absent):
        return True
    return rules.request_of(endpoint) is not None or any(c.by_alias for c in endpoint.connections)


def private_link(view: View, endpoint: Endpoint) -> Connection | None:
    """The connection by which the endpoint reaches one of the organization's Private Link services."""
    return next((c for c in endpoint.connections if c.target.lower() in view.services.behind), None)


def zone_name_of(view: View, endpoint: Endpoint) -> str | None:
    """The name of the zone that the endpoint's address belongs into; None if it is not known."""
    connection = private_link(view, endpoint)
    return view.services.zone_names[connection.target.lower()] if connection else None


def _rightful(view: View, endpoint: Endpoint) -> Verdict:
    if private_link(view, endpoint):
        return Verdict.CONNECT
    return Verdict.STRANGER if view.services.configs_complete else Verdict.UNKNOWN
