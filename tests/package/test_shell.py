"""The shell scripts of the repository."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPTS = [ROOT / ".ci" / "run", *sorted((ROOT / "tools").glob("*.sh"))]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_has_no_finding(script: Path) -> None:
    """A script has no construct that shells read in different ways."""
    command = [str(Path(sys.executable).parent / "shellcheck"), str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stdout
