"""What Microsoft's Bicep compiler says of the templates, where it is installed."""

from pathlib import Path

import pytest

from tests.support.snapshots import INFRA, cases
from tools.templates import MISSING, PLACE, bicep, compiler, files, unformatted

PROGRAM = compiler() or ""
needs_compiler = pytest.mark.skipif(not PROGRAM, reason=MISSING)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The compiler unpacks itself into its home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BICEP_HOME", str(tmp_path_factory.getbasetemp()))


@needs_compiler
@pytest.mark.parametrize("name", ["main.bicep", "events.bicep", "events.bicepparam"])
def test_the_linter_has_no_finding(name: str) -> None:
    """Compiler and linter have no error and no warning, for a template with all its modules."""
    assert bicep(PROGRAM, "lint", INFRA / name) == ""


@needs_compiler
def test_every_file_is_formatted() -> None:
    """Every file is as the formatter writes it."""
    assert unformatted(PROGRAM) == []


@needs_compiler
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.stem)
def test_the_snapshots_are_current(case: Path) -> None:
    """The templates deploy what the committed snapshot contains; `make templates` renews it."""
    assert bicep(PROGRAM, "snapshot", case, "--mode=validate", *PLACE) == ""


def test_every_case_has_its_snapshot() -> None:
    """Each file of parameters has a snapshot, and each snapshot its parameters."""
    snapshots = {path.name.removesuffix(".snapshot.json") for path in (INFRA / "snapshots").glob("*.json")}
    assert snapshots == {case.stem for case in cases()}
    assert len(snapshots) >= 8


def test_every_module_is_a_file_of_the_repository() -> None:
    """No template needs a registry of modules."""
    for path in files():
        for line in path.read_text().splitlines():
            if line.startswith("module "):
                assert (path.parent / line.split("'")[1]).is_file(), f"{path.name}: {line}"
