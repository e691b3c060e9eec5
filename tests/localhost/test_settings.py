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
    """The route prefix is `api` unless host.json says otherwise."""
    if host_json is not None:
        (tmp_path / "host.json").write_text(json.dumps(host_json))
    assert route_prefix(tmp_path) == prefix


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"extensions": {"http": {"routePrefix": 1}}}', "string"),
    ],
)
def test_bad_host_json(tmp_path: Path, content: str, why: str) -> None:
    """A host.json that cannot be understood is refused by name."""
    (tmp_path / "host.json").write_text(content)
    with pytest.raises(AppError, match=f"host.json.*{why}"):
        route_prefix(tmp_path)


def test_local_settings(tmp_path: Path) -> None:
    """Settings are strings, whatever JSON they were written as; a byte order mark does not matter."""
    path = tmp_path / "local.settings.json"
    path.write_text(json.dumps({"Values": {"A": "x", "B": 1, "C": True}}), encoding="utf-8-sig")
    assert local_settings(path) == {"A": "x", "B": "1", "C": "true"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"IsEncrypted": true}', "encrypted"),
        ('{"Values": []}', "Values"),
        ("", "JSON"),
        (None, "cannot be read"),
    ],
)
def test_bad_local_settings(tmp_path: Path, content: str | None, why: str) -> None:
    """Settings that cannot be read are refused by file name."""
    path = tmp_path / "local.settings.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AppError, match=f"local.settings.json.*{why}"):
        local_settings(path)


def test_resolve() -> None:
    """Settings are filled in at any depth; anything else stays as it is."""
    binding = {"schedule": "%A%", "methods": ["x%A%%B%"], "n": 1, "route": "50%"}
    resolved = resolve(binding, {"A": "a", "B": ""})
    assert resolved == {"schedule": "a", "methods": ["xa"], "n": 1, "route": "50%"}


def test_unresolved() -> None:
    """A setting that is not set is named."""
    with pytest.raises(ValueError, match="'%A%' does not resolve to a value; set A"):
        resolve(["%A%"], {})
