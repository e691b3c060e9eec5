import json
from pathlib import Path

import pytest

from localhost.errors import AppError
from localhost.settings import local_settings, resolve, route_prefix


@pytest.mark.parametrize(
    ("host_json", "prefix"),
    [
        (None, "api"),
        ({}, "api"),
        ({"extensions": {"http": {}}}, "api"),
        ({"extensions": {"http": {"routePrefix": ""}}}, ""),
        ({"extensions": {"http": {"routePrefix": "/a/b/"}}}, "a/b"),
    ],
)
def test_route_prefix(tmp_path: Path, host_json: object, prefix: str) -> None:
    """The route prefix is the one in host.json; default `api`."""
    if host_json is not None:
        (tmp_path / "host.json").write_text(json.dumps(host_json))
    assert route_prefix(tmp_path) == prefix


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"extensions": {"http": {"routePrefix": 1}}}', "string"),
    ],
)
def test_bad_host_json(tmp_path: Path, content: str, reason: str) -> None:
    """An invalid host.json is rejected with its path."""
    (tmp_path / "host.json").write_text(content)
    with pytest.raises(AppError, match=f"host.json.*{reason}"):
        route_prefix(tmp_path)


def test_local_settings(tmp_path: Path) -> None:
    """Values of any JSON type become strings; a byte order mark is ignored."""
    path = tmp_path / "local.settings.json"
    path.write_text(json.dumps({"Values": {"A": "x", "B": 1, "C": True}}), encoding="utf-8-sig")
    assert local_settings(path) == {"A": "x", "B": "1", "C": "true"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"IsEncrypted": true}', "encrypted"),
        ('{"Values": []}', "Values"),
        ("", "JSON"),
        (None, "cannot be read"),
    ],
)
def test_bad_local_settings(tmp_path: Path, content: str | None, reason: str) -> None:
    """An invalid settings file is rejected with its path."""
    path = tmp_path / "local.settings.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AppError, match=f"local.settings.json.*{reason}"):
        local_settings(path)


def test_resolve() -> None:
    """`%NAME%` is replaced at any depth; other text is unchanged."""
    binding = {"schedule": "%A%", "methods": ["x%A%%B%"], "n": 1, "route": "50%"}
    resolved = resolve(binding, {"A": "a", "B": ""})
    assert resolved == {"schedule": "a", "methods": ["xa"], "n": 1, "route": "50%"}


def test_unresolved() -> None:
    """A setting that is not set is an error with its name."""
    with pytest.raises(ValueError, match="'%A%' does not resolve to a value; set A"):
        resolve(["%A%"], {})
