"""What each door tells its caller and the log when systems do not do their part."""

import asyncio
import json
import logging
from typing import Any

import pytest

from shared.bootstrap import get_runtime
from shared.domain.model.errors import TemporaryError
from shared.settings import SettingsError
from shared.triggers.audit import audit
from shared.triggers.endpoint_changed import endpoint_changed
from shared.triggers.sync import sync
from simulator.client import RunningSimulator
from tests.support.log_lines import Lines
from tests.support.real_clients import KEY_AS_SENT, PE, delete_endpoint, endpoint, put_endpoint

AT = str(PE)
BODY = json.dumps({"endpoints": [AT]}).encode()
LONG = {"Retry-After": "3600"}
"""Makes a temporary fault outlast the pass at once."""

TEMPORARY: list[tuple[str, dict[str, Any]]] = [
    ("arm", {"status": 503, "headers": LONG}),
    ("arm", {"status": 429, "headers": LONG}),
    ("dns", {"status": 500, "headers": LONG}),
    ("clickhouse", {"status": 429, "headers": {"X-RateLimit-Reset": "3600"}}),
    ("clickhouse", {"status": 502, "headers": LONG}),
]
FORBIDDEN: list[tuple[str, dict[str, Any]]] = [
    ("arm", {"status": 401}),
    ("arm", {"status": 403}),
    ("dns", {"status": 403}),
    ("clickhouse", {"status": 401}),
    ("clickhouse", {"status": 403}),
]
PERMANENT: list[tuple[str, dict[str, Any]]] = [
    ("arm", {"status": 400}),
    ("dns", {"status": 400}),
    ("clickhouse", {"status": 400}),
]


@pytest.fixture
def demo(deployed: RunningSimulator) -> RunningSimulator:
    """The demo world with an endpoint that asks for a service, and our settings for it."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    return deployed


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


async def test_event(demo: RunningSimulator, lines: Lines) -> None:
    """An event that could be served raises nothing and logs pass, delivery and changes, at INFO."""
    await endpoint_changed(PE)
    told, delivered = lines.only("pass", logging.INFO), lines.only("delivery", logging.INFO)
    assert (told["door"], told["problems"], told["willBeTriedAgain"]) == ("event", [], False)
    assert (delivered["endpoint"], delivered["verdict"]) == (AT, "manage")
    assert list(delivered["hostnames"]) == ["analytics"]
    changes = lines.of("change")
    assert {(one["endpoint"], one["outcome"]) for one in changes} == {(AT, "done")}
    assert {one["action"] for one in changes} == {"register", "allow", "put-record"}
    assert {one["passId"] for one in lines.all} == {told["passId"]}
    assert delivered["milliseconds"] >= told["milliseconds"] >= 0


@pytest.mark.parametrize(("system", "fault"), TEMPORARY)
async def test_event_in_temporary_trouble(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """Temporary trouble is raised, so that the host answers 500 and Event Grid delivers again."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The event is to be delivered again") as caught:
        await endpoint_changed(PE)
    assert str(fault["status"]) in str(caught.value)
    assert lines.only("delivery", logging.ERROR)["willBeTriedAgain"] is True


@pytest.mark.parametrize(
    ("properties", "given"),
    [
        ({"provisioningState": "Deleting"}, set()),
        ({"provisioningState": "Updating"}, {"register", "allow", "put-record"}),
        ({"networkInterfaces": []}, {"register", "allow"}),
        ({"resourceGuid": None}, {"put-record"}),
        ({"manualPrivateLinkServiceConnections": []}, set()),
    ],
)
async def test_event_of_an_endpoint_in_progress(
    demo: RunningSimulator, lines: Lines, properties: dict[str, Any], given: set[str]
) -> None:
    """The event of an endpoint that Azure has not finished fails after what could be done, until it has."""
    told = put_endpoint(demo, **{"clickhouse-services": "analytics"})
    unfinished = {**told, "properties": {**told["properties"], **properties}}
    demo.fault(match={"path": AT}, status=200, body=unfinished, count=None)
    with pytest.raises(TemporaryError, match=f"{AT}: it") as caught:
        await endpoint_changed(PE)
    assert "The event is to be delivered again" in str(caught.value)
    assert {one["action"] for one in lines.of("change")} == given
    assert lines.only("delivery", logging.INFO)["willBeTriedAgain"] is True
    demo.clear_faults()
    await endpoint_changed(PE)
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]
    assert demo.state()["clickhouse"]["services"][0]["privateEndpointIds"]


