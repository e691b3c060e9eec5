"""The audit with the real clients: its calls, its stored report, and failures that must not stop it."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.retry import Budget
from shared.bootstrap import Runtime
from shared.domain.audit.report_model import AuditReport, Health
from shared.domain.model.errors import PermanentError, TemporaryError
from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.snapshot import ReadConfig
from shared.domain.planning.policy import Policy
from shared.reports.report_repository import CONFIGS, LATEST, ReportRepository
from shared.settings import Settings
from shared.triggers.audit import AFTERWARDS_SECONDS, audit_request, period_seconds, run_audit
from simulator.client import RunningSimulator
from tests.support.log_lines import Lines
from tests.support.paths import ROOT
from tests.support.simulated import ENDPOINT, named, put_endpoint, settings, started_runtime
from tests.support.stores import MemoryStore

TAG = {"clickhouse-services": "analytics"}
SYSTEMS = ("arm", "dns", "clickhouse")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


@pytest.fixture
def drifted(sim: RunningSimulator) -> RunningSimulator:
    """The demo world with an endpoint that is not yet connected."""
    put_endpoint(sim, TAG)
    sim.clear_requests()
    return sim


async def audited(sim: RunningSimulator, **more: str) -> AuditReport:
    """An audit in a new process."""
    async with started_runtime(sim.url, **more) as runtime:
        return (await run_audit(runtime))[0]


def with_store(runtime: Runtime, store: MemoryStore, patience: float = 0.2) -> None:
    organization = str(runtime.settings.clickhouse_org_id)
    runtime.report_repository = ReportRepository(store, runtime.settings.owner_id, organization, patience, patience)


def writes(sim: RunningSimulator) -> list[str]:
    return [f"{one['system']} {one['method']}" for one in sim.requests() if one["method"] in WRITES]


async def test_report_only_writes_nothing_anywhere(drifted: RunningSimulator, tmp_path: Path) -> None:
    """Under `report` every system gets only GET; the report is stored and events are published."""
    topic = f"{drifted.url}/topics/outcomes/api/events"
    report = await audited(drifted, REPORT_STORE=str(tmp_path), OUTCOME_TOPIC_ENDPOINT=topic)
    assert report.findings
    assert set(writes(drifted)) == {"eventgrid-topic POST"}
    assert (tmp_path / LATEST).exists()


@pytest.mark.parametrize(
    ("policy", "said"),
    [(Policy.REPORT, "a dry run sends no PATCH"), (Policy.UPSERT, "in use"), (Policy.SYNC, "in use")],
)
async def test_clients_that_refuse(drifted: RunningSimulator, policy: Policy, said: str) -> None:
    """Under `report` the clients refuse writes before they are sent; under the other policies they do not."""
    async with started_runtime(drifted.url, AUDIT_POLICY=policy.value) as runtime:
        await runtime.reconcile(named(), 20)
        systems = runtime.clients.systems(Budget.of(5), read_only=audit_request(runtime.settings).dry_run)
        known = await systems.clickhouse.registrations()
        drifted.clear_requests()
        with pytest.raises(PermanentError, match=said):
            await systems.clickhouse.update_registrations((), known[-1:])
    assert len(drifted.requests()) == (0 if policy is Policy.REPORT else 1)


async def test_kept_and_carried_on(drifted: RunningSimulator, tmp_path: Path) -> None:
    """The report is kept as the latest and in the history; the next process's audit goes on from it."""
    first = await audited(drifted, REPORT_STORE=str(tmp_path))
    second = await audited(drifted, REPORT_STORE=str(tmp_path))
    (since,) = {one.first_seen for one in second.findings if one.code == "registration-missing"}
    assert since == first.finished < second.finished
    assert [point.at for point in second.history] == [first.finished, second.finished]
    stored = json.loads((tmp_path / LATEST).read_text())
    assert stored["passId"] == second.pass_id
    assert len(list((tmp_path / "history").rglob("*.json"))) == 2


async def test_repaired_from_process_to_process(drifted: RunningSimulator, tmp_path: Path) -> None:
    """One audit reports drift, a second repairs it, and a third finds none."""
    store = {"REPORT_STORE": str(tmp_path)}
    found = await audited(drifted, **store)
    repaired = await audited(drifted, AUDIT_POLICY="upsert", **store)
    well = await audited(drifted, **store)
    assert found.health is Health.ERROR
    assert sorted((one.change, one.status) for one in repaired.repairs) == [
        ("allow", "done"),
        ("put-record", "done"),
        ("register", "done"),
    ]
    assert (well.health, well.findings, well.repairs) == (Health.HEALTHY, (), ())
    assert [point.repaired for point in well.history] == [0, 3, 0]


