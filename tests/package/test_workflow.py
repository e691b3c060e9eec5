"""The GitHub workflows do what .ci/run does, with pinned actions, few rights and no secrets."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
FILES = [pytest.param(path, id=path.name) for path in WORKFLOWS]


def steps(workflow: Any) -> Iterator[Any]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def commands(workflow: Any) -> Iterator[str]:
    """Each line of each step's commands, once for every value of the matrix."""
    for job in workflow["jobs"].values():
        targets = job.get("strategy", {}).get("matrix", {}).get("target", [""])
        for line in "\n".join(step.get("run", "") for step in job["steps"]).splitlines():
            yield from {line.replace("${{ matrix.target }}", target) for target in targets}


def made(lines: Iterator[str] | list[str]) -> set[str]:
    """The make targets that these commands ask for."""
    words = [shlex.split(line, comments=True) for line in lines]
    calls = [line[1:] for line in words if line[:1] == ["make"]]
    return {word for call in calls for word in call if "=" not in word and not word.startswith("-")}


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def workflow(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_there_is_a_workflow() -> None:
    """The other tests here are about something."""
    assert WORKFLOWS


def test_every_action_is_pinned_and_its_version_told(path: Path, workflow: Any) -> None:
    """A tag can be moved, a commit cannot; the comment says which release the commit is."""
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_every_target_that_is_made_exists(workflow: Any) -> None:
    """What the workflow asks make for stands in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert made(commands(workflow)) <= targets


def test_forks_check_what_ci_checks() -> None:
    """The workflows make what .ci/run makes, and nothing is left out on either side."""
    here = made((ROOT / ".ci" / "run").read_text().splitlines())
    there = {target for path in WORKFLOWS for target in made(commands(yaml.safe_load(path.read_text())))}
    assert {"lint", "test", "package", "audit"} <= here
    assert here == there


def test_a_workflow_may_only_read(path: Path, workflow: Any) -> None:
    """The token of a run can read the repository and nothing more, and no step keeps it.

    A deployment also gets an identity token, with which it signs in to Azure instead of with a secret.
    """
    assert workflow["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more == ({"deploy": {"contents": "read", "id-token": "write"}} if path.stem == "deploy" else {})
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_workflow_knows_no_secret_and_runs_nothing_that_a_stranger_wrote(path: Path, workflow: Any) -> None:
    """No secrets, no trigger that gives a stranger's code our rights, no expression of theirs in a command."""
    text = path.read_text()
    assert "secrets." not in text
    triggers = workflow[True]  # YAML reads the bare word `on` so
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers)
    expressions = {
        one for step in steps(workflow) for one in re.findall(r"\$\{\{(.*?)\}\}", step.get("run", ""))
    }
    assert {one.strip() for one in expressions} <= {"matrix.target"}


def test_a_workflow_ends_and_does_not_pile_up(workflow: Any) -> None:
    """Each job has a limit, and a newer push to a request ends the older run."""
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert set(workflow["concurrency"]) == {"group", "cancel-in-progress"}


def test_it_runs_on_the_python_of_the_project(workflow: Any) -> None:
    """The Python of the workflow is the one that is deployed to and checked for."""
    pythons = {
        step["with"]["python-version"] for step in steps(workflow) if "setup-python@" in step.get("uses", "")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert pythons == {project["tool"]["mypy"]["python_version"]}
