"""Malformed responses: the adapters raise only TemporaryError and PermanentError."""

import asyncio
from collections.abc import Iterable
from typing import cast

import pytest

from shared.domain.model.errors import PermanentError, PrivateLinkError, TemporaryError
from shared.domain.model.resources import NotFound, Service
from tests.support.real_clients import (
    ARM_READS,
    CLICKHOUSE_READS,
    CLICKHOUSE_WRITES,
    NIC,
    READS,
    SUBSCRIPTION,
    WRITES,
    adapters_for,
    answering,
    http_answer,
)

BRIEFLY = 0.2
"""The deadline in seconds for calls that are retried until it ends."""
LONG_ENOUGH = 5.0
DEEP = "[" * 200_000

UNREADABLE = {
    "an HTML page": http_answer(200, "<html>hello</html>", "text/html"),
    "an HTML page with the type JSON": http_answer(200, "<html>hello</html>"),
    "broken JSON": http_answer(200, '{"value": ['),
    "an empty body": http_answer(200, ""),
    "deep nesting": http_answer(200, DEEP),
    "half of the body": http_answer(200, '{"value": []', missing=50),
    "an unknown charset": http_answer(200, "{", "application/json; charset=nonsense"),
    "invalid UTF-8": http_answer(200, b"\xff\xfe\x80"),
    "XML": http_answer(200, "<a/>", "application/xml"),
    "broken compression": http_answer(200, b"\x1f\x8bjunk", headers=b"Content-Encoding: gzip\r\n"),
    "another protocol": b"SSH-2.0-hello\r\n",
    "a closed connection": b"",
    "a very long header": http_answer(200, "{}", headers=b"X: " + b"x" * 200_000 + b"\r\n"),
    "a 503 with an HTML page": http_answer(503, "<html>sorry</html>", "text/html"),
    "a 500 with deep nesting": http_answer(500, DEEP),
    "throttling with an invalid delay": http_answer(
        429, "{}", headers=b"X-RateLimit-Reset: \xb2\r\nRetry-After: \xb2\r\n"
    ),
    "throttling until a date": http_answer(429, "{}", headers=b"Retry-After: Wed, 21 Oct 2037 07:28:00 GMT\r\n"),
    "throttling without a number": http_answer(429, "{}", headers=b"X-RateLimit-Reset: nan\r\nRetry-After: -1\r\n"),
}

REFUSALS = {
    "a list as error": http_answer(400, '{"error": ["x"]}'),
    "a string as error": http_answer(400, '{"error": "x"}'),
    "not an object": http_answer(400, "[1]"),
    "a number as code": http_answer(400, '{"error": {"code": 7, "message": {"a": 1}}}'),
    "invalid UTF-8": http_answer(400, b"\xff\x80"),
    "an unknown charset": http_answer(400, "{}", "application/json; charset=nonsense"),
    "an HTML page": http_answer(403, "<html>no</html>", "text/html"),
    "an empty body": http_answer(400, ""),
    "a redirect": http_answer(302, "", headers=b"Location: /elsewhere\r\n"),
    "a 404 without a code": http_answer(404, "{}"),
    "a 404 with an HTML page": http_answer(404, "<html>not here</html>", "text/html"),
}

ARM_SHAPES = [
    "null",
    "1",
    '"text"',
    "[]",
    "{}",
    '{"value": null}',
    '{"value": "text"}',
    '{"value": {"id": 1}}',
]
ITEM_SHAPES = ["1", "null", "[]", "{}", '"text"', '{"id": 1}', '{"id": null}']
CLICKHOUSE_SHAPES = [
    "null",
    "1",
    '"text"',
    '{"privateEndpoints": null}',
    '{"privateEndpoints": {}}',
    '{"privateEndpoints": "text"}',
    '{"privateEndpoints": [1]}',
    '{"privateEndpoints": [{}]}',
    '{"privateEndpoints": [{"id": 1}]}',
    '[{"id": 1}]',
    '[{"id": "x", "tags": [1]}]',
    '[{"id": "x", "privateEndpointIds": [{}]}]',
    '[{"id": "x", "privateEndpointIds": "text"}]',
    '{"endpointServiceId": 1, "privateDnsHostname": 2}',
]


