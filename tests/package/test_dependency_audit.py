"""The audit of the locked packages fails on a vulnerability, and never takes silence for a clean bill."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.audit import LOCK, OPTIONS, main
from tools.lockfile import read_lock

CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
SILENT = {"name": "cronsim", "skip_reason": "Dependency not found"}
VULNERABLE = {
    "name": "httpx",
    "version": "0.28.1",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.28.2", "0.29"], "aliases": [], "description": "bad"}],
}
INCURABLE = {"name": "pydantic", "version": "2.14", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNREACHABLE = "requests.exceptions.ConnectionError: name not resolved"


@pytest.fixture
def fake(tmp_path: Path) -> Any:
    """Makes a stand-in for pip-audit that answers with these packages, or complains."""

    def make(packages: list[dict[str, Any]] | None, complaint: str = "") -> list[str]:
        said = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
        script = tmp_path / "pip_audit.py"
        script.write_text(f"import sys\nprint({said!r})\nsys.exit({complaint!r} or 1)\n")
        return [sys.executable, str(script)]

    return make


@pytest.mark.parametrize(
    ("packages", "lenient", "strict", "told"),
    [
        pytest.param([CLEAN], 0, 0, ["1 of 1 locked packages audited, 0 vulnerabilities"], id="clean"),
        pytest.param(
            [CLEAN, VULNERABLE, INCURABLE],
            1,
            1,
            [
                "3 of 3 locked packages audited, 2 vulnerabilities",
                "httpx 0.28.1: PYSEC-1, cured in 0.28.2, 0.29",
                "pydantic 2.14: PYSEC-2, cured in no version yet",
                "make lock UPGRADE=1",
            ],
            id="vulnerable",
        ),
        pytest.param(
            [CLEAN, SILENT],
            0,
            1,
            ["1 of 2", "NOT AUDITED", "does not know them: cronsim"],
            id="one unanswered",
        ),
        pytest.param(
            [SILENT],
            0,
            1,
            ["NOT AUDITED: the database knows none of the 1 locked packages"],
            id="none answered",
        ),
        pytest.param(
            [SILENT, VULNERABLE],
            1,
            1,
            ["PYSEC-1", "does not know them: cronsim"],
            id="vulnerable and unanswered",
        ),
    ],
)
def test_the_answer_decides(
    fake: Any,
    packages: list[dict[str, Any]],
    lenient: int,
    strict: int,
    told: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A vulnerability fails; a package the database does not know is named, and fails only strictly."""
    assert main([], fake(packages)) == lenient
    said = capsys.readouterr().out
    assert [text for text in told if text not in said] == []
    assert main(["--strict"], fake(packages)) == strict


def test_a_database_out_of_reach_is_said_and_is_no_finding(
    fake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the network ends, the audit says that nothing is known; strictly, that is a failure."""
    assert main([], fake(None, UNREACHABLE)) == 0
    assert "NOT AUDITED: the database of vulnerabilities is out of reach" in capsys.readouterr().out
    assert main(["--strict"], fake(None, UNREACHABLE)) == 1


def test_any_other_failure_of_the_audit_fails(fake: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A pip-audit that cannot read the lock has audited nothing, and that is nobody's network."""
    assert main([], fake(None, "ERROR: requirements-dev.txt line 3: bad hash")) == 2
    assert "bad hash" in capsys.readouterr().err


def test_pip_audit_understands_how_it_is_called() -> None:
    """The real pip-audit takes our options and collects every package of the lock (and asks no database here)."""
    command = [sys.executable, "-m", "pip_audit", "--dry-run", "--requirement", str(LOCK), *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- pip-audit
    markers = [one.requirement.marker for one in read_lock(LOCK).values()]
    installed_here = [marker for marker in markers if marker is None or marker.evaluate()]
    assert f"would have audited {len(installed_here)} packages" in done.stderr
