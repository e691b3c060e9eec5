"""What the templates in infra/ say, read by the parser of the checker that lies beside the repository.

There is no Bicep compiler here, so nothing is evaluated: literals are read as they are, and what is not a
literal stays the text of its expression.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

INFRA = ROOT / "infra"
CHECKER = INFRA.parent.parent / "shared" / "tools" / "check_bicep.py"
WHY_NOT = f"the checker of Bicep files does not lie beside the repository ({CHECKER.name})"
needs_checker = pytest.mark.skipif(not CHECKER.exists(), reason=WHY_NOT)


class Expression(str):
    """The text of something that is no literal."""

    __slots__ = ()


def files() -> list[Path]:
    return sorted(INFRA.rglob("*.bicep"))


class Template:
    """One Bicep file."""

    def __init__(self, name: str) -> None:
        sys.path.insert(0, str(CHECKER.parent))
        try:
            symbols = importlib.import_module("bicepcheck.symbols")
            self._source = importlib.import_module("bicepcheck.source")
        finally:
            sys.path.remove(str(CHECKER.parent))
        self._file = symbols.load_file((INFRA / name).resolve())

    def names(self, kind: str) -> list[str]:
        """The names declared as param, var, resource, module, output, …"""
        return list(self._file.of_kind(kind))

    def value(self, kind: str, name: str) -> Any:
        """The default, value or body of a declaration; None where it has none."""
        declaration = self._file.of_kind(kind)[name]
        node = declaration.body if kind in ("resource", "module") else declaration.value
        return None if node is None else self._read(node)

    def has_default(self, parameter: str) -> bool:
        return self._file.of_kind("param")[parameter].value is not None

    def secure(self) -> list[str]:
        """The parameters that are marked as secret."""
        declared = self._file.of_kind("param").items()
        return [name for name, one in declared if "@secure()" in self._decorators(one)]

    def described(self, parameter: str) -> bool:
        return "@description(" in self._decorators(self._file.of_kind("param")[parameter])

    def statements(self) -> dict[tuple[str, str], str]:
        """The text of each declaration, by its kind and name."""
        return {(one.kind, one.name): self._source_text(one.statement) for one in self._file.all}

    def texts(self) -> dict[str, str]:
        """The text of each parameter's default and each variable's value."""
        kinds = ("param", "var")
        declared = [one for one in self._file.all if one.kind in kinds and one.value is not None]
        return {one.name: self._source_text(one.value) for one in declared}

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every object in the file, outermost first."""
        for node in self._source.descendants(self._file.source.root, "object"):
            yield self._read(node)

    def calls(self) -> set[str]:
        """The names of the functions that are called."""
        nodes = self._source.descendants(self._file.source.root, "call_expression")
        return {self._source_text(node.child_by_field_name("function")) for node in nodes}

    def _decorators(self, declaration: Any) -> str:
        return self._source_text(declaration.decorators) if declaration.decorators else ""

    def _source_text(self, node: Any) -> str:
        return str(self._file.source.text(node))

    def _read(self, node: Any) -> Any:
        source, node = self._file.source, self._source.unwrap(node)
        text = str(source.text(node))
        match node.type:
            case "object":
                return {name: self._read(value) for name, _, value in source.pairs(node)}
            case "array":
                return [self._read(item) for item in source.items(node)]
            case "string":
                plain = source.string(node)
                return Expression(text) if plain is None else plain
            case "number" | "boolean" | "null":
                return json.loads(text)
        return Expression(text)
