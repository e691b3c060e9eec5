"""docs/settings.md documents exactly the settings that exist, with their defaults."""

from enum import StrEnum
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from shared.settings import Settings
from tests.support.pages import read
from tests.support.paths import ROOT

ROWS = {row[0].strip("`"): row for row in read(ROOT / "docs" / "settings.md").table_of("settings")[1:]}
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}


def test_table_lists_the_settings_of_the_app() -> None:
    """The rows of the table are the settings that the app reads."""
    assert sorted(ROWS) == sorted(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_settings_have_meaning_and_default(name: str) -> None:
    """The default in the table is the one in the code; a setting without a default is `required`."""
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


def test_every_choice_is_documented() -> None:
    """The meaning of a setting with fixed values lists each value."""
    values = [(name, choice.value) for name, field in FIELDS.items() for choice in choices(field.annotation)]
    assert len(values) >= 4
    assert [(name, value) for name, value in values if f"`{value}`" not in ROWS[name][1]] == []


def choices(annotation: Any) -> list[StrEnum]:
    return list(annotation) if isinstance(annotation, type) and issubclass(annotation, StrEnum) else []


def in_environment(default: Any) -> str:
    """Return a default in the format of an environment variable."""
    if isinstance(default, bool):
        return str(default).lower()
    return "/".join(map(str, default)) if isinstance(default, tuple) else str(default)
