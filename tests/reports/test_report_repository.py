"""What outlives a process: never at the cost of an audit, and never written over what could not be read."""

import json
import logging
from dataclasses import replace

import pytest

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.resources import Config, NotFound, ReadFailed
from shared.reports.report_repository import CONFIGS, LATEST, Archive
from tests.support.audits import audit, well
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
def archive(store: MemoryStore) -> Archive:
    return Archive(store, OWNER, ORGANIZATION, patience=(0.05, 0.05))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


@pytest.fixture
def report() -> AuditReport:
    return audit(well(), minute=61.5)


async def test_reports(archive: Archive, store: MemoryStore, report: AuditReport) -> None:
    """A report is kept as the latest and in the history by its date, and comes back as it was."""
    assert await archive.latest() == NotFound()
    await archive.keep(report, latest=True)
    assert await archive.latest() == report
    assert set(store.documents) == {LATEST, "history/2026-11-23/07-01-30-pass-61..json"}
    await archive.keep(audit(well(), minute=90), latest=False)
    assert await archive.latest() == report
    assert len(store.documents) == 3


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b'{"schemaVersion": 2}', b"\xff"])
async def test_broken_report(archive: Archive, store: MemoryStore, lines: Lines, document: bytes) -> None:
    """A latest report that cannot be understood is as good as none, and is told in the log."""
    store.documents[LATEST] = document
    assert await archive.latest() == NotFound()
    (line,) = lines.of("store")
    assert line["object"] == LATEST
    assert "it is no report" in line["error"]


async def test_somebody_elses_report(archive: Archive, report: AuditReport, lines: Lines) -> None:
    """The report of another deployment is not ours to go by, nor to write over."""
    await replace(archive, owner="team-b").keep(replace(report, owner="team-b"), latest=True)
    assert isinstance(await archive.latest(), ReadFailed)
    assert "give each deployment a store of its own" in lines.of("store")[0]["error"]


@pytest.mark.parametrize("trouble", ["fails", "slow", "breaks"])
async def test_store_in_trouble(
    archive: Archive, store: MemoryStore, report: AuditReport, lines: Lines, trouble: str
) -> None:
    """A store that refuses, breaks or does not answer raises nothing: it is logged, and unreadable is not absent."""
    setattr(store, trouble, {LATEST, CONFIGS})
    await archive.keep(report, latest=True)
    await archive.keep_configs(KNOWN)
    assert isinstance(await archive.latest(), ReadFailed)
    assert isinstance(await archive.configs(), ReadFailed)
    assert [one["object"] for one in lines.of("store")] == [LATEST, CONFIGS, LATEST, CONFIGS]
    assert len(store.documents) == 1, "the history was kept"


async def test_no_store(report: AuditReport) -> None:
    """Without a store there is nothing, and nothing is kept."""
    archive = Archive(None, OWNER, ORGANIZATION)
    await archive.keep(report, latest=True)
    await archive.keep_configs(KNOWN)
    assert (await archive.latest(), await archive.configs()) == (NotFound(), {})


async def test_configs(archive: Archive) -> None:
    """Configs that were kept come back."""
    assert await archive.configs() == {}
    await archive.keep_configs(KNOWN)
    assert await archive.configs() == KNOWN


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b'{"organization": "x"}', b'{"organization": "x", "configs": {"a": {"alias": 1}}}'],
)
async def test_broken_configs(archive: Archive, store: MemoryStore, lines: Lines, document: bytes) -> None:
    """Configs that cannot be understood are as good as none, and are told in the log."""
    store.documents[CONFIGS] = document
    assert await archive.configs() == {}
    assert "it is written anew" in lines.of("store")[0]["error"]


async def test_another_organizations_configs(archive: Archive, lines: Lines) -> None:
    """The configs of another organization are not gone by."""
    await replace(archive, organization="another").keep_configs(KNOWN)
    assert isinstance(await archive.configs(), ReadFailed)
    assert "another organization, another" in lines.of("store")[0]["error"]


async def test_unlikely_configs(archive: Archive) -> None:
    """What has not the form of a config is left out: a config decides who is no stranger."""
    odd = {"a": Config("x.example.com", config("a").hostname), "b": Config(ALIAS, "b.example.com")}
    await archive.keep_configs({**KNOWN, **odd})
    assert await archive.configs() == KNOWN


async def test_configs_are_legible(archive: Archive, store: MemoryStore) -> None:
    """configs.json tells people what it is about."""
    await archive.keep_configs(KNOWN)
    told = json.loads(store.documents[CONFIGS])
    assert told == {
        "organization": ORGANIZATION,
        "configs": {MAIN: {"alias": ALIAS, "hostname": KNOWN[MAIN].hostname}},
    }
