"""The report store never fails an audit, and never overwrites what could not be read."""

import json
import logging
from dataclasses import replace

import pytest

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.errors import CauseKind
from shared.domain.model.resources import Config, NotFound, ReadFailed
from shared.domain.results.report_shares import FailedPass
from shared.reports.report_repository import CONFIGS, FAILED_PASSES, LATEST, ReportRepository
from shared.telemetry.log import pass_context
from tests.support.audits import at, audit, well
from tests.support.log_lines import Lines
from tests.support.stores import MemoryStore
from tests.support.worlds import ALIAS, OWNER, config, service_id

ORGANIZATION = "22222222-2222-4222-8222-222222222222"
MAIN = service_id("main")
KNOWN = {MAIN: config("main")}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def repository(store: MemoryStore) -> ReportRepository:
    return ReportRepository(store, OWNER, ORGANIZATION, read_timeout=0.05, write_timeout=0.05)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


@pytest.fixture
def report() -> AuditReport:
    return audit(well(), minute=61.5)


async def test_reports(repository: ReportRepository, store: MemoryStore, report: AuditReport) -> None:
    """A report is stored as the latest and in the history by its date, and is read back unchanged."""
    assert await repository.latest() == NotFound()
    await repository.keep(report, latest=True)
    assert await repository.latest() == report
    assert set(store.documents) == {LATEST, "history/2026-11-23/07-01-30-pass-61..json"}
    await repository.keep(audit(well(), minute=90), latest=False)
    assert await repository.latest() == report
    assert len(store.documents) == 3


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b'{"schemaVersion": 2}', b"\xff"])
async def test_broken_report(repository: ReportRepository, store: MemoryStore, lines: Lines, document: bytes) -> None:
    """A latest report that is not valid counts as none, and is logged."""
    store.documents[LATEST] = document
    assert await repository.latest() == NotFound()
    (line,) = lines.of("store")
    assert line["object"] == LATEST
    assert "not a valid document" in line["error"]


async def test_report_of_another_deployment(repository: ReportRepository, report: AuditReport, lines: Lines) -> None:
    """The report of another deployment is neither used nor overwritten."""
    await replace(repository, owner="team-b").keep(replace(report, owner="team-b"), latest=True)
    assert isinstance(await repository.latest(), ReadFailed)
    assert "use a separate REPORT_STORE for each OWNER_ID" in lines.of("store")[0]["error"]


@pytest.mark.parametrize("failure", ["fails", "slow", "breaks"])
async def test_failing_store(
    repository: ReportRepository, store: MemoryStore, report: AuditReport, lines: Lines, failure: str
) -> None:
    """A store that refuses, fails or does not respond raises nothing; it is logged, and unreadable is not absent."""
    setattr(store, failure, {LATEST, CONFIGS})
    await repository.keep(report, latest=True)
    await repository.keep_configs(KNOWN)
    assert isinstance(await repository.latest(), ReadFailed)
    assert isinstance(await repository.configs(), ReadFailed)
    assert [one["object"] for one in lines.of("store")] == [LATEST, CONFIGS, LATEST, CONFIGS]
    assert len(store.documents) == 1, "the history was stored"


async def test_one_line_for_one_cause(
    repository: ReportRepository, store: MemoryStore, report: AuditReport, lines: Lines
) -> None:
    """In a pass, a store that fails for one cause is logged once; the failure is returned with its cause."""
    store.slow = {LATEST, CONFIGS, FAILED_PASSES}
    with pass_context("audit"):
        await repository.latest()
        await repository.configs()
        await repository.failed_passes()
        failure = await repository.keep(report, latest=True)
        assert isinstance(failure, ReadFailed)
        assert failure.cause.kind is CauseKind.TIMED_OUT
        assert len(lines.of("store")) == 1
        store.slow, store.fails = set(), {LATEST}
        await repository.latest()
        assert len(lines.of("store")) == 2
    assert await repository.keep(audit(well(), minute=90), latest=False) is None


async def test_no_store(report: AuditReport) -> None:
    """Without a report store nothing is stored."""
    repository = ReportRepository(None, OWNER, ORGANIZATION)
    await repository.keep(report, latest=True)
    await repository.keep_configs(KNOWN)
    assert (await repository.latest(), await repository.configs()) == (NotFound(), {})


async def test_configs(repository: ReportRepository) -> None:
    """Stored configs are read back."""
    assert await repository.configs() == {}
    await repository.keep_configs(KNOWN)
    assert await repository.configs() == KNOWN


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b'{"organization": "x"}', b'{"organization": "x", "configs": {"a": {"alias": 1}}}'],
)
async def test_broken_configs(repository: ReportRepository, store: MemoryStore, lines: Lines, document: bytes) -> None:
    """Configs that are not valid count as none, and are logged."""
    store.documents[CONFIGS] = document
    assert await repository.configs() == {}
    assert "not a valid document" in lines.of("store")[0]["error"]


async def test_another_organizations_configs(repository: ReportRepository, lines: Lines) -> None:
    """The configs of another organization are not used."""
    await replace(repository, organization="another").keep_configs(KNOWN)
    assert isinstance(await repository.configs(), ReadFailed)
    assert "another organization, another" in lines.of("store")[0]["error"]


async def test_implausible_configs(repository: ReportRepository) -> None:
    """A config without the right form is ignored, because configs decide which endpoints are managed."""
    odd = {"a": Config("x.example.com", config("a").hostname), "b": Config(ALIAS, "b.example.com")}
    await repository.keep_configs({**KNOWN, **odd})
    assert await repository.configs() == KNOWN


async def test_failed_passes(repository: ReportRepository, store: MemoryStore, lines: Lines) -> None:
    """The last failed pass of each endpoint is kept for 24 hours; an invalid document is overwritten."""
    first, later = FailedPass("p1", at(0), "HTTP 403"), FailedPass("p2", at(24 * 60 + 1), "HTTP 503")
    assert await repository.failed_passes() == {}
    await repository.keep_failed_passes({})
    assert store.writes == []
    await repository.keep_failed_passes({"a": first})
    await repository.keep_failed_passes({"b": first})
    assert await repository.failed_passes() == {"a": first, "b": first}
    await repository.keep_failed_passes({"b": later})
    assert await repository.failed_passes() == {"b": later}
    store.documents[FAILED_PASSES] = b"[]"
    await repository.keep_failed_passes({"a": first})
    assert await repository.failed_passes() == {"a": first}
    assert "not a valid document" in lines.of("store")[0]["error"]


async def test_unreadable_failed_passes(repository: ReportRepository, store: MemoryStore) -> None:
    """Failed passes that could not be read are not overwritten."""
    store.fails = {FAILED_PASSES}
    await repository.keep_failed_passes({"a": FailedPass("p1", at(0), "HTTP 403")})
    assert isinstance(await repository.failed_passes(), ReadFailed)
    assert store.writes == []


async def test_configs_document(repository: ReportRepository, store: MemoryStore) -> None:
    """configs.json has the organization, and alias and host name by service id."""
    await repository.keep_configs(KNOWN)
    assert json.loads(store.documents[CONFIGS]) == {
        "organization": ORGANIZATION,
        "configs": {MAIN: {"alias": ALIAS, "hostname": KNOWN[MAIN].hostname}},
    }
