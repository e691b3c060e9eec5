"""What a page tells of versions and layers is what the project's own files ask for."""

import re
import tomllib

import yaml

from tests.support.paths import ROOT


def test_the_oldest_azd_is_the_one_that_azd_itself_is_told() -> None:
    """azd refuses to run a project that asks for a newer one, so that nobody removes it with one that must not."""
    asked = yaml.safe_load((ROOT / "azure.yaml").read_text())["requiredVersions"]["azd"]
    told = re.findall(
        r"(?:`azd`\) \*\*|azd )(\d+\.\d+\.\d+) or newer", (ROOT / "docs" / "deploy.md").read_text()
    )
    assert len(told) == 2
    assert {f">= {version}" for version in told} == {asked}


def test_the_oldest_python_is_the_one_that_the_project_asks_for() -> None:
    """The README names the Python that pyproject.toml requires."""
    (required,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"Python {required} or newer" in (ROOT / "README.md").read_text()


def test_the_layers_are_those_of_the_contract() -> None:
    """The architecture tells the layers of `shared/` as import-linter checks them, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one.get("containers") == ["shared"]]
    page = " ".join((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    assert " → ".join(layers) in page
