"""The vulnerability audit fails on a vulnerability, and reports packages that were not audited."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.audit import LOCK, OPTIONS, main
from tools.lockfile import read_lock

CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
UNKNOWN = {"name": "cronsim", "skip_reason": "Dependency not found"}
VULNERABLE = {
    "name": "httpx",
    "version": "0.28.1",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.28.2", "0.29"], "aliases": [], "description": "bad"}],
}
UNFIXED = {"name": "pydantic", "version": "2.14", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNREACHABLE = "requests.exceptions.ConnectionError: name not resolved"


@pytest.fixture
def fake(tmp_path: Path) -> Any:
    """Creates a fake pip-audit that prints these packages, or an error."""

    def make(packages: list[dict[str, Any]] | None, error: str = "") -> list[str]:
        output = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
        script = tmp_path / "pip_audit.py"
        script.write_text(f"import sys\nprint({output!r})\nsys.exit({error!r} or 1)\n")
        return [sys.executable, str(script)]

    return make


@pytest.mark.parametrize(
    ("packages", "default", "strict", "lines"),
    [
        pytest.param([CLEAN], 0, 0, ["1 of 1 locked packages audited, 0 vulnerabilities"], id="clean"),
        pytest.param(
            [CLEAN, VULNERABLE, UNFIXED],
            1,
            1,
            [
                "3 of 3 locked packages audited, 2 vulnerabilities",
                "httpx 0.28.1: PYSEC-1, fixed in 0.28.2, 0.29",
                "pydantic 2.14: PYSEC-2, fixed in no version",
                "make lock UPGRADE=1",
            ],
            id="vulnerable",
        ),
        pytest.param(
            [CLEAN, UNKNOWN],
            0,
            1,
            ["1 of 2", "NOT AUDITED", "not in the vulnerability database: cronsim"],
            id="one unknown",
        ),
        pytest.param(
            [UNKNOWN],
            0,
            1,
            ["NOT AUDITED: the vulnerability database has none of the 1 locked packages"],
            id="none known",
        ),
        pytest.param(
            [UNKNOWN, VULNERABLE],
            1,
            1,
            ["PYSEC-1", "not in the vulnerability database: cronsim"],
            id="vulnerable and unknown",
        ),
    ],
)
def test_exit_codes(
    fake: Any,
    packages: list[dict[str, Any]],
    default: int,
    strict: int,
    lines: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A vulnerability is a failure; a package that the database does not know is one only with --strict."""
    assert main([], fake(packages)) == default
    printed = capsys.readouterr().out
    assert [line for line in lines if line not in printed] == []
    assert main(["--strict"], fake(packages)) == strict


def test_unavailable_database_fails_only_with_strict(fake: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """If the vulnerability database is not available, the audit says so, and fails only with --strict."""
    assert main([], fake(None, UNREACHABLE)) == 0
    assert "NOT AUDITED: the vulnerability database is not available" in capsys.readouterr().out
    assert main(["--strict"], fake(None, UNREACHABLE)) == 1


def test_other_errors_of_pip_audit_fail(fake: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """If pip-audit fails for another reason, the exit code is 2 and its error is printed."""
    assert main([], fake(None, "ERROR: requirements-dev.txt line 3: bad hash")) == 2
    assert "bad hash" in capsys.readouterr().err


def test_pip_audit_accepts_the_options() -> None:
    """The real pip-audit accepts the options and collects every locked package (dry run, no database)."""
    command = [sys.executable, "-m", "pip_audit", "--dry-run", "--requirement", str(LOCK), *OPTIONS]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- pip-audit
    markers = [one.requirement.marker for one in read_lock(LOCK).values()]
    applicable = [marker for marker in markers if marker is None or marker.evaluate()]
    assert f"would have audited {len(applicable)} packages" in completed.stderr
