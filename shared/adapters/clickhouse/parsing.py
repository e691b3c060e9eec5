"""ClickHouse Cloud's answers as resources. Raises one of PARSE_ERRORS for what the API does not describe."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.adapters.json_fields import (
    PARSE_ERRORS,
    optional_list,
    optional_str,
    required_list,
    required_str,
    required_text,
)
from shared.domain.model.errors import TemporaryError
from shared.domain.model.resources import Config, Registration, Service


def services_from(json: Any) -> tuple[Service, ...]:
    """The list of services, each that is not as the API describes it as one that cannot be read."""
    return tuple(map(_in_list, required_list(json)))


def service_from(json: Mapping[str, Any]) -> Service:
    """A service from the API's JSON (schema `Service`).

    What decides about access must be told: an allow list that is left out is not an empty one. Tags may be
    left out; the service then has tags of which nothing is known.
    """
    tags = {
        optional_str(one["key"]): optional_str(one.get("value")) for one in optional_list(json.get("tags"))
    }
    return Service(
        id=required_text(json["id"]),
        name=required_str(json["name"]),
        provider=required_text(json["provider"]),
        region=required_text(json["region"]),
        state=optional_str(json.get("state")),
        tags=None if json.get("tags") is None else MappingProxyType(tags),
        allow_list=frozenset(required_str(one) for one in required_list(json["privateEndpointIds"])),
    )


def _in_list(json: Any) -> Service:
    try:
        return service_from(json)
    except PARSE_ERRORS:
        there = json if isinstance(json, Mapping) else {}
        known = {name: told for name, told in there.items() if isinstance(told, str)}
        return Service(
            id=known.get("id", ""),
            name=known.get("name", ""),
            provider=known.get("provider", ""),
            region=known.get("region", ""),
            state=known.get("state", ""),
            tags=None,
            readable=False,
        )


def registrations_from(json: Mapping[str, Any]) -> tuple[Registration, ...]:
    """The private endpoints of an organization (schema `Organization`), which must be told."""
    return tuple(registration_from(one) for one in required_list(json["privateEndpoints"]))


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

    Its values may come later than the service: while one is missing, TemporaryError for the call `what`.
    """
    alias, hostname = (
        optional_str(json.get("endpointServiceId")),
        optional_str(json.get("privateDnsHostname")),
    )
    if not (alias and hostname):
        raise TemporaryError(f"{what}: endpointServiceId or privateDnsHostname has no value yet")
    return Config(alias, hostname)
