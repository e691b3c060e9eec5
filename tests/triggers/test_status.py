"""The door that people look through."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from localhost.host import Host, running
from shared.bootstrap import get_runtime
from shared.domain.model.resources import NotFound, ReadFailed
from shared.reports.report_json import from_json, to_json
from shared.reports.report_repository import LATEST
from shared.status_page import policy
from shared.triggers.status import Asked, NotKept, Shown, Unusable, answered, shown
from tests.support.paths import ROOT
from tests.support.real_clients import environment
from tests.support.sample_reports import NOW, all_well, hostile, troubled

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
JSON = Asked(accept="application/json")
PAGE = Asked(accept="text/html")
BROKEN = ReadFailed("the report store did not answer within 5 s", temporary=True)
FAULTS = Unusable(("OWNER_ID is not set. Remedy: set it.", "ENDPOINT_SCOPES <b>is</b> not usable."))
# Nothing listens there: no page asks Azure or ClickHouse for anything.
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("found", "code", "title"),
    [
        (NotFound(), 404, "No audit yet"),
        (NotKept(), 404, "No report is kept"),
        (FAULTS, 500, "The settings are not usable"),
        (BROKEN, 503, "The report store cannot be read"),
    ],
)
def test_without_a_report(found: Any, code: int, title: str) -> None:
    """What there is instead of a report is told alike to people, as a page, and to programs, as a problem."""
    page, problem = answered(PAGE, found, NOW), answered(JSON, found, NOW)
    assert page.status == problem.status == code
    assert page.content_type == "text/html"
    assert f'<h1 id="sentence">{title}</h1>' in page.body.decode()
    assert problem.content_type == "application/problem+json"
    told = json.loads(problem.body)
    assert (told["title"], told["status"]) == (title, code)
    assert ("Retry-After" in page.headers) is ("Retry-After" in problem.headers) is (code == 503)


def test_every_fault_is_told() -> None:
    """Settings that are not usable are told with every fault, in the page as text."""
    page = answered(PAGE, FAULTS, NOW).body.decode()
    assert "OWNER_ID is not set. Remedy: set it." in page
    assert "ENDPOINT_SCOPES &lt;b&gt;is&lt;/b&gt; not usable." in page
    assert json.loads(answered(JSON, FAULTS, NOW).body)["faults"] == list(FAULTS.faults)


def test_what_the_store_answered_is_told() -> None:
    """A store that cannot be read is told with what it answered."""
    assert BROKEN.reason in answered(PAGE, BROKEN, NOW).body.decode()
    assert BROKEN.reason in json.loads(answered(JSON, BROKEN, NOW).body)["detail"]


@pytest.mark.parametrize("found", [all_well(), troubled(), hostile(), NotFound(), NotKept(), FAULTS, BROKEN])
@pytest.mark.parametrize("asked", [PAGE, JSON, Asked(accept="image/png"), Asked(form="xml")])
def test_headers(asked: Asked, found: Any) -> None:
    """Nothing is stored on the way, nothing sniffed, and no page may load, send or be framed."""
    answer = answered(asked, found, NOW)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Vary"] == "Accept"
    expected = f"{policy()}; frame-ancestors 'none'" if answer.content_type == "text/html" else None
    assert answer.headers.get("Content-Security-Policy") == expected


def test_the_document() -> None:
    """As JSON the report is the document that the audit stored, and keeps the published schema."""
    answer = answered(JSON, troubled(), NOW)
    assert (answer.status, answer.content_type) == (200, "application/json")
    jsonschema.validate(json.loads(answer.body), SCHEMA)
    assert from_json(answer.body) == troubled()


def test_the_document_is_sent_once() -> None:
    """Who has the document is told so, until there is another."""
    etag = answered(JSON, troubled(), NOW).headers["ETag"]
    again = replace(JSON, if_none_match=etag)
    same = answered(again, troubled(), NOW)
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", etag)
    assert answered(again, all_well(), NOW).status == 200
    assert answered(replace(PAGE, if_none_match="*"), troubled(), NOW).status == 200  # its age has changed


@pytest.mark.parametrize("asked", [PAGE, JSON])
def test_head(asked: Asked) -> None:
    """HEAD tells all but the body."""
    whole = answered(asked, troubled(), NOW)
    assert answered(replace(asked, method="HEAD"), troubled(), NOW) == replace(whole, body=b"")


@pytest.mark.parametrize(
    ("asked", "code"), [(Asked(accept="image/png"), 406), (Asked(form="xml", accept="text/html"), 400)]
)
def test_neither_form(asked: Asked, code: int) -> None:
    """A form that is not there is refused, whatever was found."""
    for found in (troubled(), NotFound()):
        assert answered(asked, found, NOW).status == code


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """The folder of a deployment whose Azure and ClickHouse answer nothing."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, value in {**environment(NOWHERE), "REPORT_STORE": str(folder)}.items():
        monkeypatch.setenv(name, value)
    get_runtime.cache_clear()
    yield folder
    if get_runtime.cache_info().currsize:
        await get_runtime().close()
    get_runtime.cache_clear()


