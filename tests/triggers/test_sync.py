"""`POST /api/sync` through Microsoft's worker, in this process, against the simulator."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localhost.messages import RpcHttp, TypedData
from localhost.worker import Worker
from shared.bootstrap import get_runtime
from shared.settings import read_settings
from shared.triggers.sync import (
    MAX_BODY_BYTES,
    MAX_ENDPOINTS,
    BadRequestError,
    SyncRequest,
    parse_sync_request,
)
from simulator.client import RunningSimulator
from tests.support.paths import ROOT
from tests.support.real_clients import ELSEWHERE, PE, SUBSCRIPTION, put_endpoint

AT = str(PE)
OUTSIDE = AT.replace(SUBSCRIPTION, ELSEWHERE)
IDS = [AT.replace("pe1", f"pe{number}") for number in range(10_000)]


def at(endpoint: str) -> bytes:
    return json.dumps({"endpoints": [endpoint]}).encode()


NO_JSON = {
    "nothing": b"",
    "blank": b"  ",
    "text": b"all",
    "half": b'{"endpoints": ["',
    "more": b'{"endpoints": "all"} {}',
    "bytes": b"\xff\xfe\x00",
    "lone surrogate": b'{"endpoints": ["\\ud800"]}',
    "single quotes": b"{'endpoints': 'all'}",
    "form": b"endpoints=all&dryRun=true",
    "UTF-16": '{"endpoints": "all"}'.encode("utf-16"),
    "nesting": b"[" * 100_000,
    "nesting inside": b'{"endpoints": ' + b"[" * 100_000,
}

# The body, and the faults it has: where, and a part of what is said.
BAD = {
    "null": (b"null", [("body", "object")]),
    "number": (b"1", [("body", "object")]),
    "list": (b"[]", [("body", "object")]),
    "NaN": (b"NaN", [("body", "object")]),
    "empty": (b"{}", [("endpoints", "required")]),
    "endpoints null": (b'{"endpoints": null}', [("endpoints", "array")]),
    "endpoints NaN": (b'{"endpoints": NaN}', [("endpoints", "array")]),
    "endpoints object": (b'{"endpoints": {"all": true}}', [("endpoints", "array")]),
    "endpoints true": (b'{"endpoints": true}', [("endpoints", "array")]),
    "endpoints ALL": (b'{"endpoints": "ALL"}', [("endpoints", "'all'")]),
    "one id as text": (json.dumps({"endpoints": AT}).encode(), [("endpoints", "'all'")]),
    "no endpoints": (b'{"endpoints": []}', [("endpoints", "at least 1 item")]),
    "item number": (b'{"endpoints": [7]}', [("endpoints[0]", "not a string")]),
    "item null": (b'{"endpoints": [null]}', [("endpoints[0]", "not a string")]),
    "item all": (b'{"endpoints": ["all"]}', [("endpoints[0]", "'all' is not the ARM id of a")]),
    "nested": (json.dumps({"endpoints": [[AT]]}).encode(), [("endpoints[0]", "not a string")]),
    "dry run as text": (b'{"endpoints": "all", "dryRun": "true"}', [("dryRun", "boolean")]),
    "dry run as number": (b'{"endpoints": "all", "dryRun": 1}', [("dryRun", "boolean")]),
    "dry run null": (b'{"endpoints": "all", "dryRun": null}', [("dryRun", "boolean")]),
    "dry run NaN": (b'{"endpoints": "all", "dryRun": NaN}', [("dryRun", "boolean")]),
    "our own name": (b'{"endpoints": "all", "dry_run": true}', [("dry_run", "not permitted")]),
    "removals text": (b'{"endpoints": "all", "allowRemovals": "5"}', [("allowRemovals", "integer")]),
    "removals negative": (b'{"endpoints": "all", "allowRemovals": -1}', [("allowRemovals", "greater")]),
    "removals half": (b'{"endpoints": "all", "allowRemovals": 0.5}', [("allowRemovals", "integer")]),
    "removals true": (b'{"endpoints": "all", "allowRemovals": true}', [("allowRemovals", "integer")]),
    "extra": (b'{"endpoints": "all", "force": true}', [("force", "not permitted")]),
    "extra list": (b'{"endpoints": "all", "list": 1, "all": 2}', [("list", "not"), ("all", "not")]),
    "extra odd": (b'{"endpoints": "all", "\\u0000\\n": 1}', [("\x00\n", "not permitted")]),
    "extra dotted": (b'{"endpoints": "all", "..a": 1}', [("..a", "not permitted")]),
    "outside": (at(OUTSIDE), [("endpoints[0]", "outside ENDPOINT_SCOPES")]),
    "several": (
        json.dumps({"endpoints": [AT, "x", OUTSIDE, 7], "dryRun": 0, "more": 1}).encode(),
        [
            ("endpoints[1]", "'x' is not the ARM id"),
            ("endpoints[2]", "outside ENDPOINT_SCOPES"),
            ("endpoints[3]", "not a string"),
            ("dryRun", "boolean"),
            ("more", "not permitted"),
        ],
    ),
    "too many": (json.dumps({"endpoints": IDS[: MAX_ENDPOINTS + 1]}).encode(), [("endpoints", "200 items")]),
    "ten thousand short ones": (
        json.dumps({"endpoints": ["x"] * 10_000}).encode(),
        [("endpoints", "200 items")],
    ),
    "ten thousand": (
        json.dumps({"endpoints": IDS}).encode(),
        [("body", f"larger than {MAX_BODY_BYTES} bytes")],
    ),
    "too large": (b" " * MAX_BODY_BYTES + b'{"endpoints": "all"}', [("body", "larger than")]),
}

NO_ENDPOINTS = [
    "",
    " ",
    "/",
    "pe1",
    AT[1:],
    AT + "/",
    AT + "/..",
    AT + "?x=1",
    AT + "#x",
    AT + "/connections/a",
    AT + ",",
    "https://management.azure.com" + AT,
    AT.replace("/providers", "//providers"),
    AT.replace("pe1", ".."),
    AT.replace("pe1", "%2e%2e"),
    AT.replace("pe1", "a%2fb"),
    AT.replace("pe1", "a\\b"),
    AT.replace("pe1", "a b"),
    AT.replace("pe1", "a\x00b"),
    AT.replace("pe1", "a\nb"),
    AT.replace("pe1", "a\u202eb"),
    AT.replace("pe1", "ünicode"),
    AT.replace("pe1", "x" * 300),
    AT.replace("rg-network", ".."),
    AT.replace("rg-network", "../../x"),
    AT.replace("rg-network", "a%2f..%2fb"),
    AT.replace("rg-network", "a;b"),
    AT.replace(SUBSCRIPTION, "11111111"),
    AT.replace("privateEndpoints", "networkInterfaces"),
    AT.replace("Microsoft.Network", "Microsoft.Compute"),
    "/subscriptions/" + SUBSCRIPTION,
]


@pytest.fixture
async def worker(deployed: RunningSimulator) -> AsyncIterator[Worker]:
    """The app, with the settings of the demo world."""
    async with Worker(ROOT) as started:
        yield started


async def post(worker: Worker, body: bytes) -> tuple[int, str, Any]:
    """The answer: status, media type and body."""
    request = RpcHttp(method="POST", url="http://host/api/sync", body=TypedData(bytes=body))
    returned = await worker.http("sync", request)
    assert returned is not None
    answer = returned.value
    assert isinstance(answer, RpcHttp)
    assert isinstance(answer.body.value, bytes)
    media_type = {name.lower(): value for name, value in answer.headers.items()}["content-type"]
    return int(answer.status_code), media_type.partition(";")[0], json.loads(answer.body.value)


def faults_of(answer: tuple[int, str, Any]) -> list[tuple[str, str]]:
    """The faults in an answer that refuses a request."""
    status, media_type, body = answer
    assert (status, media_type) == (400, "application/problem+json")
    assert (body["status"], body["type"]) == (400, "about:blank")
    assert body["title"]
    assert body["faults"]
    return [(fault["at"], fault["fault"]) for fault in body["faults"]]


@pytest.mark.parametrize("body", NO_JSON.values(), ids=list(NO_JSON))
async def test_no_json(worker: Worker, deployed: RunningSimulator, body: bytes) -> None:
    """A body that is not JSON is refused, and no system is called."""
    ((where, fault),) = faults_of(await post(worker, body))
    assert where == "body"
    assert fault.startswith("Invalid JSON")
    assert deployed.requests() == []


@pytest.mark.parametrize(("body", "expected"), BAD.values(), ids=list(BAD))
async def test_bad_request(
    worker: Worker, deployed: RunningSimulator, body: bytes, expected: list[tuple[str, str]]
) -> None:
    """A request is refused with every fault and its location, and no system is called."""
    faults = faults_of(await post(worker, body))
    assert sorted(where for where, _ in faults) == sorted(where for where, _ in expected)
    for where, words in expected:
        assert any(place == where and words in fault for place, fault in faults), faults
    assert deployed.requests() == []


async def test_no_endpoint(worker: Worker, deployed: RunningSimulator) -> None:
    """Only the ARM id of a private endpoint is accepted; every other value is located and quoted."""
    faults = faults_of(await post(worker, json.dumps({"endpoints": NO_ENDPOINTS}).encode()))
    assert [where for where, _ in faults] == [f"endpoints[{number}]" for number in range(len(NO_ENDPOINTS))]
    for (_, fault), endpoint in zip(faults, NO_ENDPOINTS, strict=True):
        assert fault.startswith(repr(endpoint)[:50])
        assert fault.endswith("is not the ARM id of a Microsoft.Network/privateEndpoints")
        assert fault.isprintable()
        assert len(fault) < 500
    assert deployed.requests() == []


@pytest.mark.parametrize(
    "body",
    [
        at(AT),
        at(f"  {AT.upper()} "),
        json.dumps({"endpoints": [AT, AT.upper(), AT], "dryRun": False}).encode(),
        b'{"endpoints": "all"}',
        b'\n {"dryRun": true, "endpoints": "all", "allowRemovals": 0}',
    ],
)
async def test_good_request(worker: Worker, deployed: RunningSimulator, body: bytes) -> None:
    """Ids in any letter case, duplicates and `all` are accepted; each endpoint is reported once."""
    put_endpoint(deployed)
    status, media_type, document = await post(worker, body)
    assert (status, media_type) == (200, "application/json")
    assert [one["id"] for one in document["endpoints"]] == [AT]
    assert document["problems"] == []


async def test_dry_run(worker: Worker, deployed: RunningSimulator) -> None:
    """A dry run returns the plan and sends only reads."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    status, _, document = await post(worker, json.dumps({"endpoints": [AT], "dryRun": True}).encode())
    assert (status, document["dryRun"], document["outcomes"]) == (200, True, [])
    assert document["plan"]
    assert {request["method"] for request in deployed.requests()} == {"GET"}


