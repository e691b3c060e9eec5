"""Outcome events: each once per change of state, under ids that tell the same again, and never at a pass's cost."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.eventgrid.outcome_topic import MOST_IN_A_REQUEST, OutcomeTopic
from shared.domain.audit.outcome_events import OutcomeEvent, of_audit, of_pass
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.errors import PermanentError, TemporaryError
from shared.domain.model.ids import ResourceId
from shared.domain.results.pass_report import Report
from shared.reports.outcome_publisher import Announcer
from simulator.client import RunningSimulator
from tests.support.audits import MORNING, audit, report_of, well
from tests.support.fakes import Cloud
from tests.support.log_lines import Lines
from tests.support.passes import run
from tests.support.real_clients import answering, http_answer
from tests.support.stores import MemoryTopic
from tests.support.worlds import STRANGE_ALIAS, endpoint, guid, pe, service, zone

UNREGISTERED = well(registrations=[])


@pytest.fixture
def topic() -> MemoryTopic:
    return MemoryTopic()


@pytest.fixture
def announcer(topic: MemoryTopic) -> Announcer:
    return Announcer(topic, patience=0.05)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


def cloud() -> Cloud:
    return Cloud(endpoint(1), services=[service("main")], zones=[zone()])


async def passed(at: Cloud, *targets: ResourceId, name: str = "p1") -> Report:
    return replace(await run(at, *targets), pass_id=name)


def told(events: list[OutcomeEvent]) -> list[tuple[str, str]]:
    return [(event.type, event.subject) for event in events]


async def test_life(announcer: Announcer, topic: MemoryTopic) -> None:
    """An endpoint's registration and its end are told once each; passes that change nothing tell nothing."""
    there = cloud()
    await announcer.of_pass(await passed(there, pe(1)))
    await announcer.of_pass(await passed(there, pe(1)))
    there.network.lose(pe(1))
    await announcer.of_pass(await passed(there, pe(1)))
    await announcer.of_pass(await passed(there, pe(1)))
    assert told(topic.events) == [("EndpointRegistered", str(pe(1))), ("EndpointDeregistered", str(pe(1)))]
    registered, gone = topic.events
    assert registered.data == {"endpoint": str(pe(1)), "id": guid(1), "region": "westus3", "passId": "p1"}
    assert gone.data["id"] == guid(1)
    assert len(topic.requests) == 2


async def test_recreated(announcer: Announcer, topic: MemoryTopic) -> None:
    """An endpoint that was recreated is registered under its new id, and deregistered under the old one."""
    there = cloud()
    await passed(there, pe(1))
    there.network.have(endpoint(1, guid_number=9))
    await announcer.of_pass(await passed(there, pe(1)))
    found = {event.type: event.data["id"] for event in topic.events}
    assert found == {"EndpointRegistered": guid(9), "EndpointDeregistered": guid(1)}


@pytest.mark.parametrize(
    ("error", "done", "expected"),
    [
        (TemporaryError("lost"), True, ["EndpointRegistered"]),
        (TemporaryError("503"), False, []),
        (PermanentError("403"), False, []),
    ],
)
async def test_failed_registration(error: Any, *, done: bool, expected: list[str]) -> None:
    """A registration that failed is not told, unless it turned out to have gone through."""
    there = cloud()
    for name in ("update_registrations", "register_through"):
        there.fail(name, error, done=done)
    found = [event.type for event in of_pass(await passed(there, pe(1)), MORNING)]
    assert found == expected


async def test_same_ids(announcer: Announcer) -> None:
    """The same change of state has the same id when it is told again, another one another."""
    report = await passed(cloud(), pe(1))
    (first,) = of_pass(report, MORNING)
    (again,) = of_pass(report, MORNING)
    (other,) = of_pass(replace(report, pass_id="p2"), MORNING)
    assert first.id == again.id != other.id


