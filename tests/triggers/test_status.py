"""The status page and its JSON."""

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
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.remedies import store_remedy
from shared.reports.report_json import from_json, to_json
from shared.reports.report_repository import LATEST
from shared.status_page import NO_AUDIT, content_security_policy
from shared.triggers.http_answer import Answer
from shared.triggers.status import NO_STORE, NoReport, StatusRequest, respond, status
from tests.support.paths import ROOT
from tests.support.real_clients import environment
from tests.support.sample_reports import NOW, all_well, hostile, troubled

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
JSON = StatusRequest(accept="application/json")
PAGE = StatusRequest(accept="text/html")
NO_AUDIT_YET = NoReport(404, *NO_AUDIT)
DENIED = Cause(CauseKind.MISSING_PERMISSION)
BROKEN = NoReport(503, "The report store cannot be read", "the store returned 403", remedy=store_remedy(DENIED))
FAULTS = NoReport(
    500,
    "The settings are invalid",
    "No audit runs.",
    ("OWNER_ID is not set. Remedy: set it.", "ENDPOINT_SCOPES <b>is</b> invalid."),
)
# Nothing listens there: the page calls neither Azure nor ClickHouse.
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("found", "code", "title"),
    [
        (NO_AUDIT_YET, 404, "No audit yet"),
        (NO_STORE, 404, "Reports are not stored"),
        (FAULTS, 500, "The settings are invalid"),
        (BROKEN, 503, "The report store cannot be read"),
    ],
)
def test_without_a_report(found: NoReport, code: int, title: str) -> None:
    """Without a report, the page and the problem document state the same reason."""
    page, problem = respond(PAGE, found, NOW), respond(JSON, found, NOW)
    assert page.status == problem.status == code
    assert page.content_type == "text/html"
    assert f'<h1 id="sentence">{title}</h1>' in page.body.decode()
    assert problem.content_type == "application/problem+json"
    document = json.loads(problem.body)
    assert (document["title"], document["status"]) == (title, code)
    assert ("Retry-After" in page.headers) is ("Retry-After" in problem.headers) is (code == 503)


def test_every_fault_is_listed() -> None:
    """Invalid settings are listed with every fault, escaped in the page."""
    page = respond(PAGE, FAULTS, NOW).body.decode()
    assert "OWNER_ID is not set. Remedy: set it." in page
    assert "ENDPOINT_SCOPES &lt;b&gt;is&lt;/b&gt; invalid." in page
    assert json.loads(respond(JSON, FAULTS, NOW).body)["faults"] == list(FAULTS.faults)


def test_the_error_of_the_store() -> None:
    """For a store that cannot be read, page and problem contain its error and the remedy for its cause."""
    page, problem = respond(PAGE, BROKEN, NOW).body.decode(), json.loads(respond(JSON, BROKEN, NOW).body)
    assert BROKEN.text in page
    assert BROKEN.text in problem["detail"]
    assert "role Storage Blob Data Contributor on the container in REPORT_STORE" in page
    assert "role Storage Blob Data Contributor on the container in REPORT_STORE" in problem["remedy"]
    assert "remedy" not in json.loads(respond(JSON, NO_AUDIT_YET, NOW).body)


@pytest.mark.parametrize("found", [all_well(), troubled(), hostile(), NO_AUDIT_YET, NO_STORE, FAULTS, BROKEN])
@pytest.mark.parametrize("asked", [PAGE, JSON, StatusRequest(accept="image/png"), StatusRequest(form="xml")])
def test_headers(asked: StatusRequest, found: Any) -> None:
    """No answer is cached or sniffed, and no page may load content, send forms or be framed."""
    answer = respond(asked, found, NOW)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Vary"] == "Accept"
    expected = f"{content_security_policy()}; frame-ancestors 'none'" if answer.content_type == "text/html" else None
    assert answer.headers.get("Content-Security-Policy") == expected