@pytest.mark.parametrize("response", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_unreadable(response: bytes) -> None:
    """An unreadable response is a TemporaryError, not an empty list."""
    outcomes = await _outcomes(response, READS, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(READS, TemporaryError)


@pytest.mark.parametrize("response", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_unreadable_after_a_write(response: bytes) -> None:
    """A malformed response to a write raises only a PrivateLinkError."""
    outcomes = await _outcomes(response, WRITES, BRIEFLY)
    assert all(outcome is None or isinstance(outcome, PrivateLinkError) for outcome in outcomes.values())


@pytest.mark.parametrize("response", REFUSALS.values(), ids=list(REFUSALS))
async def test_refusal(response: bytes) -> None:
    """A refusal in any format is a PermanentError; a 404 without a code is not NotFound."""
    outcomes = await _outcomes(response, READS + WRITES)
    assert [name for name, outcome in outcomes.items() if not isinstance(outcome, PermanentError)] == []


async def test_refusal_with_deep_nesting() -> None:
    """A refusal that no JSON parser can read raises a PrivateLinkError."""
    outcomes = await _outcomes(http_answer(400, DEEP), READS + WRITES, BRIEFLY)
    assert all(isinstance(outcome, PrivateLinkError) for outcome in outcomes.values())


@pytest.mark.parametrize("body", ARM_SHAPES)
async def test_arm_shapes(body: str) -> None:
    """JSON that is neither a resource nor a list is a TemporaryError."""
    outcomes = await _outcomes(http_answer(200, body), ARM_READS, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(ARM_READS, TemporaryError)


@pytest.mark.parametrize("body", ['{"id": "x"}', '{"status": "Succeeded"}', '{"nextLink": "x"}'])
async def test_missing_value_list(body: str) -> None:
    """A response without `value` is a TemporaryError; the SDKs return an empty list."""
    names = ("endpoints", "endpoints of a group", "addresses_in", "addresses_in a group", "zones", "zone")
    outcomes = await _outcomes(http_answer(200, body), names, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(names, TemporaryError)


@pytest.mark.parametrize("item", ITEM_SHAPES)
async def test_arm_items(item: str) -> None:
    """A malformed item fails the whole list."""
    names = ("addresses_in", "zones", "zone")
    outcomes = await _outcomes(http_answer(200, f'{{"value": [{item}]}}'), names)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(names, PermanentError)


@pytest.mark.parametrize("item", ITEM_SHAPES)
async def test_malformed_endpoint(item: str) -> None:
    """A list omits malformed endpoints: owned endpoints that are not listed are read individually."""
    outcomes = await _outcomes(http_answer(200, f'{{"value": [{item}]}}'), ("endpoints",))
    assert outcomes == {"endpoints": ()}


async def test_interfaces_of_scale_sets() -> None:
    """Interfaces of scale sets are ignored: they do not belong to private endpoints."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network/providers"
    addresses = {"ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.4"}}]}
    scale_set = f"{group}/Microsoft.Compute/virtualMachineScaleSets/s/virtualMachines/0/networkInterfaces/nic1"
    listed = {"value": [{"id": one, "properties": addresses} for one in (scale_set, str(NIC))]}
    outcomes = await _outcomes(http_answer(200, listed), ("addresses_in",))
    assert outcomes == {"addresses_in": {NIC: ("10.0.0.4",)}}


@pytest.mark.parametrize("result", CLICKHOUSE_SHAPES)
async def test_clickhouse_shapes(result: str) -> None:
    """A malformed result is a PermanentError, not an empty list.

    A config object without values is a TemporaryError. A malformed service of a list is an unreadable service.
    """
    outcomes = await _outcomes(_result(result), CLICKHOUSE_READS)
    expected: dict[str, type] = dict.fromkeys(CLICKHOUSE_READS, PermanentError)
    if result.startswith('{"privateEndpoints"'):
        expected["config"] = TemporaryError
    if result.startswith("["):
        del expected["services"]
        (service,) = cast("tuple[Service, ...]", outcomes.pop("services"))
        assert not service.readable
    assert {name: type(outcome) for name, outcome in outcomes.items()} == expected


@pytest.mark.parametrize("result", CLICKHOUSE_SHAPES)
async def test_clickhouse_shapes_after_a_write(result: str) -> None:
    """A successful write with a malformed result succeeds and returns None."""
    assert await _outcomes(_result(result), CLICKHOUSE_WRITES) == dict.fromkeys(CLICKHOUSE_WRITES)


async def test_organization_without_registrations() -> None:
    """An organization without `privateEndpoints` is a PermanentError, not an empty list."""
    response = http_answer(200, {"status": 200, "result": {"id": "x", "name": "Demo"}})
    outcome = (await _outcomes(response, ("registrations",)))["registrations"]
    assert isinstance(outcome, PermanentError)
    assert "privateEndpoints" in str(outcome)


async def test_missing_parent() -> None:
    """A zone is NotFound if ARM returns ParentResourceNotFound for its records."""
    body = {"error": {"code": "ParentResourceNotFound", "message": "not found"}}
    assert await _outcomes(http_answer(404, body), ("zone",)) == {"zone": NotFound()}


async def test_malformed_zone_ids() -> None:
    """Zones with malformed ids are ignored."""
    zones = [{"id": "/subscriptions/x/_odd.privatelink.azure.clickhouse.cloud"}]
    assert await _outcomes(http_answer(200, {"value": zones}), ("zones",)) == {"zones": ()}


def _result(result: str) -> bytes:
    return http_answer(200, f'{{"status": 200, "result": {result}}}')


async def _outcomes(response: bytes, names: Iterable[str], seconds: float = LONG_ENOUGH) -> dict[str, object]:
    """Return the result or the exception of each call, with this response to every request."""
    with answering(response) as server:
        async with adapters_for(server.url, seconds) as adapters:
            calls = adapters.calls()
            results = await asyncio.gather(*(calls[name]() for name in names), return_exceptions=True)
    return dict(zip(names, results, strict=True))
