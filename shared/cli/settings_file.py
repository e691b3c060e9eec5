"""Settings from a `local.settings.json`, set in this process's environment as Azure Functions Core Tools do."""

import json
from collections.abc import MutableMapping
from pathlib import Path

from shared.settings import SettingsError


def load(path: Path, environment: MutableMapping[str, str]) -> None:
    """Set the file's Values in the environment; existing variables have precedence. Raises SettingsError."""
    for name, value in _values(path).items():
        environment.setdefault(name, value if isinstance(value, str) else json.dumps(value))


def _values(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise SettingsError([f"{path} is not JSON: {error}"]) from error
    values = document.get("Values", {}) if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise SettingsError([f"{path} is not a JSON object with an object Values"])
    if document.get("IsEncrypted"):
        raise SettingsError([f"{path} is encrypted. Remedy: func settings decrypt"])
    return values
