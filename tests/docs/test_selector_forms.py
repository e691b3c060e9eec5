"""SELECTOR_FORMS is the one source of the selector forms in messages and pages."""

import re

import pytest

from shared.domain.model.findings import CATALOGUE
from shared.domain.model.selectors import SELECTOR_FORMS, parse_selectors
from shared.settings import SettingsError, read_settings
from tests.support.paths import ROOT

FORMS = SELECTOR_FORMS.split(", ")


def tag_row() -> str:
    """Return the row of the tag in README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return next(line for line in readme.splitlines() if line.startswith("| `clickhouse-services` |"))


def finding_section() -> str:
    """Return the section of the finding in docs/operate.md."""
    operate = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = operate.partition("\n### `bad-selector`\n")[2]
    return re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("text", [tag_row(), finding_section()], ids=["README.md", "docs/operate.md"])
def test_pages(text: str) -> None:
    """README and docs/operate.md list every form: words as text, symbols as code."""
    quoted = [form if form.startswith("a ") else f"`{form}`" for form in FORMS]
    assert [form for form in quoted if form not in " ".join(text.split())] == []


def test_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The selector error, the remedy of its finding and the error of SERVICE_FILTER list every form."""
    (fault,) = parse_selectors("tag:").faults
    assert SELECTOR_FORMS in fault
    assert SELECTOR_FORMS in CATALOGUE["bad-selector"][1]
    monkeypatch.setenv("SERVICE_FILTER", "tag:")
    with pytest.raises(SettingsError, match=re.escape(SELECTOR_FORMS)):
        read_settings()
