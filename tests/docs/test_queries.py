"""Checks docs/queries.kql against the log of the app."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.bootstrap import get_runtime
from shared.domain.model.errors import TemporaryError
from shared.triggers.audit import audit
from shared.triggers.endpoint_changed import endpoint_changed
from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.log_lines import Line, Lines
from tests.support.paths import ROOT
from tests.support.real_clients import PE, delete_endpoint, environment, put_endpoint

KQL = (ROOT / "docs" / "queries.kql").read_text()

FIELD = re.compile(r"\bline\.([a-zA-Z]+(?:\.[a-zA-Z]+)*)")
EVENT = re.compile(r"event\) (?:==|!=) '(\w+)'|\bevent == '(\w+)'")


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    """The demo world, with the settings of a deployment with a report store and an outcome topic."""
    with running() as simulator:
        optional = {
            "REPORT_STORE": str(tmp_path),
            "OUTCOME_TOPIC_ENDPOINT": f"{simulator.url}/topics/t/api/events",
        }
        for name, value in {**environment(simulator.url), **optional}.items():
            monkeypatch.setenv(name, value)
        get_runtime.cache_clear()
        yield simulator
        await get_runtime().close()
        get_runtime.cache_clear()


async def cause_every_event(sim: RunningSimulator, store: Path) -> None:
    """Cause at least one log line of each event."""
    sim.fault(match={"system": "clickhouse"}, status=429, headers={"X-RateLimit-Reset": "0"})
    put_endpoint(sim, **{"clickhouse-services": "analytics,unknown"})
    await audit()
    await endpoint_changed(PE)
    await audit()
    delete_endpoint(sim)
    sim.fault(match={"system": "dns", "method": "DELETE"}, status=503, headers={"Retry-After": "3600"}, count=None)
    with pytest.raises(TemporaryError):
        await endpoint_changed(PE)
    sim.fault(match={"system": "eventgrid-topic"}, status=400, count=None)
    (store / "latest.json").write_text("not a report")
    await audit()


@pytest.fixture
async def lines(sim: RunningSimulator, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> list[Line]:
    caplog.set_level(logging.INFO)
    await cause_every_event(sim, tmp_path)
    return Lines(caplog).all


def names(line: Line) -> set[str]:
    """Return the fields of a line, including `field.key` of nested objects."""
    nested = {f"{name}.{key}" for name, value in line.items() if isinstance(value, dict) for key in value}
    return set(line) | nested


async def test_every_field_is_logged(lines: list[Line]) -> None:
    """The app logs every field and every event that docs/queries.kql uses."""
    logged = set[str]().union(*map(names, lines))
    events = {line["event"] for line in lines}
    assert set(FIELD.findall(KQL)) <= logged
    assert {one or other for one, other in EVENT.findall(KQL)} <= events
    assert events == {"pass", "delivery", "change", "finding", "audit", "retry", "store", "publish"}


async def test_every_line_is_an_object(lines: list[Line], caplog: pytest.LogCaptureFixture) -> None:
    """Lines are JSON objects that start with their event, have no secrets, and are the only ones at INFO."""
    assert all(next(iter(line)) == "event" for line in lines)
    records = caplog.get_records("setup")
    assert not [one for one in records if "demo-secret" in one.getMessage()]
    assert {one.name for one in records if one.levelno >= logging.INFO} == {"clickhouse_privatelink"}


def test_queries_stand_alone() -> None:
    """Every query has a description and starts with a table."""
    queries: list[Any] = re.split(r"\n\n(?=// )", KQL)[1:]
    assert len(queries) >= 10
    for query in queries:
        assert query.startswith("// ")
        assert "AppTraces" in query
