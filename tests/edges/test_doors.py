"""What each door tells its caller and the log when systems do not do their part."""

import asyncio
import json
import logging
from typing import Any

import pytest

from shared import doors
from shared.domain.errors import TemporaryError
from shared.settings import SettingsError
from shared.wiring import wiring
from simulator.client import RunningSimulator
from tests.support.edges import KEY_AS_SENT, PE, delete_endpoint, endpoint, put_endpoint

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
PERMANENT: list[tuple[str, dict[str, Any]]] = [
    ("arm", {"status": 403}),
    ("dns", {"status": 403}),
    ("clickhouse", {"status": 401}),
    ("clickhouse", {"status": 400}),
]


@pytest.fixture
def demo(deployed: RunningSimulator) -> RunningSimulator:
    """The demo world with an endpoint that asks for a service, and our settings for it."""
    put_endpoint(deployed, **{"clickhouse-services": "analytics"})
    return deployed


@pytest.fixture
def passes(caplog: pytest.LogCaptureFixture) -> "Passes":
    caplog.set_level(logging.INFO)
    return Passes(caplog)


class Passes:
    """The passes in the log."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def records(self) -> list[logging.LogRecord]:
        return [record for record in self._caplog.records if record.name == "clickhouse_privatelink"]

    def only(self, level: int) -> dict[str, Any]:
        """The one JSON object that was logged, at that level."""
        (record,) = self.records
        assert record.levelno == level
        told: dict[str, Any] = json.loads(record.getMessage())
        return told


async def test_event(demo: RunningSimulator, passes: Passes) -> None:
    """An event that could be served raises nothing and logs its pass once, at INFO."""
    await doors.endpoint_changed(PE)
    told = passes.only(logging.INFO)
    assert (told["door"], told["problems"], told["willBeTriedAgain"]) == ("event", [], False)
    assert [one["id"] for one in told["endpoints"]] == [AT]
    assert {one["status"] for one in told["outcomes"]} == {"done"}
    assert told["milliseconds"] >= 0


@pytest.mark.parametrize(("system", "fault"), TEMPORARY)
async def test_event_in_temporary_trouble(
    demo: RunningSimulator, passes: Passes, system: str, fault: dict[str, Any]
) -> None:
    """Temporary trouble is raised, so that the host answers 500 and Event Grid delivers again."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The event is to be delivered again") as caught:
        await doors.endpoint_changed(PE)
    assert str(fault["status"]) in str(caught.value)
    assert passes.only(logging.ERROR)["willBeTriedAgain"] is True


async def test_event_without_time(demo: RunningSimulator, passes: Passes) -> None:
    """An event is given back to Event Grid in time, and its next delivery does what is left."""
    with pytest.raises(TemporaryError, match="not all was done within 0 s"):
        await doors.endpoint_changed(PE, seconds=0)
    assert passes.records == []
    await doors.endpoint_changed(PE)
    assert passes.only(logging.INFO)["problems"] == []
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


@pytest.mark.parametrize(("system", "fault"), PERMANENT)
async def test_event_in_permanent_trouble(
    demo: RunningSimulator, passes: Passes, system: str, fault: dict[str, Any]
) -> None:
    """What no retry can cure is not raised: it is logged once, at ERROR, with what was said."""
    demo.fault(match={"system": system}, count=None, **fault)
    await doors.endpoint_changed(PE)
    told = passes.only(logging.ERROR)
    assert told["willBeTriedAgain"] is False
    assert str(fault["status"]) in " ".join(told["problems"])


async def test_event_that_is_delivered_again(demo: RunningSimulator, passes: Passes) -> None:
    """What an event left undone, its next delivery does, and says what the first had done."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=503, headers=LONG)
    with pytest.raises(TemporaryError, match=r"Not done: put-record .*503.* Done: .*allow service"):
        await doors.endpoint_changed(PE)
    await doors.endpoint_changed(PE)
    assert json.loads(passes.records[-1].getMessage())["problems"] == []
    assert demo.state()["azure"]["privateDnsZones"][0]["records"]


async def test_events_share_a_pass(demo: RunningSimulator, passes: Passes) -> None:
    """Events that arrive together share a pass, and each logs its own endpoint only."""
    names = [f"pe{number}" for number in range(2, 12)]
    for name in names:
        put_endpoint(demo, name, **{"clickhouse-services": "analytics"})
    demo.clear_requests()
    endpoints = [endpoint(name) for name in names]
    await asyncio.gather(*map(doors.endpoint_changed, [PE, *endpoints]), return_exceptions=True)
    told = [json.loads(record.getMessage()) for record in passes.records]
    assert sorted(one["id"] for entry in told for one in entry["endpoints"]) == sorted(
        map(str, [PE, *endpoints])
    )
    assert all(len(entry["endpoints"]) == 1 for entry in told)
    patches = [one for one in demo.requests("clickhouse", "PATCH") if "/services/" in one["path"]]
    assert len(patches) == 1


async def test_event_without_settings(demo: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that meet broken settings are not lost: they fail until the settings are mended."""
    monkeypatch.delenv("OWNER_ID")
    with pytest.raises(SettingsError, match="OWNER_ID is not set"):
        await doors.endpoint_changed(PE)
    monkeypatch.setenv("OWNER_ID", "edges")
    await doors.endpoint_changed(PE)


