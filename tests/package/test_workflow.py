"""The GitHub workflows run the same targets as .ci/run, with pinned actions, minimal permissions and no secrets."""

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
    """Yield each command line of each step, once per value of the matrix."""
    for job in workflow["jobs"].values():
        targets = job.get("strategy", {}).get("matrix", {}).get("target", [""])
        for line in "\n".join(step.get("run", "") for step in job["steps"]).splitlines():
            yield from {line.replace("${{ matrix.target }}", target) for target in targets}


def make_targets(lines: Iterator[str] | list[str]) -> set[str]:
    """Return the make targets in these commands."""
    words = [shlex.split(line, comments=True) for line in lines]
    calls = [line[1:] for line in words if line[:1] == ["make"]]
    return {word for call in calls for word in call if "=" not in word and not word.startswith("-")}


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def workflow(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_workflows_exist() -> None:
    """The repository has at least one workflow, so that the other tests check something."""
    assert WORKFLOWS


def test_actions_are_pinned_to_a_commit(path: Path, workflow: Any) -> None:
    """Each action is pinned to a commit, with its release in a comment: tags can be moved."""
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_make_targets_exist(workflow: Any) -> None:
    """Each make target of a workflow is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert make_targets(commands(workflow)) <= targets


def test_workflows_run_the_targets_of_ci() -> None:
    """The workflows and .ci/run run the same make targets."""
    ci = make_targets((ROOT / ".ci" / "run").read_text().splitlines())
    workflows = {target for path in WORKFLOWS for target in make_targets(commands(yaml.safe_load(path.read_text())))}
    assert {"lint", "test", "package", "audit"} <= ci
    assert ci == workflows


def test_workflow_token_is_read_only(path: Path, workflow: Any) -> None:
    """The token of a run can read the repository and nothing more, and no step keeps it.

    A deployment also gets an identity token, with which it signs in to Azure instead of with a secret.
    """
    assert workflow["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more == ({"deploy": {"contents": "read", "id-token": "write"}} if path.stem == "deploy" else {})
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_workflow_has_no_secrets_and_no_untrusted_input(path: Path, workflow: Any) -> None:
    """No secrets, no trigger that runs a fork's code with write permissions, no untrusted expression in a command."""
    text = path.read_text()
    assert "secrets." not in text
    triggers = workflow[True]  # YAML parses the key `on` as true
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers)
    expressions = {one for step in steps(workflow) for one in re.findall(r"\$\{\{(.*?)\}\}", step.get("run", ""))}
    assert {one.strip() for one in expressions} <= {"matrix.target"}


def test_jobs_have_timeouts_and_concurrency_limits(workflow: Any) -> None:
    """Each job has a timeout, and a newer push to a pull request cancels the older run."""
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert set(workflow["concurrency"]) == {"group", "cancel-in-progress"}


def test_workflow_uses_the_python_version_of_the_project(workflow: Any) -> None:
    """The workflow's Python version is the one that mypy checks and Azure runs."""
    pythons = {step["with"]["python-version"] for step in steps(workflow) if "setup-python@" in step.get("uses", "")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert pythons == {project["tool"]["mypy"]["python_version"]}
