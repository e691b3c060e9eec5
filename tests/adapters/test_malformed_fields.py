"""Replaces one part of a valid response with random JSON: the parsers accept it or raise a parse error."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.azure.network import addresses_from, endpoint_from
from shared.adapters.azure.private_dns import record_from
from shared.adapters.clickhouse.parsing import service_from, services_from
from shared.adapters.json_fields import PARSE_ERRORS
from shared.domain.model.resources import Endpoint, RecordSet, Service
from tests.support.real_clients import ALIAS, ANALYTICS, NIC, PE, VNET, ZONE

ENDPOINT = {
    "id": str(PE),
    "tags": {"clickhouse-services": "*"},
    "properties": {
        "resourceGuid": "4c8ad43e-195c-4673-9cc0-e26969210f4f",
        "subnet": {"id": f"{VNET}/subnets/default"},
        "manualPrivateLinkServiceConnections": [
            {
                "properties": {
                    "privateLinkServiceId": ALIAS,
                    "privateLinkServiceConnectionState": {"status": "Pending"},
                }
            }
        ],
        "privateLinkServiceConnections": [],
        "networkInterfaces": [{"id": str(NIC)}],
        "ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.4"}}],
        "customDnsConfigs": [{"fqdn": "x", "ipAddresses": ["10.0.0.4"]}],
    },
}
RECORD = {
    "name": "*",
    "etag": "e",
    "properties": {"ttl": 300, "metadata": {"a": "b"}, "aRecords": [{"ipv4Address": "10.0.0.4"}]},
}
SERVICE = {
    "id": ANALYTICS,
    "name": "analytics",
    "provider": "azure",
    "region": "westus3",
    "state": "running",
    "tags": [{"key": "env", "value": "prod"}],
    "privateEndpointIds": ["x"],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


def paths(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a document."""
    yield at
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from paths(value, (*at, key))


def with_part(document: Any, at: tuple[Any, ...], part: Any) -> Any:
    """Return the document with another part at this path."""
    if not at:
        return part
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = part
    return copy


def corrupted(document: Any) -> st.SearchStrategy[Any]:
    at = st.sampled_from(list(paths(document)))
    return st.builds(lambda at, part: with_part(document, at, part), at, JSON)


@pytest.mark.parametrize(
    ("parse", "document"), [(endpoint_from, ENDPOINT), (record_from, RECORD), (service_from, SERVICE)]
)
def test_valid_document(parse: Callable[..., object], document: Any) -> None:
    """The parsers accept the valid documents."""
    assert parse(ZONE, document) if parse is record_from else parse(document)


@given(document=corrupted(ENDPOINT))
def test_endpoint(document: Any) -> None:
    """An endpoint has strings only, or is a parse error."""
    try:
        endpoint = endpoint_from(document)
    except PARSE_ERRORS:
        return
    assert isinstance(endpoint, Endpoint)
    texts = [endpoint.guid, endpoint.arm_id, *endpoint.tags, *endpoint.tags.values(), *endpoint.addresses]
    texts += [text for connection in endpoint.connections for text in (connection.target, connection.status)]
    assert all(isinstance(text, str) for text in texts)


@given(document=corrupted(ENDPOINT))
def test_addresses(document: Any) -> None:
    """The addresses of an interface are strings, or a parse error."""
    try:
        addresses = addresses_from(document)
    except PARSE_ERRORS:
        return
    assert all(isinstance(address, str) for address in addresses)


@given(document=corrupted(RECORD))
@example(document=with_part(RECORD, ("properties", "ttl"), float("inf")))
def test_record(document: Any) -> None:
    """A record set has strings and an integer TTL, or is a parse error."""
    try:
        record = record_from(ZONE, document)
    except PARSE_ERRORS:
        return
    assert isinstance(record, RecordSet)
    assert isinstance(record.ttl, int)
    texts = [record.name, *record.addresses, *record.metadata, *record.metadata.values(), record.etag or ""]
    assert all(isinstance(text, str) for text in texts)


@given(document=corrupted(SERVICE))
def test_service(document: Any) -> None:
    """A service has strings only, or is a parse error."""
    try:
        service = service_from(document)
    except PARSE_ERRORS:
        return
    assert isinstance(service, Service)
    texts = [service.id, service.name, service.provider, service.region, service.state, *service.allow_list]
    texts += [*(service.tags or {}), *(service.tags or {}).values()]
    assert all(isinstance(text, str) for text in texts)


@given(document=st.lists(corrupted(SERVICE), min_size=1))
def test_services(document: list[Any]) -> None:
    """A malformed service is returned as unreadable, and the other services of the list are parsed."""
    *others, last = services_from([*document, SERVICE])
    assert (last.id, last.readable, len(others)) == (ANALYTICS, True, len(document))
    for one in others:
        texts = [one.id, one.name, one.provider, one.region, one.state]
        assert all(isinstance(text, str) for text in texts)
        assert one.readable or (one.tags, one.allow_list) == (None, frozenset())
        assert not one.readable or all([one.id, one.provider, one.region])


UNREAD = Service(ANALYTICS, "analytics", "azure", "westus3", tags=None, readable=False)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (with_part(SERVICE, ("privateEndpointIds",), None), UNREAD),
        (with_part(SERVICE, ("tags",), 7), UNREAD),
        (with_part(SERVICE, ("name",), 7), replace(UNREAD, name="")),
        (with_part(SERVICE, ("region",), ""), replace(UNREAD, region="")),
        (with_part(SERVICE, ("provider",), []), replace(UNREAD, provider="")),
        (with_part(SERVICE, ("id",), ""), replace(UNREAD, id="")),
        ({"id": "x"}, Service("x", "", "", "", "", tags=None, readable=False)),
        (None, Service("", "", "", "", "", tags=None, readable=False)),
        ("text", Service("", "", "", "", "", tags=None, readable=False)),
    ],
)
def test_unreadable_service(document: Any, expected: Service) -> None:
    """An unreadable service keeps its valid strings; its tags and allow list are unknown."""
    assert services_from([document]) == (expected,)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("part", ["id", "provider", "region"])
def test_service_with_an_empty_field(part: str, empty: str | None) -> None:
    """An empty id, provider or region is a parse error."""
    with pytest.raises(PARSE_ERRORS):
        service_from(with_part(SERVICE, (part,), empty))


@pytest.mark.parametrize("part", ["id", "name", "provider", "region", "privateEndpointIds"])
def test_service_without_a_field(part: str) -> None:
    """A missing field that access depends on is a parse error, not an empty string or an empty allow list."""
    with pytest.raises(PARSE_ERRORS):
        service_from(with_part(SERVICE, (part,), None))
