"""What each trigger returns and logs when a system fails."""

import asyncio
import json
import logging
import re
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
"""Makes a temporary fault outlast the pass immediately."""

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
    """The demo world with a tagged endpoint, and the settings for it."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    return deployed


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


async def test_event(demo: RunningSimulator, lines: Lines) -> None:
    """A successful event raises nothing and logs pass, delivery and changes at INFO."""
    await endpoint_changed(PE)
    logged, delivered = lines.only("pass", logging.INFO), lines.only("delivery", logging.INFO)
    assert (logged["trigger"], logged["problems"], logged["retryable"]) == ("event", [], False)
    assert (delivered["endpoint"], delivered["verdict"]) == (AT, "manage")
    assert list(delivered["hostnames"]) == ["analytics"]
    changes = lines.of("change")
    assert {(one["endpoint"], one["outcome"]) for one in changes} == {(AT, "done")}
    assert {one["action"] for one in changes} == {"register", "allow", "put-record"}
    assert {one["passId"] for one in lines.all} == {logged["passId"]}
    assert delivered["milliseconds"] >= logged["milliseconds"] >= 0


@pytest.mark.parametrize(("system", "fault"), TEMPORARY)
async def test_event_with_a_temporary_failure(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """A temporary failure is raised, so that the host answers 500 and Event Grid retries."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="Event Grid will retry this event") as caught:
        await endpoint_changed(PE)
    assert str(fault["status"]) in str(caught.value)
    assert lines.only("delivery", logging.ERROR)["retryable"] is True


@pytest.mark.parametrize("system", ["clickhouse", "dns"])
async def test_one_fault_is_logged_once(demo: RunningSimulator, lines: Lines, system: str) -> None:
    """The text of a refused key or permission is in the line of the pass only, once."""
    secret = "the text of this fault"
    body = {"error": {"code": "Forbidden", "message": secret}} if system == "dns" else {"error": secret}
    demo.fault(match={"system": system}, status=403, body=body, count=None)
    with pytest.raises(TemporaryError, match=secret) as raised:
        await endpoint_changed(PE)
    assert str(raised.value).count(secret) == 1
    assert [line["event"] for line in lines.all if secret in json.dumps(line)] == ["pass"]
    (problem,) = lines.only("pass", logging.ERROR)["problems"]
    assert problem.count(secret) == 1
    assert lines.only("delivery", logging.ERROR)["problemCount"] == 1


async def test_a_fault_before_the_pass_is_in_the_delivery(demo: RunningSimulator, lines: Lines) -> None:
    """An endpoint that cannot be read has no pass: the line of its delivery has the problem."""
    demo.fault(match={"path": AT}, status=403, count=None)
    with pytest.raises(TemporaryError):
        await endpoint_changed(PE)
    (problem,) = lines.only("delivery", logging.ERROR)["problems"]
    assert "403" in problem
    assert lines.of("pass") == []


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
    """The event of an endpoint in progress does what is possible and fails, until Azure has finished."""
    created = put_endpoint(demo, **{"clickhouse-services": "analytics"})
    unfinished = {**created, "properties": {**created["properties"], **properties}}
    demo.fault(match={"path": AT}, status=200, body=unfinished, count=None)
    with pytest.raises(TemporaryError, match=rf"Not done: {AT}: its? .*\. Remedy: No action needed if it") as caught:
        await endpoint_changed(PE)
    assert "Event Grid will retry this event" in str(caught.value)
    assert {one["action"] for one in lines.of("change")} == given
    assert lines.only("delivery", logging.INFO)["retryable"] is True
    demo.clear_faults()
    await endpoint_changed(PE)
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]
    assert demo.state()["clickhouse"]["services"][0]["privateEndpointIds"]


async def test_event_of_a_failed_endpoint(demo: RunningSimulator, lines: Lines) -> None:
    """The event of a failed endpoint is accepted, and nothing is changed."""
    created = put_endpoint(demo, **{"clickhouse-services": "analytics"})
    failed = {**created, "properties": {**created["properties"], "provisioningState": "Failed"}}
    demo.fault(match={"path": AT}, status=200, body=failed, count=None)
    await endpoint_changed(PE)
    assert lines.only("delivery", logging.INFO)["verdict"] == "failed"
    assert lines.of("change") == []


