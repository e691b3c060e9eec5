"""What Microsoft's own Bicep compiler says of the templates, where it is installed (`az bicep install`)."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.bicep import INFRA, files

BESIDE = INFRA.parent.parent / "shared" / "bicep" / "bicep"
PROGRAM = shutil.which("bicep") or (str(BESIDE) if BESIDE.exists() else None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="the Bicep compiler is not installed")
PARAMETERS = INFRA / "events.bicepparam"
ALL = [*files(), PARAMETERS]
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def bicep(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the compiler with a home of its own, which it unpacks itself into, and values for events.bicepparam."""
    assert PROGRAM
    named = re.findall(r"readEnvironmentVariable\('(\w+)'\)", PARAMETERS.read_text())
    values = dict.fromkeys(named, "x") | {"MONITORED_SCOPES": f"/subscriptions/{SUBSCRIPTION}"}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
    }
    return subprocess.run(  # noqa: S603 -- as installed
        [PROGRAM, *arguments], env=environment | values, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "path", [INFRA / "main.bicep", INFRA / "events.bicep", PARAMETERS], ids=lambda one: one.name
)
def test_the_compiler_finds_nothing(home: Path, path: Path) -> None:
    """Compiler and linter have no error and no warning, for a template with all its modules."""
    told = bicep(home, "lint", path)
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_every_file_is_formatted(home: Path, tmp_path: Path) -> None:
    """Every file is as the formatter writes it."""
    copy = shutil.copytree(INFRA, tmp_path / "infra")
    told = bicep(home, "format", "--pattern", f"{copy}/**/*.bicep*")
    assert told.returncode == 0, told.stderr
    changed = [path.name for path in ALL if (copy / path.relative_to(INFRA)).read_text() != path.read_text()]
    assert changed == []