async def test_refused_once(announcer: Announcer, topic: MemoryTopic) -> None:
    """A refusal is told once for each reason; again only when it was over in between."""
    there = Cloud(endpoint(1, "main,nobody", alias=STRANGE_ALIAS), zones=[zone()])
    for _ in range(3):
        await announcer.of_pass(await passed(there, pe(1)))
    (event,) = topic.events
    assert (event.type, event.subject, event.data["code"]) == (
        "EndpointRefused",
        str(pe(1)),
        "not-a-clickhouse-endpoint",
    )
    there.network.have(endpoint(1, "main,nobody"))
    await announcer.of_pass(await passed(there, pe(1)))
    assert topic.events[-1].data["code"] == "service-not-found"
    there.network.have(endpoint(1, alias=STRANGE_ALIAS))
    await announcer.of_pass(await passed(there, pe(1)))
    assert topic.events[-1].id == event.id
    assert len([one for one in topic.events if one.type == "EndpointRefused"]) == 3


async def test_dry_run(announcer: Announcer, topic: MemoryTopic) -> None:
    """A dry run tells nothing."""
    await announcer.of_pass(await run(cloud(), pe(1), dry_run=True))
    assert topic.requests == []


def drift(report: AuditReport, before: AuditReport | None) -> list[tuple[str, str]]:
    return [
        (event.type, event.data.get("code", event.data.get("change"))) for event in of_audit(report, before)
    ]


def test_drift_once() -> None:
    """Drift is told by the audit that sees it first, and again if it was gone in between."""
    first = audit(UNREGISTERED, minute=0)
    assert drift(first, None) == [("DriftDetected", "registration-missing")]
    second = audit(UNREGISTERED, first, minute=15)
    assert drift(second, first) == []
    well_again = audit(well(), second, minute=30)
    assert drift(audit(UNREGISTERED, well_again, minute=45), well_again) == [
        ("DriftDetected", "registration-missing")
    ]


def test_what_is_no_drift() -> None:
    """Hints, refusals and what could not be read are no drift."""
    stranger = audit(well(endpoint(1, "*,nobody", alias=STRANGE_ALIAS)))
    assert "not-a-clickhouse-endpoint" in {one.code for one in stranger.findings}
    kinds = {code for _, code in drift(stranger, None)}
    assert not kinds & {"not-a-clickhouse-endpoint", "unreadable", "outside-scope", "endpoint-pending"}


def test_same_drift_has_the_same_id() -> None:
    """Two audits that begin with the same one before tell the same drift under the same id."""
    before = audit(well(), minute=0)
    (one,) = of_audit(audit(UNREGISTERED, before, minute=15), before)
    (other,) = of_audit(audit(UNREGISTERED, before, minute=16), before)
    assert one.id == other.id


async def test_audit(announcer: Announcer, topic: MemoryTopic) -> None:
    """An audit that repairs tells what it registered and what it repaired, with before and after."""
    report = await passed(cloud())
    await announcer.of_audit(report, audit(report), None)
    kinds = [event.type for event in topic.events]
    assert sorted(kinds) == ["DriftRepaired"] * 3 + ["EndpointRegistered"]
    repaired = next(event for event in topic.events if event.data.get("change") == "allow")
    assert (repaired.data["before"], repaired.data["after"]) == ("-", guid(1))
    assert len(topic.requests) == 1


async def test_refusals_of_an_earlier_audit(announcer: Announcer, topic: MemoryTopic) -> None:
    """What the audit before has told to be refused is not told again, by whichever process."""
    report = report_of(well(endpoint(1, alias=STRANGE_ALIAS)))
    before = audit(report, minute=0)
    await announcer.of_audit(report, audit(report, before, minute=15), before)
    assert [one.type for one in topic.events if one.type == "EndpointRefused"] == []
    await Announcer(topic).of_audit(report, audit(report), None)
    assert [one.type for one in topic.events if one.type == "EndpointRefused"] == ["EndpointRefused"]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"error": TemporaryError("it answered 503")}, "503"),
        ({"error": ValueError("odd")}, "ValueError: odd"),
        ({"slow": True}, "did not answer"),
    ],
)
async def test_topic_in_trouble(topic: MemoryTopic, lines: Lines, trouble: dict[str, Any], said: str) -> None:
    """A topic that refuses, or does not answer, fails nothing; the log tells what was not told."""
    for name, value in trouble.items():
        setattr(topic, name, value)
    await Announcer(topic, patience=0.05).of_pass(await passed(cloud(), pe(1)))
    line = lines.only("publish", logging.WARNING)
    assert (line["outcome"], line["events"]) == ("failed", {"EndpointRegistered": 1})
    assert said in line["error"]