@pytest.mark.parametrize(("system", "fault"), FORBIDDEN)
async def test_event_without_permission(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """A refused key or a missing permission is raised with its remedy; after the correction everything is done."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="Event Grid will retry this event") as caught:
        await endpoint_changed(PE)
    assert re.search(r"Remedy: (Assign|Set CLICKHOUSE_CLOUD_API_KEY)", str(caught.value))
    assert str(fault["status"]) in str(caught.value)
    logged = lines.only("delivery", logging.ERROR)
    assert (logged["retryable"], logged["forbidden"]) == (True, True)
    demo.clear_faults()
    await endpoint_changed(PE)
    assert demo.state()["clickhouse"]["services"][0]["privateEndpointIds"]
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


async def test_event_without_key(demo: RunningSimulator, lines: Lines) -> None:
    """With a refused key no call is repeated in a pass, and everything that does not need the key is done."""
    await endpoint_changed(PE)
    delete_endpoint(demo)
    put_endpoint(demo, **{"clickhouse-services": "analytics"})
    demo.clear_requests()
    demo.fault(match={"system": "clickhouse", "method": "PATCH"}, status=401, count=None)
    with pytest.raises(TemporaryError, match=r"Not done: .*401.* Done: .*put-record"):
        await endpoint_changed(PE)
    assert lines.of("retry") == []


async def test_event_without_time(demo: RunningSimulator, lines: Lines) -> None:
    """An event times out before Event Grid does: it claims nothing that is not known, and the retry does the rest."""
    with pytest.raises(TemporaryError, match="timed out after 0 s; it is not known what was done") as caught:
        await endpoint_changed(PE, seconds=0)
    assert "the retries in the log" in str(caught.value)
    assert lines.records == []
    await endpoint_changed(PE)
    assert lines.only("delivery", logging.INFO)["problemCount"] == 0
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


@pytest.mark.parametrize(("system", "fault"), PERMANENT)
async def test_event_with_a_permanent_failure(
    demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]
) -> None:
    """A failure that no retry resolves is not raised: it is logged at ERROR with the system's error."""
    demo.fault(match={"system": system}, count=None, **fault)
    await endpoint_changed(PE)
    logged = lines.only("delivery", logging.ERROR)
    assert logged["retryable"] is False
    (problem,) = logged.get("problems") or lines.only("pass", logging.ERROR)["problems"]
    assert str(fault["status"]) in problem


async def test_event_that_is_retried(demo: RunningSimulator, lines: Lines) -> None:
    """The next delivery does what the first did not; the error of the first lists what was done."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=503, headers=LONG)
    with pytest.raises(TemporaryError, match=r"Not done: put-record .*503.* Done: .*allow service"):
        await endpoint_changed(PE)
    await endpoint_changed(PE)
    assert lines.of("delivery")[-1]["problemCount"] == 0
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


async def test_events_share_a_pass(demo: RunningSimulator, lines: Lines) -> None:
    """Events that arrive together share a pass, and each logs its own endpoint only."""
    names = [f"pe{number}" for number in range(2, 12)]
    for name in names:
        put_endpoint(demo, name, **{"clickhouse-services": "analytics"})
    demo.clear_requests()
    endpoints = [endpoint(name) for name in names]
    await asyncio.gather(*map(endpoint_changed, [PE, *endpoints]), return_exceptions=True)
    logged = [one["endpoint"] for one in lines.of("delivery")]
    assert sorted(logged) == sorted(map(str, [PE, *endpoints]))
    patches = [one for one in demo.requests("clickhouse", "PATCH") if "/services/" in one["path"]]
    assert len(patches) == 1


async def test_event_without_settings(demo: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With invalid settings events fail, so that none is lost until the settings are corrected."""
    monkeypatch.delenv("OWNER_ID")
    with pytest.raises(SettingsError, match="OWNER_ID is not set"):
        await endpoint_changed(PE)
    monkeypatch.setenv("OWNER_ID", "edges")
    await endpoint_changed(PE)


async def test_sync(demo: RunningSimulator, lines: Lines) -> None:
    """A successful sync is a 200, and the log agrees with the answer."""
    answer = await sync(BODY)
    assert (answer.status, answer.content_type) == (200, "application/json")
    logged, answered = lines.only("pass", logging.INFO), json.loads(answer.body)
    assert logged["trigger"] == "sync"
    assert [one["id"] for one in answered["endpoints"]] == [AT]
    for key in ("dryRun", "verdicts", "problems", "retryable"):
        assert logged[key] == answered[key]
    assert [one["action"] for one in lines.of("change")] == [one["change"] for one in answered["outcomes"]]
    assert [one["code"] for one in lines.of("finding")] == [one["code"] for one in answered["findings"]]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + FORBIDDEN + PERMANENT)