async def seen(asked: Asked = JSON) -> Shown:
    return await shown(asked)


async def test_it_needs_the_store_alone(store: Path) -> None:
    """With Azure and ClickHouse out of reach the latest report is shown, each time as it then is."""
    owner = environment(NOWHERE)["OWNER_ID"]
    assert (await seen()).status == 404
    (store / LATEST).write_bytes(to_json(replace(all_well(), owner=owner)))
    assert json.loads((await seen()).body)["sentence"] == all_well().sentence
    (store / LATEST).write_bytes(to_json(replace(troubled(), owner=owner)))
    assert troubled().sentence in (await seen(PAGE)).body.decode()


async def test_a_report_that_is_none(store: Path) -> None:
    """What cannot be understood is no report; what another deployment wrote is not shown as ours."""
    (store / LATEST).write_bytes(b"{}")
    assert (await seen()).status == 404
    (store / LATEST).write_bytes(to_json(replace(all_well(), owner="somebody-else")))
    answer = await seen()
    assert answer.status == 503
    assert "somebody-else" in json.loads(answer.body)["detail"]


async def test_a_store_that_is_no_folder(store: Path) -> None:
    """A store that cannot be read is told with its error."""
    (store / LATEST).mkdir()
    assert (await seen()).status == 503


async def test_no_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without REPORT_STORE the page says that nothing is kept, and how to have it kept."""
    monkeypatch.delenv("REPORT_STORE")
    assert "REPORT_STORE is not set" in json.loads((await seen()).body)["detail"]


async def test_broken_settings(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is wrong with the settings is told, without any secret."""
    monkeypatch.setenv("CLICKHOUSE_API_URL", "http://example.com/?s3cret")
    monkeypatch.delenv("OWNER_ID")
    answer = await seen(PAGE)
    assert answer.status == 500
    assert "OWNER_ID is not set" in answer.body.decode()
    assert "CLICKHOUSE_API_URL is not usable" in answer.body.decode()
    assert b"s3cret" not in answer.body


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Path]]:
    """The app on Microsoft's worker, with a store."""
    folder = tmp_path_factory.mktemp("reports")
    settings = {**environment(NOWHERE), "REPORT_STORE": str(folder), "AUDIT_SCHEDULE": "0 0 0 1 1 *"}
    with running(ROOT, settings, timers=False) as started:
        yield started, folder


def test_on_the_worker(host: tuple[Host, Path]) -> None:
    """Over HTTP, on the real worker: page, JSON, HEAD and If-None-Match; other methods are not there."""
    app, folder = host
    owner = environment(NOWHERE)["OWNER_ID"]
    (folder / LATEST).write_bytes(to_json(replace(troubled(), owner=owner)))
    with httpx.Client(base_url=app.url, trust_env=False) as client:
        page = client.get("/api/status", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
        assert troubled().sentence in page.text
        document = client.get("/api/status", params={"format": "json"})
        jsonschema.validate(document.json(), SCHEMA)
        assert document.headers["content-type"].startswith("application/json")
        etag = {"If-None-Match": document.headers["etag"], "Accept": "application/json"}
        assert client.get("/api/status", headers=etag).status_code == 304
        head = client.head("/api/status")
        assert (head.status_code, head.content) == (200, b"")
        assert client.post("/api/status").status_code == 404
        assert client.get("/api/status", params={"format": "xml"}).status_code == 400
