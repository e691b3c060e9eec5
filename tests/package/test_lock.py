"""The lock files are in step with what is asked for, and name files by their hashes and nothing else."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT
from tools.lockfile import Locked, read_input, read_lock

INPUTS = {
    "requirements.txt": ["requirements.in"],
    "requirements-cli.txt": ["requirements.in", "requirements-cli.in"],
    "requirements-dev.txt": ["requirements.in", "requirements-cli.in", "requirements-dev.in"],
}
LOCKS = sorted(INPUTS)
REMEDY = "run `make lock`, and commit what it writes"


def lock(name: str) -> dict[str, Locked]:
    return read_lock(ROOT / name)


def asked_for(name: str) -> dict[str, Requirement]:
    return {package: one for file in INPUTS[name] for package, one in read_input(ROOT / file).items()}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_asked_for_is_locked_in_a_version_that_was_asked_for(name: str) -> None:
    """What an input file asks for stands in the lock, in a version within its bounds."""
    locked = lock(name)
    missing = sorted(set(asked_for(name)) - set(locked))
    assert not missing, REMEDY
    outside = [
        str(one) for package, one in asked_for(name).items() if locked[package].version not in one.specifier
    ]
    assert not outside, REMEDY


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_nobody_asks_for(name: str) -> None:
    """What the lock says an input file asks for is just what the input file asks for."""
    for file in INPUTS[name]:
        direct = {package for package, locked in lock(name).items() if f"-r {file}" in locked.wanted_by}
        assert direct == set(read_input(ROOT / file)), REMEDY


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_wanted_by_one_that_is_locked(name: str) -> None:
    """The chain of who wants whom ends at an input file."""
    known = {*lock(name), *(f"-r {file}" for file in INPUTS[name]), "-c requirements.txt"}
    for locked in lock(name).values():
        assert locked.wanted_by, locked.name
        assert set(locked.wanted_by) <= known, locked.name


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_the_hashes_of_its_files(name: str) -> None:
    """pip turns to checking hashes, in Azure's build as well, and would refuse a package without one."""
    assert len(lock(name)) > 20
    for locked in lock(name).values():
        assert locked.version
        assert locked.hashes, locked.name
        assert all(one.startswith("sha256:") for one in locked.hashes), locked.name


@pytest.mark.parametrize("name", [*LOCKS, *INPUTS["requirements-dev.txt"]])
def test_no_place_to_install_from_is_named(name: str) -> None:
    """Where packages come from is the matter of whoever installs them."""
    text = (ROOT / name).read_text()
    options = [line for line in text.splitlines() if line.startswith("-") and line[:3] not in ("-r ", "-c ")]
    assert options == []
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize("name", ["requirements-cli.txt", "requirements-dev.txt"])
def test_development_uses_what_runs_in_azure(name: str) -> None:
    """A package of both locks is the same version with the same files in both."""
    deployed, more = lock("requirements.txt"), lock(name)
    for package, locked in deployed.items():
        assert (more[package].requirement, more[package].hashes) == (
            locked.requirement,
            locked.hashes,
        ), REMEDY


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in LOCKS for file in INPUTS[name]])
def test_an_input_asks_for_bounded_versions(name: str, file: str) -> None:
    """Each version asked for has a lower and an upper bound."""
    for package, one in read_input(ROOT / file).items():
        operators = {specifier.operator for specifier in one.specifier}
        assert operators == {">=", "<"}, package


def test_a_lock_is_read_with_its_markers_extras_and_wishes(tmp_path: Path) -> None:
    """A lock in each form the resolver writes: one wish or several, markers, extras."""
    text = (
        "# made by\n#    make lock\n"
        "One_A[x,y]==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "    # via\n    #   -r requirements.in\n    #   two\n"
        "two==2 \\\n    --hash=sha256:cc\n    # via -r requirements.in\n"
    )
    (tmp_path / "lock").write_text(text)
    one, two = read_lock(tmp_path / "lock").values()
    assert (one.name, str(one.version), one.hashes) == ("one-a", "1.0", ("sha256:aa", "sha256:bb"))
    assert str(one.requirement.marker) == 'sys_platform == "win32"'
    assert (one.wanted_by, two.wanted_by) == (("-r requirements.in", "two"), ("-r requirements.in",))
    assert one.line() == "one-a==1.0 --hash=sha256:aa --hash=sha256:bb"


def test_a_range_is_no_lock() -> None:
    """A package that is not pinned has no one version."""
    with pytest.raises(ValueError, match="one>=1 is not locked to one version"):
        _ = Locked(Requirement("one>=1"), (), ()).version
