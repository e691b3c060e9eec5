"""Parses the project's Markdown pages: headings, links, code and tables."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.paths import ROOT

type Table = tuple[tuple[str, ...], ...]
"""The rows of a table, starting with its header: the Markdown of each cell, with normalized whitespace."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. `marks` are the words after its language; `line` is its first line."""

    language: str
    marks: tuple[str, ...]
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Span:
    """A link target, a code span or a heading, with its line."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page. Each of `tables` has the HTML comment before it, or an empty string."""

    path: Path
    headings: tuple[Span, ...]
    anchors: frozenset[str]
    links: tuple[Span, ...]
    spans: tuple[Span, ...]
    fences: tuple[Fence, ...]
    tables: tuple[tuple[str, Table], ...]

    @property
    def name(self) -> str:
        """The path relative to the repository."""
        return self.path.relative_to(ROOT).as_posix()

    def at(self, line: int) -> str:
        return f"{self.name}:{line}"

    def table_of(self, comment: str) -> Table:
        """Return the table after this comment. Raises StopIteration if there is none."""
        return next(table for text, table in self.tables if text == comment)


@cache
def pages(*patterns: str) -> tuple[Page, ...]:
    """Return the pages that match the patterns, sorted, without generated pages."""
    paths = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return tuple(read(path) for path in sorted(paths) if not _is_generated(path.relative_to(ROOT)))


def _is_generated(path: Path) -> bool:
    return path.parts[0] in ("build", "mutants") or any(part.startswith(".") for part in path.parts)


def manual() -> tuple[Page, ...]:
    """Return the README and the pages in docs/."""
    return pages("README.md", "docs/*.md")


@cache
def read(path: Path) -> Page:
    tokens = _parsed(path.read_text(encoding="utf-8"))
    headings = tuple(_headings(tokens))
    return Page(
        path=path,
        headings=headings,
        anchors=frozenset(_anchors(headings)),
        links=tuple(_links(tokens)),
        spans=tuple(_spans(tokens)),
        fences=tuple(_fences(tokens)),
        tables=tuple(_tables(tokens)),
    )


def _parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def _headings(tokens: list[Token]) -> Iterator[Span]:
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            yield Span(_plain(token), _line(token))


def _plain(token: Token) -> str:
    return "".join(one.content for one in token.children or () if one.type in ("text", "code_inline"))


def _anchors(headings: tuple[Span, ...]) -> Iterator[str]:
    """Yield the anchors that GitHub generates for headings; duplicates are numbered."""
    seen: Counter[str] = Counter()
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.text.lower()).replace(" ", "-")
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1


def _links(tokens: list[Token]) -> Iterator[Span]:
    for token, child in _inline(tokens):
        target = child.attrGet("href") or child.attrGet("src")
        if target:
            yield Span(str(target), _line(token))


def _spans(tokens: list[Token]) -> Iterator[Span]:
    yield from (Span(c.content, _line(t)) for t, c in _inline(tokens) if c.type == "code_inline")


def _inline(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    yield from ((token, child) for token in tokens for child in token.children or ())


def _fences(tokens: list[Token]) -> Iterator[Fence]:
    for token in tokens:
        if token.type == "fence":
            language, *marks = token.info.split() or [""]
            yield Fence(language, tuple(marks), token.content, _line(token))
        elif token.type == "code_block":
            yield Fence("", (), token.content, _line(token))


def _tables(tokens: list[Token]) -> Iterator[tuple[str, Table]]:
    comment, rows = "", list[list[str]]()
    for token in tokens:
        match token.type:
            case "html_block":
                comment = token.content.strip().removeprefix("<!--").removesuffix("-->").strip()
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "inline" if rows and token.level > 2:
                rows[-1].append(" ".join(token.content.split()))
            case "table_close":
                yield comment, tuple(map(tuple, rows))
                comment, rows = "", []
            case "heading_open" | "paragraph_open":
                comment = ""


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