async def test_sync(demo: RunningSimulator, passes: Passes) -> None:
    """A sync that did all is a 200, and its log tells the same of what was done."""
    answer = await doors.sync(BODY)
    assert (answer.status, answer.content_type) == (200, "application/json")
    told, answered = passes.only(logging.INFO), json.loads(answer.text())
    assert told["door"] == "sync"
    assert [one["id"] for one in answered["endpoints"]] == [AT]
    for key in ("dryRun", "outcomes", "findings", "problems", "willBeTriedAgain"):
        assert told[key] == answered[key]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + PERMANENT)
async def test_sync_in_trouble(
    demo: RunningSimulator, passes: Passes, system: str, fault: dict[str, Any]
) -> None:
    """A sync that a system kept from its end is a 502 with the problem and what was done so far."""
    demo.fault(match={"system": system}, count=None, **fault)
    answer = await doors.sync(BODY)
    assert (answer.status, answer.content_type) == (502, "application/problem+json")
    told = json.loads(answer.text())
    assert told["status"] == 502
    assert str(fault["status"]) in " ".join(told["problems"])
    assert told["willBeTriedAgain"] is ((system, fault) in TEMPORARY)
    assert "outcomes" in told
    passes.only(logging.ERROR)


async def test_sync_half_done(demo: RunningSimulator) -> None:
    """A 502 tells which changes were done, and which was not, and why."""
    demo.fault(match={"system": "dns", "method": "PUT"}, status=403, count=None)
    answer = await doors.sync(BODY)
    assert answer.status == 502
    outcomes = {one["change"]: one for one in json.loads(answer.text())["outcomes"]}
    failed = {change for change, one in outcomes.items() if one["status"] == "failed"}
    assert len(failed) == 1
    assert "403" in outcomes[failed.pop()]["error"]
    assert {one["status"] for one in outcomes.values()} == {"failed", "done"}


async def test_audit(demo: RunningSimulator, passes: Passes) -> None:
    """An audit logs one JSON object with what it found, and under the policy `report` changes nothing."""
    await doors.audit()
    told = passes.only(logging.INFO)
    assert (told["door"], told["dryRun"]) == ("audit", True)
    assert {"registration-missing", "allow-list-missing"} <= {one["code"] for one in told["findings"]}
    assert {request["method"] for request in demo.requests()} == {"GET"}


@pytest.mark.parametrize("policy", ["upsert", "sync"])
async def test_audit_that_repairs(
    demo: RunningSimulator, passes: Passes, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """Under the other policies an audit makes what is missing, and says what it did in its one JSON object."""
    monkeypatch.setenv("AUDIT_POLICY", policy)
    await doors.audit()
    told = passes.only(logging.INFO)
    assert told["problems"] == []
    assert {one["status"] for one in told["outcomes"]} == {"done"}
    assert demo.state()["clickhouse"]["organization"]["privateEndpoints"]


@pytest.mark.parametrize(("system", "fault"), TEMPORARY + PERMANENT)
async def test_audit_in_trouble(
    demo: RunningSimulator, passes: Passes, system: str, fault: dict[str, Any]
) -> None:
    """An audit that could not read everything logs one object at ERROR, and is seen as a failed function."""
    demo.fault(match={"system": system}, count=None, **fault)
    with pytest.raises(TemporaryError, match="The next audit looks again"):
        await doors.audit()
    assert passes.only(logging.ERROR)["problems"]


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_secret_is_never_told(
    demo: RunningSimulator, passes: Passes, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Through all doors, a secret that ClickHouse Cloud repeats reaches neither log nor answer nor error."""
    caplog.set_level(logging.DEBUG)
    echo = {"error": f"no demo-secret and no Basic {KEY_AS_SENT}", "requestId": "demo-secret"}
    demo.fault(match={"system": "clickhouse"}, status=status, body=echo, headers=LONG, count=None)
    raised = await asyncio.gather(doors.endpoint_changed(PE), doors.audit(), return_exceptions=True)
    answer = await doors.sync(BODY)
    told = f"{raised} {answer.text()} {caplog.text} {wiring()!r} {wiring().settings!r}"
    assert "no ***" in told
    assert "demo-secret" not in told
    assert KEY_AS_SENT not in told


async def test_deleted_endpoint(demo: RunningSimulator, passes: Passes) -> None:
    """The event of a deleted endpoint takes everything back that the event of its creation gave."""
    await doors.endpoint_changed(PE)
    delete_endpoint(demo)
    await doors.endpoint_changed(PE)
    state = demo.state()
    assert state["clickhouse"]["organization"]["privateEndpoints"] == []
    assert state["azure"]["privateDnsZones"][0]["records"] == []
