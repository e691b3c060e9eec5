"""ClickHouse Cloud's answers as resources. Raises one of MISSHAPEN for what the API does not describe."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.adapters.shapes import MISSHAPEN, filled, items, listed, text, worded
from shared.domain.errors import TemporaryError
from shared.domain.model import Config, Registration, Service


def services_from(json: Any) -> tuple[Service, ...]:
    """The list of services, each that is not as the API describes it as one that cannot be read."""
    return tuple(map(_in_list, listed(json)))


def service_from(json: Mapping[str, Any]) -> Service:
    """A service from the API's JSON (schema `Service`).

    What decides about access must be told: an allow list that is left out is not an empty one. Tags may be
    left out; the service then has tags of which nothing is known.
    """
    tags = {text(one["key"]): text(one.get("value")) for one in items(json.get("tags"))}
    return Service(
        id=filled(json["id"]),
        name=worded(json["name"]),
        provider=filled(json["provider"]),
        region=filled(json["region"]),
        state=text(json.get("state")),
        tags=None if json.get("tags") is None else MappingProxyType(tags),
        allow_list=frozenset(worded(one) for one in listed(json["privateEndpointIds"])),
    )


def _in_list(json: Any) -> Service:
    try:
        return service_from(json)
    except MISSHAPEN:
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
    return tuple(registration_from(one) for one in listed(json["privateEndpoints"]))


def registration_from(json: Mapping[str, Any]) -> Registration:
    """A private endpoint of an organization (schema `InstancePrivateEndpoint`)."""
    return Registration(
        id=worded(json["id"]),
        region=text(json.get("region")),
        description=text(json.get("description")),
        provider=text(json.get("cloudProvider")),
    )


def config_from(json: Mapping[str, Any], what: str) -> Config:
    """A service's config (schema `PrivateEndpointConfig`).

    Its values may come later than the service: while one is missing, TemporaryError for the call `what`.
    """
    alias, hostname = text(json.get("endpointServiceId")), text(json.get("privateDnsHostname"))
    if not (alias and hostname):
        raise TemporaryError(f"{what}: endpointServiceId or privateDnsHostname has no value yet")
    return Config(alias, hostname)