def test_the_document() -> None:
    """As JSON, the report is the document that the audit stored, and matches the published schema."""
    answer = respond(JSON, troubled(), NOW)
    assert (answer.status, answer.content_type) == (200, "application/json")
    jsonschema.validate(json.loads(answer.body), SCHEMA)
    assert from_json(answer.body) == troubled()


@pytest.mark.parametrize("asked", [PAGE, JSON])
def test_head(asked: StatusRequest) -> None:
    """HEAD returns everything but the body."""
    whole = respond(asked, troubled(), NOW)
    assert respond(replace(asked, method="HEAD"), troubled(), NOW) == replace(whole, body=b"")


@pytest.mark.parametrize(
    ("asked", "code"),
    [(StatusRequest(accept="image/png"), 406), (StatusRequest(form="xml", accept="text/html"), 400)],
)
def test_neither_form(asked: StatusRequest, code: int) -> None:
    """An unavailable form is refused, with and without a report."""
    for found in (troubled(), NO_AUDIT_YET):
        assert respond(asked, found, NOW).status == code


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """The report folder of a deployment that reaches neither Azure nor ClickHouse."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, value in {**environment(NOWHERE), "REPORT_STORE": str(folder)}.items():
        monkeypatch.setenv(name, value)
    get_runtime.cache_clear()
    yield folder
    if get_runtime.cache_info().currsize:
        await get_runtime().close()
    get_runtime.cache_clear()


async def seen(asked: StatusRequest = JSON) -> Answer:
    return await status(asked)


async def test_it_needs_the_store_alone(store: Path) -> None:
    """Without Azure and ClickHouse, the page shows the latest report at the time of each request."""
    owner = environment(NOWHERE)["OWNER_ID"]
    assert (await seen()).status == 404
    (store / LATEST).write_bytes(to_json(replace(all_well(), owner=owner)))
    assert json.loads((await seen()).body)["sentence"] == all_well().sentence
    (store / LATEST).write_bytes(to_json(replace(troubled(), owner=owner)))
    assert troubled().sentence in (await seen(PAGE)).body.decode()


async def test_an_invalid_report(store: Path) -> None:
    """A document that is not a report counts as none; the report of another deployment is not shown."""
    (store / LATEST).write_bytes(b"{}")
    assert (await seen()).status == 404
    (store / LATEST).write_bytes(to_json(replace(all_well(), owner="somebody-else")))
    answer = await seen()
    assert answer.status == 503
    assert "somebody-else" in json.loads(answer.body)["detail"]


async def test_a_store_that_is_no_folder(store: Path) -> None:
    """A store that cannot be read is a 503."""
    (store / LATEST).mkdir()
    assert (await seen()).status == 503


async def test_no_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without REPORT_STORE the answer names the setting to set."""
    monkeypatch.delenv("REPORT_STORE")
    assert "REPORT_STORE is not set" in json.loads((await seen()).body)["detail"]


async def test_broken_settings(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid settings are a 500 with every fault and no secret."""
    monkeypatch.setenv("CLICKHOUSE_API_URL", "http://example.com/?s3cret")
    monkeypatch.delenv("OWNER_ID")
    answer = await seen(PAGE)
    assert answer.status == 500
    assert "OWNER_ID is not set" in answer.body.decode()
    assert "CLICKHOUSE_API_URL is invalid" in answer.body.decode()
    assert b"s3cret" not in answer.body


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Path]]:
    """The app on Microsoft's worker, with a store."""
    folder = tmp_path_factory.mktemp("reports")
    settings = {**environment(NOWHERE), "REPORT_STORE": str(folder), "AUDIT_SCHEDULE": "0 0 0 1 1 *"}
    with running(ROOT, settings, timers=False) as started:
        yield started, folder


def test_on_the_worker(host: tuple[Host, Path]) -> None:
    """Over HTTP, on the real worker: page, JSON and HEAD; other methods are 404."""
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
        head = client.head("/api/status")
        assert (head.status_code, head.content) == (200, b"")
        assert client.post("/api/status").status_code == 404
        assert client.get("/api/status", params={"format": "xml"}).status_code == 400
