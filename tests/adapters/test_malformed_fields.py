"""One part of a good answer, replaced by any JSON: the parsers understand it or say that they do not."""

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
from shared.domain.model.errors import PermanentError
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


def places(told: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a document."""
    yield at
    if isinstance(told, dict | list):
        for key, value in told.items() if isinstance(told, dict) else enumerate(told):
            yield from places(value, (*at, key))


def with_part(told: Any, at: tuple[Any, ...], part: Any) -> Any:
    """The document with another part at that place."""
    if not at:
        return part
    copy = json.loads(json.dumps(told))
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = part
    return copy


def spoilt(told: Any) -> st.SearchStrategy[Any]:
    return st.builds(lambda at, part: with_part(told, at, part), st.sampled_from(list(places(told))), JSON)


@pytest.mark.parametrize(
    ("parse", "told"), [(endpoint_from, ENDPOINT), (record_from, RECORD), (service_from, SERVICE)]
)
def test_the_good_one(parse: Callable[..., object], told: Any) -> None:
    """What is spoilt below is understood as it stands here."""
    assert parse(ZONE, told) if parse is record_from else parse(told)


@given(told=spoilt(ENDPOINT))
def test_endpoint(told: Any) -> None:
    """An endpoint is made of texts, or refused with a PermanentError."""
    try:
        endpoint = endpoint_from(told)
    except PermanentError:
        return
    assert isinstance(endpoint, Endpoint)
    texts = [endpoint.guid, endpoint.arm_id, *endpoint.tags, *endpoint.tags.values(), *endpoint.addresses]
    texts += [text for connection in endpoint.connections for text in (connection.target, connection.status)]
    assert all(isinstance(text, str) for text in texts)


@given(told=spoilt(ENDPOINT))
def test_addresses(told: Any) -> None:
    """An interface's addresses are texts, or refused in a way that the adapter understands."""
    try:
        addresses = addresses_from(told)
    except PARSE_ERRORS:
        return
    assert all(isinstance(address, str) for address in addresses)


@given(told=spoilt(RECORD))
@example(told=with_part(RECORD, ("properties", "ttl"), float("inf")))
def test_record(told: Any) -> None:
    """A record set is made of texts and a number, or refused in a way that the adapter understands."""
    try:
        record = record_from(ZONE, told)
    except PARSE_ERRORS:
        return
    assert isinstance(record, RecordSet)
    assert isinstance(record.ttl, int)
    texts = [record.name, *record.addresses, *record.metadata, *record.metadata.values(), record.etag or ""]
    assert all(isinstance(text, str) for text in texts)


@given(told=spoilt(SERVICE))
def test_service(told: Any) -> None:
    """A service is made of texts, or refused in a way that the adapter understands."""
    try:
        service = service_from(told)
    except PARSE_ERRORS:
        return
    assert isinstance(service, Service)
    texts = [service.id, service.name, service.provider, service.region, service.state, *service.allow_list]
    texts += [*(service.tags or {}), *(service.tags or {}).values()]
    assert all(isinstance(text, str) for text in texts)


@given(told=st.lists(spoilt(SERVICE), min_size=1))
def test_services(told: list[Any]) -> None:
    """However a service is misshapen, the others of the list are read, and it is there as one that cannot be read."""
    *others, last = services_from([*told, SERVICE])
    assert (last.id, last.readable, len(others)) == (ANALYTICS, True, len(told))
    for one in others:
        texts = [one.id, one.name, one.provider, one.region, one.state]
        assert all(isinstance(text, str) for text in texts)
        assert one.readable or (one.tags, one.allow_list) == (None, frozenset())
        assert not one.readable or all([one.id, one.provider, one.region])


UNREAD = Service(ANALYTICS, "analytics", "azure", "westus3", tags=None, readable=False)


@pytest.mark.parametrize(
    ("told", "expected"),
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
def test_what_is_known_of_a_misshapen_service(told: Any, expected: Service) -> None:
    """Of a service that cannot be read the texts are kept that are there; its tags and allow list are not known."""
    assert services_from([told]) == (expected,)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("part", ["id", "provider", "region"])
def test_a_service_without_what_names_it(part: str, empty: str | None) -> None:
    """An empty id, provider or region is not taken for one."""
    with pytest.raises(PARSE_ERRORS):
        service_from(with_part(SERVICE, (part,), empty))


@pytest.mark.parametrize("part", ["id", "name", "provider", "region", "privateEndpointIds"])
def test_a_service_tells_what_decides_about_access(part: str) -> None:
    """Nothing told of what decides about access is no empty text and no empty allow list."""
    with pytest.raises(PARSE_ERRORS):
        service_from(with_part(SERVICE, (part,), None))