async def test_sync_carries_out(worker: Worker, deployed: RunningSimulator) -> None:
    """Without a dry run the same plan is applied, and every change is reported as done."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    _, _, planned = await post(worker, json.dumps({"endpoints": [AT], "dryRun": True}).encode())
    status, _, document = await post(worker, at(AT))
    assert status == 200
    assert {one["status"] for one in document["outcomes"]} == {"done"}
    assert {one["change"] for one in document["outcomes"]} == {one["change"] for one in planned["plan"]}


async def test_withheld_removals(worker: Worker, deployed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over MAX_REMOVALS the answer lists the withheld removals and the value that applies them; so does a dry run."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    await post(worker, at(AT))
    put_endpoint(deployed)
    await get_runtime().close()
    get_runtime.cache_clear()
    monkeypatch.setenv("MAX_REMOVALS", "0")
    for dry in (True, False):
        status, _, document = await post(worker, json.dumps({"endpoints": "all", "dryRun": dry}).encode())
        assert status == 200
        assert sorted(change["change"] for change in document["withheld"]) == [
            "delete-record",
            "deregister",
            "disallow",
        ]
        assert "3 removals withheld" in document["withheldNotice"]
        assert document["withheldNotice"].endswith('"allowRemovals": 1.')
        assert document["outcomes"] == document["plan"] == []
    _, _, document = await post(worker, b'{"endpoints": "all", "allowRemovals": 1}')
    assert document["withheld"] == []
    assert "withheldNotice" not in document
    assert {outcome["status"] for outcome in document["outcomes"]} == {"done"}


async def test_broken_settings(worker: Worker, deployed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid settings are a 500 that names each of them, whatever the request."""
    monkeypatch.delenv("OWNER_ID")
    monkeypatch.setenv("CLICKHOUSE_API_URL", "http://clickhouse.example")
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "@Microsoft.KeyVault(SecretUri=https://v/s)")
    for body in (at(AT), b"nonsense"):
        status, media_type, document = await post(worker, body)
        assert (status, media_type) == (500, "application/problem+json")
        names = sorted(fault.split(" ")[0] for fault in document["faults"])
        assert names == ["CLICKHOUSE_API_URL", "CLICKHOUSE_CLOUD_API_SECRET", "OWNER_ID"]
        assert all(". Remedy: " in fault for fault in document["faults"])
    assert deployed.requests() == []


async def test_corrected_settings(worker: Worker, deployed: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid settings are not cached: after the correction the next request succeeds."""
    owner = "edges"
    monkeypatch.delenv("OWNER_ID")
    assert (await post(worker, at(AT)))[0] == 500
    monkeypatch.setenv("OWNER_ID", owner)
    assert (await post(worker, at(AT)))[0] == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([AT, OUTSIDE, "all"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["endpoints", "dryRun", "x"]) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(body=st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body(deployed: RunningSimulator, body: bytes) -> None:
    """Any body is a request about endpoints in scope, or is refused with printable faults."""
    outcome = _parsed(body)
    if isinstance(outcome, BadRequestError):
        assert outcome.faults
        assert all(where and what for where, what in outcome.faults)
        json.dumps(outcome.faults)
    else:
        assert b'"endpoints"' in body
        assert outcome.targets.everything or set(map(str, outcome.targets.endpoints)) == {AT}


def _parsed(body: bytes) -> SyncRequest | BadRequestError:
    try:
        return parse_sync_request(body, read_settings().config())
    except BadRequestError as error:
        return error
