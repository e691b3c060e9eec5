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

from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport, HistoryPoint
from shared.status_page import notice, policy, render
from tests.support.paths import ROOT
from tests.support.sample_reports import ATTACKS, NOW, all_well, hostile, large, troubled

VOID = {"meta", "link", "input", "img", "br"}
SELF_CLOSED = {"use", "path", "rect", "circle"}


class Document(HTMLParser):
    """The elements of a document; `unbalanced` if one is closed that is not open."""

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


WORLDS = {
    "well": render(all_well(), NOW),
    "troubled": render(troubled(), NOW),
    "large": render(large(), NOW),
    "hostile": render(hostile(), NOW),
    "none": render(None, NOW),
    "notice": notice(ATTACKS[0], ATTACKS[1], NOW, ATTACKS, wrong=True),
}


@pytest.mark.parametrize("snapshot", WORLDS)
def test_well_formed(snapshot: str) -> None:
    """Every element is closed, ids are unique, and links within the page lead somewhere."""
    document = Document(WORLDS[snapshot])
    assert document.unbalanced == []
    assert document.open == []
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(a.get("href") or "")[1:] for _, a in document.elements if (a.get("href") or "").startswith("#")}
    assert links <= set(ids)


@pytest.mark.parametrize("snapshot", WORLDS)
def test_nothing_of_elsewhere(snapshot: str) -> None:
    """No element takes anything from another place, and none has code or style of its own."""
    for tag, attributes in Document(WORLDS[snapshot]).elements:
        assert tag not in {"img", "iframe", "object", "embed", "base"}
        assert not {name for name in attributes if name.startswith("on") or name in {"style", "src"}}
        href = attributes.get("href") or "#"
        assert href.startswith(("#", "?format=json", "data:image/svg+xml,")), href


@pytest.mark.parametrize(
    ("snapshot", "shape"), [("well", "g-well"), ("troubled", "g-wrong"), ("none", "g-unknown")]
)
def test_the_icon_is_the_glyph_of_how_things_stand(snapshot: str, shape: str) -> None:
    """The icon in the tab has the very shape that stands beside the first sentence."""
    html = WORLDS[snapshot]
    glyph = re.search(rf'<symbol id="{shape}" viewBox="0 0 16 16">(.+?)</symbol>', html)
    icon = re.search(r'<link rel="icon" href="data:image/svg\+xml,(.+?)">', html)
    assert glyph
    assert icon
    assert glyph[1] in unquote(icon[1])


def test_the_policy_allows_what_is_there_and_nothing_else() -> None:
    """The hashes in the policy are those of the page's styles and scripts."""
    html = WORLDS["well"]
    parts = re.findall(r"<(style|script)>(.*?)</\1>", html, re.DOTALL)
    assert [kind for kind, _ in parts] == ["style", "script", "script"]
    for _, text in parts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy()
    assert "unsafe" not in policy()
    assert policy().startswith("default-src 'none';")
    metas = [attributes for tag, attributes in Document(html).elements if tag == "meta"]
    assert policy() in [attributes.get("content") for attributes in metas]


def test_harm_is_text() -> None:
    """Names that look like markup are told as they are, escaped, in the page and its notices."""
    for snapshot in ("hostile", "notice"):
        html = WORLDS[snapshot]
        assert "&lt;script&gt;document.title" in html
        assert "<script>document.title" not in html
        assert "<img" not in html
        assert "{{7*7}}" in html
        assert not set("\u202e\u2066\u200f\x00\x1b") & set(html)


def test_weight() -> None:
    """1 000 endpoints are less than 2 MB and 50 000 elements; a small world is less than 150 kB."""
    assert len(WORLDS["large"].encode()) < 2_000_000
    assert len(Document(WORLDS["large"]).elements) < 50_000
    assert len(WORLDS["troubled"].encode()) < 150_000


def test_beyond_what_a_page_can_hold() -> None:
    """What is left out of a page is told, and grows it no more."""
    page = render(large(6000, 600), NOW)
    assert "4000 more, none worse than these, are in the JSON." in page
    assert len(page.encode()) < 6_000_000


def test_no_tag_and_an_empty_tag_differ() -> None:
    """A tag without a value asks for no service; without a tag nothing is asked."""
    one, *rest = all_well().endpoints
    pages = [
        render(replace(all_well(), endpoints=(replace(one, tag_value=value), *rest)), NOW)
        for value in (None, "", "tag:team=<b>")
    ]
    assert "Asks for" not in pages[0]
    assert "<b>Asks for</b> no service" in pages[1]
    assert "<b>Asks for</b> <code>tag:team=&lt;b&gt;</code>" in pages[2]


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
    """Whatever is in a report, it has a page, and that page is well-formed."""
    document = Document(render(report, NOW))
    assert document.unbalanced == []
    assert document.open == []


def test_the_same_report_is_the_same_page() -> None:
    """A page depends on its report and the moment, and on nothing else."""
    assert render(troubled(), NOW) == WORLDS["troubled"]


def test_templates_are_loaded_when_they_are_needed() -> None:
    """Importing the function app loads no templating."""
    script = "import sys, function_app; print('jinja2' in sys.modules or 'shared.status_page' in sys.modules)"
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "False"
