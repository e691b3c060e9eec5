"""Tables that the pages copy from docstrings are up to date."""

import pytest

from tests.support.pages import Page, manual
from tools.doc_tables import tables, updated

MARKER = "<!-- table of "


@pytest.mark.parametrize("page", manual(), ids=lambda page: page.name)
def test_copied_tables_are_up_to_date(page: Page) -> None:
    """A table after the comment `table of FILE` equals the one in a docstring of that file."""
    text = page.path.read_text(encoding="utf-8")
    assert updated(text) == text, "run `python -m tools.doc_tables` and commit the pages"


def test_pages_have_copied_tables() -> None:
    """The pages have at least four tables from docstrings."""
    assert sum(page.path.read_text(encoding="utf-8").count(MARKER) for page in manual()) >= 4


def test_table_is_found_by_its_header() -> None:
    """An outdated table is replaced by the one with the same header; the text around it is unchanged."""
    (table,) = tables("shared/domain/planning/classification.py")
    header = table.splitlines()[0]
    page = f"before\n\n{MARKER}shared/domain/planning/classification.py -->\n{header}\n|--|\n| old |\n\nafter\n"
    assert updated(page) == f"before\n\n{MARKER}shared/domain/planning/classification.py -->\n{table}\nafter\n"


def test_unknown_table_is_an_error() -> None:
    """A table whose header no docstring of the file has is an error."""
    with pytest.raises(LookupError, match=r"no docstring of shared/reconciler/reconcile\.py"):
        updated(f"{MARKER}shared/reconciler/reconcile.py -->\n| a |\n|---|\n")
