"""Whatever a system answers, the adapters raise errors of the two families only."""

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
"""Seconds to spend on what is tried again until they are over."""
LONG_ENOUGH = 5.0
DEEP = "[" * 200_000

UNREADABLE = {
    "a page for people": http_answer(200, "<html>hello</html>", "text/html"),
    "a page for people called JSON": http_answer(200, "<html>hello</html>"),
    "broken JSON": http_answer(200, '{"value": ['),
    "nothing in it": http_answer(200, ""),
    "nesting without end": http_answer(200, DEEP),
    "half of it": http_answer(200, '{"value": []', missing=50),
    "an unknown charset": http_answer(200, "{", "application/json; charset=nonsense"),
    "no text": http_answer(200, b"\xff\xfe\x80"),
    "XML": http_answer(200, "<a/>", "application/xml"),
    "broken compression": http_answer(200, b"\x1f\x8bjunk", headers=b"Content-Encoding: gzip\r\n"),
    "another protocol": b"SSH-2.0-hello\r\n",
    "silence": b"",
    "a header without end": http_answer(200, "{}", headers=b"X: " + b"x" * 200_000 + b"\r\n"),
    "an outage told to people": http_answer(503, "<html>sorry</html>", "text/html"),
    "an outage with nesting": http_answer(500, DEEP),
    "throttling with an odd wait": http_answer(
        429, "{}", headers=b"X-RateLimit-Reset: \xb2\r\nRetry-After: \xb2\r\n"
    ),
    "throttling until a date": http_answer(
        429, "{}", headers=b"Retry-After: Wed, 21 Oct 2037 07:28:00 GMT\r\n"
    ),
    "throttling for no number": http_answer(
        429, "{}", headers=b"X-RateLimit-Reset: nan\r\nRetry-After: -1\r\n"
    ),
}

