"""SELECTOR_FORMS is the one source of the selector forms in messages and pages."""

import re

import pytest

from shared.domain.model.findings import CATALOGUE
from shared.domain.model.selectors import SELECTOR_FORMS, parse_selectors
from shared.settings import SettingsError, read_settings
from tests.support.paths import ROOT

FORMS = SELECTOR_FORMS.split(", ")


def section(page: str, heading: str) -> str:
    """Return the text of a page under a heading."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    return re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize(("page", "heading"), [("README.md", "Selectors"), ("docs/findings.md", "`bad-selector`")])
def test_pages(page: str, heading: str) -> None:
    """README and docs/findings.md list every form: words as text, symbols as code."""
    text = " ".join(section(page, heading).split())
    quoted = [form if form.startswith("a ") else f"`{form}`" for form in FORMS]
    assert [form for form in quoted if form not in text] == []


def test_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The selector error, the remedy of its finding and the error of SERVICE_FILTER list every form."""
    (fault,) = parse_selectors("tag:").faults
    assert SELECTOR_FORMS in fault
    assert SELECTOR_FORMS in CATALOGUE["bad-selector"][1]
    monkeypatch.setenv("SERVICE_FILTER", "tag:")
    with pytest.raises(SettingsError, match=re.escape(SELECTOR_FORMS)):
        read_settings()