async def test_event_of_a_failed_endpoint(demo: RunningSimulator, lines: Lines) -> None:
    """The event of an endpoint that Azure failed to make is taken, and nothing is done for it."""
    told = put_endpoint(demo, **{"clickhouse-services": "analytics"})
    failed = {**told, "properties": {**told["properties"], "provisioningState": "Failed"}}
    demo.fault(match={"path": AT}, status=200, body=failed, count=None)
    await endpoint_changed(PE)
    assert lines.only("delivery", logging.INFO)["verdict"] == "failed"
    assert lines.of("change") == []


@pytest.mark.parametrize(("system", "fault"), FORBIDDEN)
async def test_event_without_rights(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """A key or a right that is missing is raised as well, and the delivery after it was mended does all."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The event is to be delivered again") as caught:
        await endpoint_changed(PE)
    assert str(fault["status"]) in str(caught.value)
    told = lines.only("delivery", logging.ERROR)
    assert (told["willBeTriedAgain"], told["forbidden"]) == (True, True)
    demo.clear_faults()
    await endpoint_changed(PE)
    assert demo.state()["clickhouse"]["services"][0]["privateEndpointIds"]
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


async def test_event_without_key(demo: RunningSimulator, lines: Lines) -> None:
    """A key that is not accepted is tried no call twice in a pass, and what it is not needed for is done."""
    await endpoint_changed(PE)
    delete_endpoint(demo)
    put_endpoint(demo, **{"clickhouse-services": "analytics"})
    demo.clear_requests()
    demo.fault(match={"system": "clickhouse", "method": "PATCH"}, status=401, count=None)
    with pytest.raises(TemporaryError, match=r"Not done: .*401.* Done: .*put-record"):
        await endpoint_changed(PE)
    assert lines.of("retry") == []


async def test_event_without_time(demo: RunningSimulator, lines: Lines) -> None:
    """An event is given back to Event Grid in time, and its next delivery does what is left."""
    with pytest.raises(TemporaryError, match="not all was done within 0 s"):
        await endpoint_changed(PE, seconds=0)
    assert lines.records == []
    await endpoint_changed(PE)
    assert lines.only("delivery", logging.INFO)["problems"] == []
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


@pytest.mark.parametrize(("system", "fault"), PERMANENT)
async def test_event_in_permanent_trouble(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """What no retry can cure is not raised: it is logged once, at ERROR, with what was said."""
    demo.fault(match={"system": system}, count=None, **fault)
    await endpoint_changed(PE)
    told = lines.only("delivery", logging.ERROR)
    assert told["willBeTriedAgain"] is False
    assert str(fault["status"]) in " ".join(told["problems"])


async def test_event_that_is_delivered_again(demo: RunningSimulator, lines: Lines) -> None:
    """What an event left undone, its next delivery does, and says what the first had done."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=503, headers=LONG)
    with pytest.raises(TemporaryError, match=r"Not done: put-record .*503.* Done: .*allow service"):
        await endpoint_changed(PE)
    await endpoint_changed(PE)
    assert lines.of("delivery")[-1]["problems"] == []
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


async def test_events_share_a_pass(demo: RunningSimulator, lines: Lines) -> None:
    """Events that arrive together share a pass, and each logs its own endpoint only."""
    names = [f"pe{number}" for number in range(2, 12)]
    for name in names:
        put_endpoint(demo, name, **{"clickhouse-services": "analytics"})
    demo.clear_requests()
    endpoints = [endpoint(name) for name in names]
    await asyncio.gather(*map(endpoint_changed, [PE, *endpoints]), return_exceptions=True)
    told = [one["endpoint"] for one in lines.of("delivery")]
    assert sorted(told) == sorted(map(str, [PE, *endpoints]))
    patches = [one for one in demo.requests("clickhouse", "PATCH") if "/services/" in one["path"]]
    assert len(patches) == 1


async def test_event_without_settings(demo: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that meet broken settings are not lost: they fail until the settings are mended."""
    monkeypatch.delenv("OWNER_ID")
    with pytest.raises(SettingsError, match="OWNER_ID is not set"):
        await endpoint_changed(PE)
    monkeypatch.setenv("OWNER_ID", "edges")
    await endpoint_changed(PE)


async def test_sync(demo: RunningSimulator, lines: Lines) -> None:
    """A sync that did all is a 200, and its log tells the same of what was done."""
    answer = await sync(BODY)
    assert (answer.status, answer.content_type) == (200, "application/json")
    told, answered = lines.only("pass", logging.INFO), json.loads(answer.text())
    assert told["door"] == "sync"
    assert [one["id"] for one in answered["endpoints"]] == [AT]
    for key in ("dryRun", "verdicts", "problems", "willBeTriedAgain"):
        assert told[key] == answered[key]
    assert [one["action"] for one in lines.of("change")] == [one["change"] for one in answered["outcomes"]]
    assert [one["code"] for one in lines.of("finding")] == [one["code"] for one in answered["findings"]]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + FORBIDDEN + PERMANENT)
async def test_sync_in_trouble(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """A sync that a system kept from its end is a 502 with the problem and what was done so far."""
    demo.fault(match={"system": system}, count=None, **fault)
    answer = await sync(BODY)
    assert (answer.status, answer.content_type) == (502, "application/problem+json")
    told = json.loads(answer.text())
    assert told["status"] == 502
    assert str(fault["status"]) in " ".join(told["problems"])
    assert told["willBeTriedAgain"] is ((system, fault) not in PERMANENT)
    assert "outcomes" in told
    lines.only("pass", logging.ERROR)


async def test_sync_half_done(demo: RunningSimulator) -> None:
    """A 502 tells which changes were done, and which was not, and why."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=403, count=None)
    answer = await sync(BODY)
    assert answer.status == 502
    outcomes = {one["change"]: one for one in json.loads(answer.text())["outcomes"]}
    failed = {change for change, one in outcomes.items() if one["status"] == "failed"}
    assert len(failed) == 1
    assert "403" in outcomes[failed.pop()]["error"]
    assert {one["status"] for one in outcomes.values()} == {"failed", "done"}


async def test_audit(demo: RunningSimulator, lines: Lines) -> None:
    """An audit logs what it found, and under the policy `report` changes nothing."""
    await audit()
    told, audited = lines.only("pass", logging.INFO), lines.only("audit", logging.INFO)
    assert (told["door"], told["dryRun"], audited["policy"]) == ("audit", True, "report")
    found = {one["code"] for one in lines.of("finding") if one["state"] == "new"}
    assert {"registration-missing", "allow-list-missing"} <= found == set(audited["codes"])
    assert {request["method"] for request in demo.requests()} == {"GET"}


@pytest.mark.parametrize("policy", ["upsert", "sync"])
async def test_audit_that_repairs(
    demo: RunningSimulator, lines: Lines, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """Under the other policies an audit makes what is missing, and logs what it did."""
    monkeypatch.setenv("AUDIT_POLICY", policy)
    await audit()
    assert lines.only("pass", logging.INFO)["problems"] == []
    assert {one["outcome"] for one in lines.of("change")} == {"done"}
    assert set(lines.only("audit", logging.INFO)["repairs"]) == {"done"}
    assert demo.state()["clickhouse"]["organization"]["privateEndpoints"]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + FORBIDDEN + PERMANENT)
async def test_audit_in_trouble(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """An audit that could not read everything logs its pass at ERROR, and is seen as a failed function."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The next audit looks again"):
        await audit()
    assert lines.only("pass", logging.ERROR)["problems"]


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_secret_is_never_told(
    demo: RunningSimulator, lines: Lines, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Through all doors, a secret that ClickHouse Cloud repeats reaches neither log nor answer nor error."""
    caplog.set_level(logging.DEBUG)
    echo = {"error": f"no demo-secret and no Basic {KEY_AS_SENT}", "requestId": "demo-secret"}
    demo.fault(match={"system": "clickhouse"}, status=status, body=echo, headers=LONG, count=None)
    raised = await asyncio.gather(endpoint_changed(PE), audit(), return_exceptions=True)
    answer = await sync(BODY)
    told = f"{raised} {answer.text()} {caplog.text} {get_runtime()!r} {get_runtime().settings!r}"
    assert "no ***" in told
    assert "demo-secret" not in told
    assert KEY_AS_SENT not in told


async def test_deleted_endpoint(demo: RunningSimulator, lines: Lines) -> None:
    """The event of a deleted endpoint takes everything back that the event of its creation gave."""
    await endpoint_changed(PE)
    delete_endpoint(demo)
    await endpoint_changed(PE)
    state = demo.state()
    assert state["clickhouse"]["organization"]["privateEndpoints"] == []
    assert state["azure"]["privateDnsZones"][0]["records"] == []