REFUSALS = {
    "a list for an error": http_answer(400, '{"error": ["x"]}'),
    "a text for an error": http_answer(400, '{"error": "x"}'),
    "no object": http_answer(400, "[1]"),
    "a number for a code": http_answer(400, '{"error": {"code": 7, "message": {"a": 1}}}'),
    "bytes": http_answer(400, b"\xff\x80"),
    "an unknown charset": http_answer(400, "{}", "application/json; charset=nonsense"),
    "a page": http_answer(403, "<html>no</html>", "text/html"),
    "nothing": http_answer(400, ""),
    "a redirect": http_answer(302, "", headers=b"Location: /elsewhere\r\n"),
    "a 404 without a code": http_answer(404, "{}"),
    "a 404 for people": http_answer(404, "<html>not here</html>", "text/html"),
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


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_unreadable(answer: bytes) -> None:
    """What cannot be read as an answer at all is a TemporaryError, and never an empty list."""
    outcomes = await _outcomes(answer, READS, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(READS, TemporaryError)


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_unreadable_after_a_write(answer: bytes) -> None:
    """No answer to a write, however odd, raises anything but our own errors."""
    outcomes = await _outcomes(answer, WRITES, BRIEFLY)
    assert all(outcome is None or isinstance(outcome, PrivateLinkError) for outcome in outcomes.values())


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=list(REFUSALS))
async def test_refusal(answer: bytes) -> None:
    """A refusal is a PermanentError, however oddly it is told; a bare 404 is no absence."""
    outcomes = await _outcomes(answer, READS + WRITES)
    assert [name for name, outcome in outcomes.items() if not isinstance(outcome, PermanentError)] == []


async def test_refusal_with_nesting() -> None:
    """A refusal that no reader survives is one of our errors all the same."""
    outcomes = await _outcomes(http_answer(400, DEEP), READS + WRITES, BRIEFLY)
    assert all(isinstance(outcome, PrivateLinkError) for outcome in outcomes.values())


@pytest.mark.parametrize("body", ARM_SHAPES)
async def test_arm_shapes(body: str) -> None:
    """JSON that is neither a resource nor a list is not taken for a bare resource or an empty list."""
    outcomes = await _outcomes(http_answer(200, body), ARM_READS, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(
        ARM_READS, TemporaryError
    )


@pytest.mark.parametrize("body", ['{"id": "x"}', '{"status": "Succeeded"}', '{"nextLink": "x"}'])
async def test_no_list(body: str) -> None:
    """What has no list of values is not taken for an empty list, though the SDKs would."""
    names = ("endpoints", "endpoints of a group", "addresses_in", "addresses_in a group", "zones", "zone")
    outcomes = await _outcomes(http_answer(200, body), names, BRIEFLY)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(names, TemporaryError)


@pytest.mark.parametrize("item", ITEM_SHAPES)
async def test_arm_items(item: str) -> None:
    """A list with an item of no known shape fails as a whole."""
    names = ("addresses_in", "zones", "zone")
    outcomes = await _outcomes(http_answer(200, f'{{"value": [{item}]}}'), names)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(names, PermanentError)


@pytest.mark.parametrize("item", ITEM_SHAPES)
async def test_illegible_endpoint(item: str) -> None:
    """A list leaves out an endpoint of no known shape: what is owned and not listed is read by itself."""
    outcomes = await _outcomes(http_answer(200, f'{{"value": [{item}]}}'), ("endpoints",))
    assert outcomes == {"endpoints": ()}


async def test_interfaces_of_scale_sets() -> None:
    """An interface whose id has another form is let go: no endpoint has one, and the list is good without it."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network/providers"
    addresses = {"ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.4"}}]}
    scale_set = (
        f"{group}/Microsoft.Compute/virtualMachineScaleSets/s/virtualMachines/0/networkInterfaces/nic1"
    )
    listed = {"value": [{"id": one, "properties": addresses} for one in (scale_set, str(NIC))]}
    outcomes = await _outcomes(http_answer(200, listed), ("addresses_in",))
    assert outcomes == {"addresses_in": {NIC: ("10.0.0.4",)}}


@pytest.mark.parametrize("result", CLICKHOUSE_SHAPES)
async def test_clickhouse_shapes(result: str) -> None:
    """A result of another shape than the API's is a PermanentError, and never no registrations or services.

    Of a config, an object without its values is one whose values are still to come. Of a list, each service of
    another shape is one that cannot be read, and nothing more.
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
    """A write that went through but is told in an unknown shape is done, and tells nothing."""
    assert await _outcomes(_result(result), CLICKHOUSE_WRITES) == dict.fromkeys(CLICKHOUSE_WRITES)


async def test_organization_without_registrations() -> None:
    """An organization told without its private endpoints is unknown, not empty."""
    answer = http_answer(200, {"status": 200, "result": {"id": "x", "name": "Demo"}})
    outcome = (await _outcomes(answer, ("registrations",)))["registrations"]
    assert isinstance(outcome, PermanentError)
    assert "privateEndpoints" in str(outcome)


async def test_parent_gone() -> None:
    """A zone is absent where ARM says that the parent of its records does not exist."""
    body = {"error": {"code": "ParentResourceNotFound", "message": "gone"}}
    assert await _outcomes(http_answer(404, body), ("zone",)) == {"zone": NotFound()}


async def test_unknown_names() -> None:
    """Zones and links with ids of a form that ours never have are passed over."""
    zones = [{"id": "/subscriptions/x/_odd.privatelink.azure.clickhouse.cloud"}]
    assert await _outcomes(http_answer(200, {"value": zones}), ("zones",)) == {"zones": ()}


def _result(result: str) -> bytes:
    return http_answer(200, f'{{"status": 200, "result": {result}}}')


async def _outcomes(answer: bytes, names: Iterable[str], seconds: float = LONG_ENOUGH) -> dict[str, object]:
    """What each of these calls returns, or the exception it raises, where every answer is this one."""
    with answering(answer) as server:
        async with adapters_for(server.url, seconds) as adapters:
            calls = adapters.calls()
            told = await asyncio.gather(*(calls[name]() for name in names), return_exceptions=True)
    return dict(zip(names, told, strict=True))
