"""The versions that a page asks for are those that the project's own files ask for."""

import re

import yaml

from tests.support.pages import ROOT


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
