"""docs/operate.md tells of every finding that there is, and of no other."""

import re

import pytest

from shared.domain.findings import CATALOGUE
from tests.support.pages import ROOT, read

OPERATE = read(ROOT / "docs" / "operate.md")
CODES = sorted(CATALOGUE)
TEXT = OPERATE.path.read_text(encoding="utf-8")


def section(code: str) -> str:
    """What stands under the finding's heading."""
    return re.split(r"^#+ ", TEXT.partition(f"\n### `{code}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_finding_has_a_heading_and_every_such_heading_a_finding() -> None:
    """The codes in the catalogue are the headings of the page's chapter on findings, each once."""
    chapter = re.split(r"^## ", TEXT.partition("\n## Findings\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert sorted(re.findall(r"^### `(.+)`$", chapter, re.MULTILINE)) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_finding_is_told_with_severity_cause_and_remedy(code: str) -> None:
    """Under its heading stand the severity it has, what brings it, and what to do."""
    severity = CATALOGUE[code][0].name.capitalize()
    assert section(code).strip().startswith(f"{severity}."), code
    assert "**Cause:**" in section(code)
    assert "**Remedy:**" in section(code)


def test_the_overview_links_every_finding() -> None:
    """The table of findings names each with its severity, and leads to its section."""
    rows = OPERATE.table_of("findings")[1:]
    told = {row[0]: row[1] for row in rows}
    assert told == {f"[`{code}`](#{code})": CATALOGUE[code][0].name.lower() for code in CODES}
