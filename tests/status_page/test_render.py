"""The document, without a browser."""

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.audit.report_model import (
    AuditedEndpoint,
    AuditedFinding,
    AuditReport,
    HistoryPoint,
    WithheldRemoval,
)
from shared.domain.audit.summary import summarized
from shared.status_page import NO_AUDIT, content_security_policy, notice, render
from tests.support.paths import ROOT
from tests.support.sample_reports import ATTACKS, NOW, all_well, finding, hostile, large, overdue, troubled

VOID = {"meta", "link", "input", "img", "br"}
SELF_CLOSED = {"use", "path", "rect", "circle"}


class Document(HTMLParser):
    """The elements of a document. `unbalanced`: end tags without a start tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


PAGES = {
    "well": render(all_well(), NOW),
    "troubled": render(troubled(), NOW),
    "large": render(large(), NOW),
    "hostile": render(hostile(), NOW),
    "none": notice(*NO_AUDIT, NOW),
    "notice": notice(ATTACKS[0], ATTACKS[1], NOW, ATTACKS, wrong=True),
}


@pytest.mark.parametrize("name", PAGES)
def test_well_formed(name: str) -> None:
    """Every element is closed, ids are unique, and links within the page have a target."""
    document = Document(PAGES[name])
    assert document.unbalanced == []
    assert document.open == []
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(a.get("href") or "")[1:] for _, a in document.elements if (a.get("href") or "").startswith("#")}
    assert links <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_self_contained(name: str) -> None:
    """No element loads anything, and none has an inline handler or style."""
    for tag, attributes in Document(PAGES[name]).elements:
        assert tag not in {"img", "iframe", "object", "embed", "base"}
        assert not {name for name in attributes if name.startswith("on") or name in {"style", "src"}}
        href = attributes.get("href") or "#"
        assert href.startswith(("#", "?format=json", "data:image/svg+xml,")), href


@pytest.mark.parametrize(("name", "shape"), [("well", "g-healthy"), ("troubled", "g-error"), ("none", "g-unknown")])
def test_the_icon_shows_the_health(name: str, shape: str) -> None:
    """The icon of the browser tab has the shape of the banner's glyph."""
    html = PAGES[name]
    glyph = re.search(rf'<symbol id="{shape}" viewBox="0 0 16 16">(.+?)</symbol>', html)
    icon = re.search(r'<link rel="icon" href="data:image/svg\+xml,(.+?)">', html)
    assert glyph
    assert icon
    assert glyph[1] in unquote(icon[1])


def test_the_policy_allows_only_the_inline_parts() -> None:
    """The policy has the hashes of the page's styles and scripts, and allows nothing else."""
    html = PAGES["well"]
    parts = re.findall(r"<(style|script)>(.*?)</\1>", html, re.DOTALL)
    assert [kind for kind, _ in parts] == ["style", "script", "script"]
    for _, text in parts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in content_security_policy()
    assert "unsafe" not in content_security_policy()
    assert content_security_policy().startswith("default-src 'none';")
    metas = [attributes for tag, attributes in Document(html).elements if tag == "meta"]
    assert content_security_policy() in [attributes.get("content") for attributes in metas]


def test_hostile_names_are_escaped() -> None:
    """Names that look like markup are shown as text, in the page and in notices."""
    for name in ("hostile", "notice"):
        html = PAGES[name]
        assert "&lt;script&gt;document.title" in html
        assert "<script>document.title" not in html
        assert "<img" not in html
        assert "{{7*7}}" in html
        assert not set("\u202e\u2066\u200f\x00\x1b") & set(html)


def test_size() -> None:
    """The page of 1 000 endpoints is smaller than 2 MB and 50 000 elements, that of a few smaller than 150 kB."""
    assert len(PAGES["large"].encode()) < 2_000_000
    assert len(Document(PAGES["large"]).elements) < 50_000
    assert len(PAGES["troubled"].encode()) < 150_000


def test_omitted_rows() -> None:
    """The page says how many rows it omits, and its size stays bounded."""
    page = render(large(6000, 600), NOW)
    assert "4000 more are only in the JSON." in page
    assert len(page.encode()) < 6_000_000


