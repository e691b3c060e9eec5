"""Tables that stand in the code as well are the same in both places."""

import pytest

from tests.support.pages import Page, manual
from tools.doc_tables import updated, tables

MARK = "<!-- table of "


@pytest.mark.parametrize("page", manual(), ids=lambda page: page.name)
def test_a_table_of_the_code_is_told_as_it_stands_there(page: Page) -> None:
    """A table under the comment `table of FILE` is the one in that file's docstring."""
    text = page.path.read_text(encoding="utf-8")
    assert updated(text) == text, "run `python -m tools.doc_tables`, and commit what it writes"


def test_pages_tell_such_tables() -> None:
    """The architecture is told by the tables of the code."""
    assert sum(page.path.read_text(encoding="utf-8").count(MARK) for page in manual()) >= 4


def test_a_table_is_found_by_its_head() -> None:
    """An old row goes, the table of the code comes, and what stands around it stays."""
    (verdicts,) = tables("shared/domain/planning/classification.py")
    head = verdicts.splitlines()[0]
    page = f"before\n\n{MARK}shared/domain/planning/classification.py -->\n{head}\n|--|\n| old |\n\nafter\n"
    assert (
        updated(page) == f"before\n\n{MARK}shared/domain/planning/classification.py -->\n{verdicts}\nafter\n"
    )


def test_a_table_that_is_not_in_the_code_is_told() -> None:
    """A table whose head no docstring has belongs to another file, or is no copy."""
    with pytest.raises(LookupError, match=r"no docstring of shared/reconciler/reconcile\.py"):
        updated(f"{MARK}shared/reconciler/reconcile.py -->\n| a |\n|---|\n")
