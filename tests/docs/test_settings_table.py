"""docs/settings.md tells of every setting that there is, with its default, and of no other."""

from enum import StrEnum
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from shared.settings import Settings
from tests.support.pages import read
from tests.support.paths import ROOT

ROWS = {row[0].strip("`"): row for row in read(ROOT / "docs" / "settings.md").table_of("settings")[1:]}
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    """The table's names are just those that the app reads."""
    assert sorted(ROWS) == sorted(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_is_told_with_its_meaning_and_default(name: str) -> None:
    """The default in the table is the one in the code; a setting without one is called required."""
    _, meaning, default = ROWS[name]
    assert len(meaning) > 10
    field = FIELDS[name]
    if field.default is PydanticUndefined:
        assert default == "required"
    elif field.default is None:
        assert default
        assert "`" not in default or default.strip("`") in FIELDS
    else:
        assert default == f"`{in_environment(field.default)}`"


def test_every_choice_is_told() -> None:
    """Where a setting takes one of a few words, each of them is in its meaning."""
    words = [(name, word.value) for name, field in FIELDS.items() for word in choices(field.annotation)]
    assert len(words) >= 4
    assert [(name, word) for name, word in words if f"`{word}`" not in ROWS[name][1]] == []


def choices(annotation: Any) -> list[StrEnum]:
    return list(annotation) if isinstance(annotation, type) and issubclass(annotation, StrEnum) else []


def in_environment(default: Any) -> str:
    """A default as it would be written in the environment."""
    if isinstance(default, bool):
        return str(default).lower()
    return "/".join(map(str, default)) if isinstance(default, tuple) else str(default)