def test_withheld_removals() -> None:
    """Withheld removals are listed and marked, with their number, the setting, and the flag that permits them."""
    one = WithheldRemoval("disallow", "service s1", all_well().endpoints[0].id, "main lists pe-1, but it is deleted")
    page = render(replace(all_well(), policy="sync", withheld=(one, one), allow_removals=1), NOW)
    assert "MAX_REMOVALS withholds 2 removals. To apply them, run" in page
    assert "sync --all --allow-removals 1</code>" in page
    assert "sync --all</code>" in render(replace(all_well(), policy="report", withheld=(one,)), NOW)
    assert '<span class="part">policy sync</span><span class="part">2 withheld</span>' in page
    assert page.count("</svg>withheld</span>") == 2
    assert page.count(one.fact) == 2
    assert "withheld" not in PAGES["well"].split("</style>")[1]


def test_no_tag_and_an_empty_tag_differ() -> None:
    """An empty tag is shown as such. Without a tag nothing is shown."""
    one, *rest = all_well().endpoints
    pages = [
        render(replace(all_well(), endpoints=(replace(one, tag_value=value), *rest)), NOW)
        for value in (None, "", "tag:team=<b>")
    ]
    assert "<b>Tag</b>" not in pages[0]
    assert "<b>Tag</b> empty: no service" in pages[1]
    assert "<b>Tag</b> <code>tag:team=&lt;b&gt;</code>" in pages[2]


def test_an_overdue_report() -> None:
    """An overdue page shows the last sentence, the number of missing audits, and the remedy."""
    page = render(*overdue())
    assert f"Last result, 23 Nov 2026, 06:00 UTC: “{all_well().sentence}” It may be outdated." in page
    assert "Audits are scheduled every 15 minutes; 12 audits did not report." in page
    assert "can write to REPORT_STORE" in page
    assert "did not report" not in PAGES["well"]


def test_the_sentence() -> None:
    """The heading is the first sentence of the report's summary. The others follow below it."""
    first, _, rest = troubled().sentence.partition(". ")
    assert f'<h1 id="sentence">{first}.</h1>\n<p class="lead">{rest}</p>' in PAGES["troubled"]
    assert f'<h1 id="sentence">{all_well().sentence}</h1>' in PAGES["well"]


@pytest.mark.parametrize("code", ["outside-scope", "record-drift"])
def test_the_banner_of_warnings(code: str) -> None:
    """A report with warnings only has an amber banner and icon; one with errors has a red one."""
    problem = finding(code, "x", "message")
    page = render(summarized(replace(all_well(), findings=(problem,))), NOW)
    assert f'<section class="banner {problem.severity}"' in page


def test_findings_not_seen() -> None:
    """The tile counts current findings; those that the audit did not see are counted apart."""
    findings = troubled().findings
    page = render(replace(troubled(), findings=(*findings[1:], replace(findings[0], seen=False))), NOW)
    assert f"<dt>Findings</dt><dd><b>{len(findings) - 1}</b>" in page
    assert '<span class="part">1 not seen</span>' in page


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- as it asks
REPORTS = st.builds(
    AuditReport,
    started=MOMENTS,
    finished=MOMENTS,
    period_seconds=st.integers(1, 10**7),
    findings=st.lists(st.builds(AuditedFinding, first_seen=MOMENTS, last_seen=MOMENTS)).map(tuple),
    endpoints=st.lists(st.builds(AuditedEndpoint, pending_since=st.none() | MOMENTS)).map(tuple),
    history=st.lists(st.builds(HistoryPoint, at=MOMENTS)).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_any_report_has_a_page(report: AuditReport) -> None:
    """Every possible report has a well-formed page."""
    document = Document(render(report, NOW))
    assert document.unbalanced == []
    assert document.open == []


def test_the_same_report_is_the_same_page() -> None:
    """A page depends only on its report and the time."""
    assert render(troubled(), NOW) == PAGES["troubled"]


def test_templates_are_imported_when_needed() -> None:
    """Importing the function app does not import the page or Jinja."""
    script = "import sys, function_app; print('jinja2' in sys.modules or 'shared.status_page' in sys.modules)"
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "False"
