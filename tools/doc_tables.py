"""Brings the tables of the code into the pages that tell them: `python -m tools.doc_tables`.

A page tells which by a comment right before the table, `<!-- table of shared/domain/planning/plan.py -->`: the
table with the same head in one of that file's docstrings.
"""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COPY = re.compile(r"(?<=<!-- table of )(\S+)( -->\n)((?:\|.*\n)+)")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> None:
    for page in sorted(ROOT.glob("docs/*.md")):
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            page.write_text(new, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: tables renewed")


def renewed(text: str) -> str:
    """The page's text with each of these tables as it stands in the code. Raises LookupError if it is not there."""
    return _COPY.sub(lambda found: f"{found[1]}{found[2]}{_table(found[1], found[3])}", text)


def _table(path: str, former: str) -> str:
    head = _head(former)
    for table in tables(path):
        if _head(table) == head:
            return table
    raise LookupError(f"no docstring of {path} has a table with the head {head}")


def _head(table: str) -> list[str]:
    return [cell.strip() for cell in table.partition("\n")[0].split("|")]


def tables(path: str) -> Iterator[str]:
    """The tables in the docstrings of a file."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, _DOCUMENTED):
            yield from _tables_in((ast.get_docstring(node) or "").splitlines())


def _tables_in(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        begins = line.startswith("|") and (number == 0 or not lines[number - 1].startswith("|"))
        if begins:
            rows = takewhile(lambda one: one.startswith("|"), lines[number:])
            yield "".join(f"{row}\n" for row in rows)


if __name__ == "__main__":
    main()
