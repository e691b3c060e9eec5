"""Parses responses of ClickHouse Cloud. Raises one of PARSE_ERRORS for a form that the API does not describe."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.adapters.json_fields import PARSE_ERRORS, optional_list, optional_str, required_list, required_str
from shared.domain.model.errors import TemporaryError
from shared.domain.model.ids import quoted
from shared.domain.model.resources import Config, Registration, Service

# The zone, which is everything after the first label, becomes part of ARM ids.
_HOSTNAME = re.compile(r"(?!.{254})[a-z0-9](?:[a-z0-9-]*\.[a-z0-9])+[a-z0-9-]*", re.IGNORECASE)
TEXTS = ("id", "name", "provider", "region", "state")


def services_from(json: Any) -> tuple[Service, ...]:
    """The services; one of an unexpected form is included as not readable."""
    return tuple(map(_in_list, required_list(json)))


def service_from(json: Mapping[str, Any]) -> Service:
    """A service from the API's JSON (schema `Service`).

    Fields that decide about access are required: a missing allow list is not an empty one. Missing tags are None.
    """
    tags = {optional_str(tag["key"]): optional_str(tag.get("value")) for tag in optional_list(json.get("tags"))}
    return Service(
        id=_not_empty(json["id"]),
        name=required_str(json["name"]),
        provider=_not_empty(json["provider"]),
        region=_not_empty(json["region"]),
        state=optional_str(json.get("state")),
        tags=None if json.get("tags") is None else MappingProxyType(tags),
        allow_list=frozenset(map(required_str, required_list(json["privateEndpointIds"]))),
    )


def _not_empty(value: Any) -> str:
    if value == "":
        raise ValueError("expected a string that is not empty")
    return required_str(value)


def _in_list(json: Any) -> Service:
    try:
        return service_from(json)
    except PARSE_ERRORS:
        fields = json if isinstance(json, Mapping) else {}
        texts: Any = {name: value if isinstance(value := fields.get(name), str) else "" for name in TEXTS}
        return Service(**texts, tags=None, readable=False)


def registrations_from(json: Mapping[str, Any]) -> tuple[Registration, ...]:
    """The private endpoints of an organization (schema `Organization`), a required field."""
    return tuple(map(registration_from, required_list(json["privateEndpoints"])))


def registration_from(json: Mapping[str, Any]) -> Registration:
    """A private endpoint of an organization (schema `InstancePrivateEndpoint`)."""
    return Registration(
        id=required_str(json["id"]),
        region=optional_str(json.get("region")),
        description=optional_str(json.get("description")),
        provider=optional_str(json.get("cloudProvider")),
    )


def config_from(json: Mapping[str, Any], what: str) -> Config:
    """A service's config (schema `PrivateEndpointConfig`).

    Raises TemporaryError for the call `what` while a value is missing: they may come later than the service.
    Raises ValueError for a host name that is not one in a zone.
    """
    alias, hostname = map(optional_str, (json.get("endpointServiceId"), json.get("privateDnsHostname")))
    if not (alias and hostname):
        raise TemporaryError(f"{what}: endpointServiceId or privateDnsHostname has no value yet")
    if not _HOSTNAME.fullmatch(hostname):
        raise ValueError(f"privateDnsHostname is {quoted(hostname)}")
    return Config(alias, hostname)
