"""Outcome events: one for each change of state, with stable ids; publication never fails a pass."""

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
from shared.reports.outcome_publisher import OutcomePublisher
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
def publisher(topic: MemoryTopic) -> OutcomePublisher:
    return OutcomePublisher(topic, timeout=0.05)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


def cloud() -> Cloud:
    return Cloud(endpoint(1), services=[service("main")], zones=[zone()])


async def passed(at: Cloud, *targets: ResourceId, name: str = "p1") -> Report:
    return replace(await run(at, *targets), pass_id=name)


def types_and_subjects(events: list[OutcomeEvent]) -> list[tuple[str, str]]:
    return [(event.type, event.subject) for event in events]


async def test_registered_and_deregistered(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """Registration and deregistration are published once each; passes without changes publish nothing."""
    there = cloud()
    await publisher.of_pass(await passed(there, pe(1)))
    await publisher.of_pass(await passed(there, pe(1)))
    there.network.lose(pe(1))
    await publisher.of_pass(await passed(there, pe(1)))
    await publisher.of_pass(await passed(there, pe(1)))
    assert types_and_subjects(topic.events) == [
        ("EndpointRegistered", str(pe(1))),
        ("EndpointDeregistered", str(pe(1))),
    ]
    registered, gone = topic.events
    assert registered.data == {"endpoint": str(pe(1)), "id": guid(1), "region": "westus3", "passId": "p1"}
    assert gone.data["id"] == guid(1)
    assert len(topic.requests) == 2


async def test_recreated(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """A recreated endpoint is registered with its new id, and deregistered with its old one."""
    there = cloud()
    await passed(there, pe(1))
    there.network.have(endpoint(1, guid_number=9))
    await publisher.of_pass(await passed(there, pe(1)))
    assert {event.type: event.data["id"] for event in topic.events} == {
        "EndpointRegistered": guid(9),
        "EndpointDeregistered": guid(1),
    }


@pytest.mark.parametrize(
    ("error", "done", "expected"),
    [
        (TemporaryError("lost"), True, ["EndpointRegistered"]),
        (TemporaryError("503"), False, []),
        (PermanentError("403"), False, []),
    ],
)
async def test_failed_registration(error: Any, *, done: bool, expected: list[str]) -> None:
    """A failed registration is not published, unless it took effect."""
    there = cloud()
    for name in ("update_registrations", "register_through"):
        there.fail(name, error, done=done)
    assert [event.type for event in of_pass(await passed(there, pe(1)), MORNING)] == expected


async def test_same_ids(publisher: OutcomePublisher) -> None:
    """The same change of state always has the same id; another one has another."""
    report = await passed(cloud(), pe(1))
    (first,) = of_pass(report, MORNING)
    (again,) = of_pass(report, MORNING)
    (other,) = of_pass(replace(report, pass_id="p2"), MORNING)
    assert first.id == again.id != other.id


async def test_refused_once(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """A refusal is published once for each reason, and again only if it ended in between."""
    there = Cloud(endpoint(1, "main,nobody", alias=STRANGE_ALIAS), zones=[zone()])
    for _ in range(3):
        await publisher.of_pass(await passed(there, pe(1)))
    (event,) = topic.events
    assert (event.type, event.subject, event.data["code"]) == (
        "EndpointRefused",
        str(pe(1)),
        "not-a-clickhouse-endpoint",
    )
    there.network.have(endpoint(1, "main,nobody"))
    await publisher.of_pass(await passed(there, pe(1)))
    assert topic.events[-1].data["code"] == "service-not-found"
    there.network.have(endpoint(1, alias=STRANGE_ALIAS))
    await publisher.of_pass(await passed(there, pe(1)))
    assert topic.events[-1].id == event.id
    assert len([one for one in topic.events if one.type == "EndpointRefused"]) == 3


async def test_dry_run(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """A dry run publishes nothing."""
    await publisher.of_pass(await run(cloud(), pe(1), dry_run=True))
    assert topic.requests == []


def drift(report: AuditReport, before: AuditReport | None) -> list[tuple[str, str]]:
    return [(event.type, event.data.get("code", event.data.get("change"))) for event in of_audit(report, before)]


def test_drift_once() -> None:
    """Drift is published by the first audit that finds it, and again if it was gone in between."""
    first = audit(UNREGISTERED, minute=0)
    assert drift(first, None) == [("DriftDetected", "registration-missing")]
    second = audit(UNREGISTERED, first, minute=15)
    assert drift(second, first) == []
    repaired = audit(well(), second, minute=30)
    assert drift(audit(UNREGISTERED, repaired, minute=45), repaired) == [("DriftDetected", "registration-missing")]


def test_not_drift() -> None:
    """Findings of severity info, refusals and failed reads are not drift."""
    foreign = audit(well(endpoint(1, "*,nobody", alias=STRANGE_ALIAS)))
    assert "not-a-clickhouse-endpoint" in {one.code for one in foreign.findings}
    kinds = {code for _, code in drift(foreign, None)}
    assert not kinds & {"not-a-clickhouse-endpoint", "unreadable", "outside-scope", "endpoint-pending"}


def test_same_drift_has_the_same_id() -> None:
    """Two audits with the same previous audit publish the same drift with the same id."""
    before = audit(well(), minute=0)
    (one,) = of_audit(audit(UNREGISTERED, before, minute=15), before)
    (again,) = of_audit(audit(UNREGISTERED, before, minute=16), before)
    assert one.id == again.id


async def test_audit(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """An audit publishes what it registered and what it repaired, with before and after."""
    report = await passed(cloud())
    await publisher.of_audit(report, audit(report), None)
    kinds = [event.type for event in topic.events]
    assert sorted(kinds) == ["DriftRepaired"] * 3 + ["EndpointRegistered"]
    repaired = next(event for event in topic.events if event.data.get("change") == "allow")
    assert (repaired.data["before"], repaired.data["after"]) == ("-", guid(1))
    assert len(topic.requests) == 1


async def test_refusals_of_an_earlier_audit(publisher: OutcomePublisher, topic: MemoryTopic) -> None:
    """A refusal in the previous audit is not published again, by any process."""
    report = report_of(well(endpoint(1, alias=STRANGE_ALIAS)))
    before = audit(report, minute=0)
    await publisher.of_audit(report, audit(report, before, minute=15), before)
    assert [one.type for one in topic.events if one.type == "EndpointRefused"] == []
    await OutcomePublisher(topic).of_audit(report, audit(report), None)
    assert [one.type for one in topic.events if one.type == "EndpointRefused"] == ["EndpointRefused"]


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ({"error": TemporaryError("HTTP 503")}, "503"),
        ({"error": ValueError("odd")}, "ValueError: odd"),
        ({"slow": True}, "did not respond"),
    ],
)
async def test_failing_topic(topic: MemoryTopic, lines: Lines, failure: dict[str, Any], message: str) -> None:
    """A topic that refuses or does not respond fails nothing; the log has what was not published."""
    for name, value in failure.items():
        setattr(topic, name, value)
    await OutcomePublisher(topic, timeout=0.05).of_pass(await passed(cloud(), pe(1)))
    line = lines.only("publish", logging.WARNING)
    assert (line["outcome"], line["events"]) == ("failed", {"EndpointRegistered": 1})
    assert message in line["error"]


async def test_without_a_topic(lines: Lines) -> None:
    """Without a topic nothing is published or logged."""
    report = await passed(cloud(), pe(1))
    await OutcomePublisher(None).of_pass(report)
    await OutcomePublisher(None).of_audit(report, audit(report), None)
    assert lines.of("publish") == []


def event(number: int) -> OutcomeEvent:
    return OutcomeEvent("EndpointRegistered", f"id-{number}", str(pe(number)), MORNING, {"endpoint": str(pe(number))})


async def test_cloud_events(sim: RunningSimulator) -> None:
    """The events are valid CloudEvents 1.0, as sent by Azure's client."""
    client = OutcomeTopic(f"{sim.url}/topics/outcomes/api/events", None, owner="team-a")
    await client.publish([event(1)])
    await client.close()
    (received,) = sim.topic("outcomes")
    assert {key: received[key] for key in ("id", "source", "type", "subject", "specversion", "data")} == {
        "id": "id-1",
        "source": "/clickhouse-privatelink/team-a",
        "type": "ClickHouse.PrivateLink.EndpointRegistered",
        "subject": str(pe(1)),
        "specversion": "1.0",
        "data": {"endpoint": str(pe(1))},
    }
    assert received["time"].startswith("2026-11-23T06:00:00")


async def test_many_events(sim: RunningSimulator) -> None:
    """Many events are sent in requests of a size that a topic accepts."""
    client = OutcomeTopic(f"{sim.url}/topics/outcomes/api/events", None, owner="team-a")
    await client.publish([event(number) for number in range(2 * MOST_IN_A_REQUEST + 1)])
    await client.close()
    assert len(sim.topic("outcomes")) == 2 * MOST_IN_A_REQUEST + 1
    assert len(sim.requests("eventgrid-topic")) == 3


async def test_topic_refuses(sim: RunningSimulator) -> None:
    """The error of a refused request has the address and the status."""
    with answering(http_answer(401, "")) as raw:
        client = OutcomeTopic(f"{raw.url}/api/events", None, owner="team-a")
        with pytest.raises(PermanentError, match=r"publishing to http://127.*the topic returned 401"):
            await client.publish([event(1)])
        await client.close()


async def test_unreachable_topic() -> None:
    """A topic that cannot be reached raises TemporaryError."""
    with answering(b"") as raw:
        pass
    client = OutcomeTopic(f"{raw.url}/api/events", None, owner="team-a")
    with pytest.raises(TemporaryError, match="ServiceRequestError"):
        await client.publish([event(1)])
    await client.close()


async def test_nothing_published() -> None:
    """A client that published nothing can be closed."""
    await OutcomeTopic("https://topic.invalid/api/events", None, owner="team-a").close()


class Misconfigured:
    """A credential that fails with an error that is not Azure's."""

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        raise ValueError("no such tenant")

    async def close(self) -> None:
        """Nothing to do."""


async def test_error_that_is_not_azures() -> None:
    """An error that is not Azure's is raised unchanged, because it is not temporary."""
    client = OutcomeTopic("https://topic.invalid/api/events", Misconfigured(), owner="team-a")
    with pytest.raises(ValueError, match="no such tenant"):
        await client.publish([event(1)])
    await client.close()


async def test_failed_repair_is_no_repair() -> None:
    """A failed repair is not published."""
    there = cloud()
    there.fail("put", PermanentError("403"))
    report = await passed(there)
    repaired = [one.data["change"] for one in of_audit(audit(report), None) if one.type == "DriftRepaired"]
    assert sorted(repaired) == ["allow", "register"]