async def test_without_a_topic(lines: Lines) -> None:
    """Without a topic nothing is told, and that is no trouble."""
    report = await passed(cloud(), pe(1))
    await Announcer(None).of_pass(report)
    await Announcer(None).of_audit(report, audit(report), None)
    assert lines.of("publish") == []


def event(number: int) -> OutcomeEvent:
    return OutcomeEvent(
        "EndpointRegistered", f"id-{number}", str(pe(number)), MORNING, {"endpoint": str(pe(number))}
    )


async def test_cloud_events(sim: RunningSimulator) -> None:
    """A topic that checks CloudEvents 1.0 takes what Azure's own client sends for us."""
    there = OutcomeTopic(f"{sim.url}/topics/outcomes/api/events", "team-a", None)
    await there.publish([event(1)])
    await there.close()
    (got,) = sim.topic("outcomes")
    assert {key: got[key] for key in ("id", "source", "type", "subject", "specversion", "data")} == {
        "id": "id-1",
        "source": "/clickhouse-privatelink/team-a",
        "type": "ClickHouse.PrivateLink.EndpointRegistered",
        "subject": str(pe(1)),
        "specversion": "1.0",
        "data": {"endpoint": str(pe(1))},
    }
    assert got["time"].startswith("2026-11-23T06:00:00")


async def test_many_events(sim: RunningSimulator) -> None:
    """Many events go out in requests that a topic takes."""
    there = OutcomeTopic(f"{sim.url}/topics/outcomes/api/events", "team-a", None)
    await there.publish([event(number) for number in range(2 * MOST_IN_A_REQUEST + 1)])
    await there.close()
    assert len(sim.topic("outcomes")) == 2 * MOST_IN_A_REQUEST + 1
    assert len(sim.requests("eventgrid-topic")) == 3


async def test_topic_refuses(sim: RunningSimulator) -> None:
    """A refusal tells where and what."""
    with answering(http_answer(401, "")) as raw:
        there = OutcomeTopic(f"{raw.url}/api/events", "team-a", None)
        with pytest.raises(TemporaryError, match=r"publishing to http://127.*the topic returned 401"):
            await there.publish([event(1)])
        await there.close()


async def test_topic_is_out_of_reach() -> None:
    """So does a topic that is not there."""
    with answering(b"") as raw:
        pass
    there = OutcomeTopic(f"{raw.url}/api/events", "team-a", None)
    with pytest.raises(TemporaryError, match="ServiceRequestError"):
        await there.publish([event(1)])
    await there.close()


async def test_nothing_published() -> None:
    """A topic to which nothing was published has nothing to close."""
    await OutcomeTopic("https://topic.invalid/api/events", "team-a", None).close()


class Misconfigured:
    """A credential that fails in a way of its own."""

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        raise ValueError("no such tenant")

    async def close(self) -> None:
        """Nothing to do."""


async def test_trouble_that_is_not_azures() -> None:
    """What is no error of Azure's is told as it is: it is nothing that would pass."""
    there = OutcomeTopic("https://topic.invalid/api/events", "team-a", Misconfigured())
    with pytest.raises(ValueError, match="no such tenant"):
        await there.publish([event(1)])
    await there.close()


async def test_failed_repair_is_no_repair() -> None:
    """A repair that failed is not told as one."""
    there = cloud()
    there.fail("put", PermanentError("403"))
    report = await passed(there)
    changed = [one.data["change"] for one in of_audit(audit(report), None) if one.type == "DriftRepaired"]
    assert sorted(changed) == ["allow", "register"]