async def test_two_calls_to_clickhouse(drifted: RunningSimulator, tmp_path: Path) -> None:
    """In a world without drift a new process's audit makes two calls to ClickHouse: configs come from the store."""
    await audited(drifted, AUDIT_POLICY="sync", REPORT_STORE=str(tmp_path))
    drifted.clear_requests()
    report = await audited(drifted, REPORT_STORE=str(tmp_path))
    assert report.health is Health.HEALTHY
    assert [one["method"] for one in drifted.requests("clickhouse")] == ["GET", "GET"]


async def test_calls_are_counted(drifted: RunningSimulator, lines: Lines) -> None:
    """The report and the log contain the number of calls to each system."""
    report = await audited(drifted)
    sent = [len(drifted.requests(system)) for system in ("clickhouse", "arm", "dns")]
    assert [report.calls.clickhouse, report.calls.azure_network, report.calls.azure_dns] == sent
    calls = lines.only("pass", logging.INFO)["calls"]
    assert [calls["clickhouse"], calls["azureNetwork"], calls["azureDns"]] == sent


@pytest.mark.parametrize("trouble", ["fails", "slow"])
@pytest.mark.parametrize("name", [LATEST, CONFIGS])
async def test_store_in_trouble(drifted: RunningSimulator, lines: Lines, name: str, trouble: str) -> None:
    """A failing or slow store does not stop an audit, and a document that cannot be read is not overwritten."""
    store = MemoryStore()
    setattr(store, trouble, {name})
    async with started_runtime(drifted.url) as runtime:
        with_store(runtime, store)
        report = (await run_audit(runtime))[0]
    assert report.problems == ()
    assert name in {one["object"] for one in lines.of("store")}
    assert name not in store.writes
    assert any(one.startswith("history/") for one in store.documents)


async def test_latest_is_tried_again(drifted: RunningSimulator) -> None:
    """A latest report that could not be read at first is read at the end, and gone on from."""
    store = MemoryStore()
    async with started_runtime(drifted.url) as runtime:
        with_store(runtime, store)
        first = (await run_audit(runtime))[0]
    async with started_runtime(drifted.url) as runtime:
        with_store(runtime, store)
        store.fails = {LATEST}
        reading = store.read

        async def read(name: str) -> Any:
            try:
                return await reading(name)
            finally:
                store.fails = set()

        store.read = read  # type: ignore[method-assign]
        second = (await run_audit(runtime))[0]
    assert [point.at for point in second.history] == [first.finished, second.finished]


async def test_without_a_store(drifted: RunningSimulator) -> None:
    """Without a store, a process goes on from its own last audit."""
    async with started_runtime(drifted.url) as runtime:
        first, second = [(await run_audit(runtime))[0] for _ in range(2)]
    assert {one.first_seen for one in second.findings} == {first.finished}


async def test_out_of_time(drifted: RunningSimulator, tmp_path: Path, lines: Lines) -> None:
    """An audit reports, names and stores what it did not reach in time; the next one reaches it."""
    drifted.fault(match={"system": "clickhouse"}, delay_ms=60_000, count=None)
    async with started_runtime(drifted.url, REPORT_STORE=str(tmp_path)) as runtime:
        report = (await run_audit(runtime, AFTERWARDS_SECONDS + 1))[0]
    assert not report.complete
    assert {"registrations of the organization", "services of the organization"} <= set(report.left)
    assert report.health is Health.UNKNOWN
    assert lines.only("audit", logging.INFO)["complete"] is False
    drifted.clear_faults()
    async with started_runtime(drifted.url, REPORT_STORE=str(tmp_path)) as runtime:
        assert (await run_audit(runtime))[0].complete


async def test_no_time_at_all(drifted: RunningSimulator) -> None:
    """An audit without time for a report raises TemporaryError."""
    async with started_runtime(drifted.url) as runtime:
        with pytest.raises(TemporaryError, match="did not end within AUDIT_DEADLINE"):
            await run_audit(runtime, 0)


