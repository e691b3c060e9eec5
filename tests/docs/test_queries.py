"""What docs/queries.kql asks the log for, and the log itself."""

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
    """The demo world, with the settings of a deployment that keeps reports and tells outcomes."""
    with running() as started:
        more = {"REPORT_STORE": str(tmp_path), "OUTCOME_TOPIC_ENDPOINT": f"{started.url}/topics/t/api/events"}
        for name, value in {**environment(started.url), **more}.items():
            monkeypatch.setenv(name, value)
        get_runtime.cache_clear()
        yield started
        await get_runtime().close()
        get_runtime.cache_clear()


async def everything_happens(sim: RunningSimulator, store: Path) -> None:
    """One of everything that is told in the log."""
    sim.fault(match={"system": "clickhouse"}, status=429, headers={"X-RateLimit-Reset": "0"})
    put_endpoint(sim, **{"clickhouse-services": "analytics,nobody"})
    await audit()
    await endpoint_changed(PE)
    await audit()
    delete_endpoint(sim)
    sim.fault(
        match={"system": "dns", "method": "DELETE"}, status=503, headers={"Retry-After": "3600"}, count=None
    )
    with pytest.raises(TemporaryError):
        await endpoint_changed(PE)
    sim.fault(match={"system": "eventgrid-topic"}, status=400, count=None)
    (store / "latest.json").write_text("no report")
    await audit()


@pytest.fixture
async def lines(sim: RunningSimulator, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> list[Line]:
    caplog.set_level(logging.INFO)
    await everything_happens(sim, tmp_path)
    return Lines(caplog).all


def names(line: Line) -> set[str]:
    """The fields of a line, those of objects in it with their own."""
    inner = {f"{name}.{key}" for name, value in line.items() if isinstance(value, dict) for key in value}
    return set(line) | inner


async def test_every_field_is_logged(lines: list[Line]) -> None:
    """Every field and every event that docs/queries.kql asks for is one that the app logs."""
    logged = set[str]().union(*map(names, lines))
    events = {line["event"] for line in lines}
    assert set(FIELD.findall(KQL)) <= logged
    assert {one or other for one, other in EVENT.findall(KQL)} <= events
    assert events == {"pass", "delivery", "change", "finding", "audit", "retry", "store", "publish"}


async def test_every_line_is_an_object(lines: list[Line], caplog: pytest.LogCaptureFixture) -> None:
    """Lines are JSON objects that begin with their event, none has a secret, and nobody else logs at INFO."""
    assert all(next(iter(line)) == "event" for line in lines)
    records = caplog.get_records("setup")
    assert not [one for one in records if "demo-secret" in one.getMessage()]
    assert {one.name for one in records if one.levelno >= logging.INFO} == {"clickhouse_privatelink"}


def test_queries_stand_alone() -> None:
    """Every query has words that say what it asks, and begins at a table."""
    queries: list[Any] = re.split(r"\n\n(?=// )", KQL)[1:]
    assert len(queries) >= 10
    for query in queries:
        assert query.startswith("// ")
        assert "AppTraces" in query
