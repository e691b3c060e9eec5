"""A change, as a line of a diff tells it."""

from collections.abc import Mapping
from typing import Literal

from shared.domain.changes import (
    Allow,
    Change,
    CreateZone,
    DeleteRecord,
    Deregister,
    Disallow,
    LinkNetwork,
    PutRecord,
    Register,
    RegisterThroughService,
)
from shared.domain.model import RecordSet

type Sign = Literal["+", "~", "-"]


def sign(change: Change) -> Sign:
    """What a change does to its object: adds to it, changes it in place, or takes from it."""
    if isinstance(change, PutRecord) and change.before:
        return "~"
    return "-" if change.removes else "+"


def what(change: Change, names: Mapping[str, str]) -> str:  # noqa: PLR0911 -- a table
    """What is changed and where, after the change's verb. `names`: those of services, by id."""
    match change:
        case PutRecord():
            return f"{_difference(change)} in {change.object}"
        case DeleteRecord():
            return f"{_addresses(change.before)} in {change.object}"
        case CreateZone():
            return change.object
        case LinkNetwork():
            return f"{change.network} to {change.zone}"
        case RegisterThroughService():
            return f"{change.id} on service {_service(change.service, names)}"
        case Register() | Deregister():
            return f"{change.id} for {change.region or 'no region'}"
        case Allow() | Disallow():
            return f"{change.id} on service {_service(change.service, names)}"


def _service(service: str, names: Mapping[str, str]) -> str:
    return f"{names[service]} ({service})" if service in names else service


def _difference(change: PutRecord) -> str:
    before, after = _addresses(change.before), _addresses(change.after)
    if before != after:
        return f"{before} -> {after}"
    ttl = change.before is not None and change.before.ttl != change.after.ttl
    return f"{after}, its {'TTL' if ttl else 'marks of ownership'}"


def _addresses(record: RecordSet | None) -> str:
    return ", ".join(record.addresses) or "no address" if record else "nothing"