async def test_events_are_told(drifted: RunningSimulator) -> None:
    """Drift and repairs are published once."""
    more = {"OUTCOME_TOPIC_ENDPOINT": f"{drifted.url}/topics/outcomes/api/events"}
    async with started_runtime(drifted.url, **more) as runtime:
        await run_audit(runtime)
        await run_audit(runtime)
    kinds = [one["type"].rpartition(".")[2] for one in drifted.topic("outcomes")]
    assert kinds == ["DriftDetected"] * 3
    await audited(drifted, AUDIT_POLICY="upsert", **more)
    kinds = [one["type"].rpartition(".")[2] for one in drifted.topic("outcomes")]
    assert sorted(kinds) == ["DriftDetected"] * 3 + ["DriftRepaired"] * 3 + ["EndpointRegistered"]


async def test_topic_in_trouble(drifted: RunningSimulator, lines: Lines) -> None:
    """A failing topic does not stop an audit, and is logged."""
    more = {"OUTCOME_TOPIC_ENDPOINT": f"{drifted.url}/nowhere"}
    assert (await audited(drifted, **more)).findings
    assert lines.only("publish", logging.WARNING)["outcome"] == "failed"


async def test_configs_from_another_process(drifted: RunningSimulator, tmp_path: Path) -> None:
    """Configs that one process has read are not read again by the first pass of another."""
    more = {"REPORT_STORE": str(tmp_path)}
    async with started_runtime(drifted.url, **more) as runtime:
        await runtime.reconcile(named(), 20)
        await runtime.settle(5)
    drifted.clear_requests()
    async with started_runtime(drifted.url, **more) as runtime:
        await runtime.config_cache.load()
        await runtime.reconcile(named(), 20)
        assert any(isinstance(read, ReadConfig) for read in runtime.cache.configs)
    assert [one for one in drifted.requests("clickhouse") if "privateEndpointConfig" in one["path"]] == []


async def test_failed_pass_of_an_event(sim: RunningSimulator, tmp_path: Path) -> None:
    """An event whose pass failed in another process is not reported as late; the finding names that pass."""
    more = {"REPORT_STORE": str(tmp_path)}
    await audited(sim, **more)
    put_endpoint(sim, TAG)
    sim.fault(match={"system": "dns", "method": "PUT"}, status=403, count=None)
    async with started_runtime(sim.url, **more) as runtime:
        failed = await runtime.batching.reconcile(ResourceId.parse(ENDPOINT, Kind.PRIVATE_ENDPOINT))
    assert failed.problems
    report = await audited(sim, **more)
    assert "event-late" not in {one.code for one in report.findings}
    (drift,) = [one for one in report.findings if one.code == "record-drift"]
    assert f"Its event arrived, and its last failed pass is pass {failed.pass_id}, " in drift.remedy
    sim.clear_faults()
    repaired = await audited(sim, AUDIT_POLICY="upsert", **more)
    assert (repaired.health, repaired.findings) == (Health.HEALTHY, ())


async def test_slow_configs_hold_up_nobody(drifted: RunningSimulator) -> None:
    """A pass over one endpoint does not wait for a store that does not answer."""
    store = MemoryStore(slow={CONFIGS})
    async with started_runtime(drifted.url) as runtime:
        with_store(runtime, store, patience=60)
        report = await runtime.reconcile(named(), 20)
        assert not runtime.config_cache.load().done()
        store.awake.set()
    assert report.problems == ()
    assert {outcome.change.verb for outcome in report.outcomes} == {"register", "allow", "put-record"}


@pytest.mark.parametrize(
    ("schedule", "now", "seconds"),
    [
        ("0 */15 * * * *", "12:00:30", 900),
        ("0 */15 * * * *", "12:14:59", 900),
        ("0 0 * * * *", "12:00:01", 3600),
        ("30 * * * * *", "12:00:00", 60),
        ("0 0 3 * * *", "03:01:00", 86_400),
        ("0 0 8-18 * * 1-5", "18:01:00", 50_340),
    ],
)
def test_period(schedule: str, now: str, seconds: int) -> None:
    """The period is the longer of the next two intervals."""
    moment = datetime.fromisoformat(f"2026-11-23T{now}").replace(tzinfo=UTC)
    assert period_seconds(schedule, moment) == seconds


def test_deadlines() -> None:
    """The function timeout exceeds the longest AUDIT_DEADLINE."""
    timeout = json.loads((ROOT / "host.json").read_text())["functionTimeout"]
    hours, minutes, seconds = map(int, timeout.split(":"))
    (longest,) = [one.le for one in Settings.model_fields["audit_deadline"].metadata if hasattr(one, "le")]
    assert hours * 3600 + minutes * 60 + seconds > longest * 60
    assert settings("http://127.0.0.1").audit_deadline <= longest
