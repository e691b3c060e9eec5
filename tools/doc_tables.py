"""Copies tables from docstrings into docs/*.md: `python -m tools.doc_tables`.

The comment `<!-- table of shared/domain/planning/plan.py -->` before a table names its source: the table with the
same header row in a docstring of that file.
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
        if (new := updated(text)) != text:
            page.write_text(new, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: tables updated")


def updated(text: str) -> str:
    """Return the text with each table replaced by its source. Raises LookupError if the source has no such table."""
    return _COPY.sub(lambda match: f"{match[1]}{match[2]}{_table(match[1], match[3])}", text)


def _table(path: str, current: str) -> str:
    header = _header(current)
    for table in tables(path):
        if _header(table) == header:
            return table
    raise LookupError(f"no docstring of {path} has a table with the header {header}")


def _header(table: str) -> list[str]:
    return [cell.strip() for cell in table.partition("\n")[0].split("|")]


def tables(path: str) -> Iterator[str]:
    """Yield the tables in the docstrings of a file."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, _DOCUMENTED):
            yield from _tables_in((ast.get_docstring(node) or "").splitlines())


def _tables_in(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        first_row = line.startswith("|") and (number == 0 or not lines[number - 1].startswith("|"))
        if first_row:
            rows = takewhile(lambda row: row.startswith("|"), lines[number:])
            yield "".join(f"{row}\n" for row in rows)


if __name__ == "__main__":
    main()
