"""Settings of an app: the environment, `local.settings.json` and `host.json`."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localhost.errors import AppError

DEFAULT_ROUTE_PREFIX = "api"

_PLACEHOLDER = re.compile(r"%([^%]+)%")


def local_settings(path: Path) -> dict[str, str]:
    """Return the `Values` of a `local.settings.json`."""
    document = _read(path)
    if document.get("IsEncrypted"):
        raise AppError(f"{path} is encrypted; run: func settings decrypt")
    values = document.get("Values", {})
    if not isinstance(values, dict):
        raise AppError(f"{path}: Values is not an object")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}


def route_prefix(app_dir: Path) -> str:
    """Return the prefix of HTTP routes (`extensions.http.routePrefix` in `host.json`), without slashes."""
    path = app_dir / "host.json"
    section: Any = _read(path) if path.exists() else {}
    for name in ("extensions", "http"):
        section = section.get(name, {}) if isinstance(section, dict) else {}
    prefix = section.get("routePrefix", DEFAULT_ROUTE_PREFIX) if isinstance(section, dict) else None
    if not isinstance(prefix, str):
        raise AppError(f"{path}: extensions.http.routePrefix is not a string")
    return prefix.strip("/")


def resolve(value: Any, settings: Mapping[str, str]) -> Any:
    """Replace every `%NAME%` in the strings of `value`. Raises `ValueError` for a name that is not set."""
    match value:
        case str():
            return _PLACEHOLDER.sub(lambda match: _setting(match[1], settings), value)
        case dict():
            return {key: resolve(item, settings) for key, item in value.items()}
        case list():
            return [resolve(item, settings) for item in value]
    return value


def _setting(name: str, settings: Mapping[str, str]) -> str:
    if name not in settings:
        raise ValueError(f"'%{name}%' does not resolve to a value; set {name}")
    return settings[name]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AppError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise AppError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise AppError(f"{path} is not a JSON object")
    return document
