"""Versions and layers in the pages match the project files."""

import re
import tomllib

import yaml

from tests.support.paths import ROOT


def test_azd_version() -> None:
    """docs/deploy.md has the minimum azd version of azure.yaml, which azd enforces."""
    required = yaml.safe_load((ROOT / "azure.yaml").read_text())["requiredVersions"]["azd"]
    documented = re.findall(r"(?:`azd`\) \*\*|azd )(\d+\.\d+\.\d+) or newer", (ROOT / "docs" / "deploy.md").read_text())
    assert len(documented) == 2
    assert {f">= {version}" for version in documented} == {required}


def test_python_version() -> None:
    """README has the minimum Python version of pyproject.toml."""
    (required,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"Python {required} or newer" in (ROOT / "README.md").read_text()


def test_layers_match_the_import_contract() -> None:
    """docs/architecture.md lists the layers of `shared/` in the order of the import-linter contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one.get("containers") == ["shared"]]
    page = " ".join((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    assert " → ".join(layers) in page