async def test_sync_with_a_failure(demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]) -> None:
    """A sync with a failing system is a 502 with the problem and what was done."""
    demo.fault(match={"system": system}, count=None, **fault)
    answer = await sync(BODY)
    assert (answer.status, answer.content_type) == (502, "application/problem+json")
    body = json.loads(answer.body)
    assert body["status"] == 502
    assert any(str(fault["status"]) in problem["problem"] for problem in body["problems"])
    assert all(problem["remedy"] for problem in body["problems"])
    assert "again" not in body["title"]
    assert body["retryable"] is ((system, fault) not in PERMANENT)
    assert "outcomes" in body
    lines.only("pass", logging.ERROR)


async def test_sync_half_done(demo: RunningSimulator) -> None:
    """A 502 lists which changes were done, which was not, and why."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=403, count=None)
    answer = await sync(BODY)
    assert answer.status == 502
    outcomes = {one["change"]: one for one in json.loads(answer.body)["outcomes"]}
    failed = {change for change, one in outcomes.items() if one["status"] == "failed"}
    assert len(failed) == 1
    assert "403" in outcomes[failed.pop()]["error"]
    assert {one["status"] for one in outcomes.values()} == {"failed", "done"}


async def test_audit(demo: RunningSimulator, lines: Lines) -> None:
    """An audit logs what it found, and under the policy `report` changes nothing."""
    await audit()
    logged, audited = lines.only("pass", logging.INFO), lines.only("audit", logging.INFO)
    assert (logged["trigger"], logged["dryRun"], audited["policy"]) == ("audit", True, "report")
    found = {one["code"] for one in lines.of("finding") if one["state"] == "new"}
    assert {"registration-missing", "allow-list-missing"} <= found == set(audited["codes"])
    assert {request["method"] for request in demo.requests()} == {"GET"}


@pytest.mark.parametrize("policy", ["upsert", "sync"])
async def test_audit_that_repairs(
    demo: RunningSimulator, lines: Lines, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """Under the other policies an audit repairs what is missing, and logs it."""
    monkeypatch.setenv("AUDIT_POLICY", policy)
    await audit()
    assert lines.only("pass", logging.INFO)["problems"] == []
    assert {one["outcome"] for one in lines.of("change")} == {"done"}
    assert set(lines.only("audit", logging.INFO)["repairs"]) == {"done"}
    assert demo.state()["clickhouse"]["organization"]["privateEndpoints"]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + FORBIDDEN + PERMANENT)
async def test_audit_with_a_failure(demo: RunningSimulator, lines: Lines, system: str, fault: dict[str, Any]) -> None:
    """An audit that could not read everything logs its pass at ERROR and fails."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The next audit tries again"):
        await audit()
    assert lines.only("pass", logging.ERROR)["problems"]


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_secret_is_never_exposed(
    demo: RunningSimulator, lines: Lines, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """A secret that ClickHouse Cloud repeats is in no log, answer or error of any trigger."""
    caplog.set_level(logging.DEBUG)
    echo = {"error": f"no demo-secret and no Basic {KEY_AS_SENT}", "requestId": "demo-secret"}
    demo.fault(match={"system": "clickhouse"}, status=status, body=echo, headers=LONG, count=None)
    raised = await asyncio.gather(endpoint_changed(PE), audit(), return_exceptions=True)
    answer = await sync(BODY)
    texts = f"{raised} {answer.body.decode()} {caplog.text} {get_runtime()!r} {get_runtime().settings!r}"
    assert "no ***" in texts
    assert "demo-secret" not in texts
    assert KEY_AS_SENT not in texts


async def test_deleted_endpoint(demo: RunningSimulator, lines: Lines) -> None:
    """The event of a deleted endpoint removes everything that the event of its creation added."""
    await endpoint_changed(PE)
    delete_endpoint(demo)
    await endpoint_changed(PE)
    state = demo.state()
    assert state["clickhouse"]["organization"]["privateEndpoints"] == []
    assert state["azure"]["privateDnsZones"][0]["records"] == []
