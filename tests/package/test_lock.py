"""The lock files match their input files, and contain hashes but no index URLs."""

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
REMEDY = "run `make lock` and commit the lock files"


def lock(name: str) -> dict[str, Locked]:
    return read_lock(ROOT / name)


def required(name: str) -> dict[str, Requirement]:
    return {package: one for file in INPUTS[name] for package, one in read_input(ROOT / file).items()}


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked_within_its_bounds(name: str) -> None:
    """Each requirement of an input file is in the lock file, in a version within its bounds."""
    locked = lock(name)
    missing = sorted(set(required(name)) - set(locked))
    assert not missing, REMEDY
    outside = [str(one) for package, one in required(name).items() if locked[package].version not in one.specifier]
    assert not outside, REMEDY


@pytest.mark.parametrize("name", LOCKS)
def test_direct_dependencies_are_those_of_the_input_files(name: str) -> None:
    """The packages that the lock file attributes to an input file are the requirements of that file."""
    for file in INPUTS[name]:
        direct = {package for package, locked in lock(name).items() if f"-r {file}" in locked.required_by}
        assert direct == set(read_input(ROOT / file)), REMEDY


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_required(name: str) -> None:
    """Each locked package is required by an input file or by another locked package."""
    known = {*lock(name), *(f"-r {file}" for file in INPUTS[name]), "-c requirements.txt"}
    for locked in lock(name).values():
        assert locked.required_by, locked.name
        assert set(locked.required_by) <= known, locked.name


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_pinned_with_hashes(name: str) -> None:
    """Each package has one version and the hashes of its files: pip rejects packages without a hash."""
    assert len(lock(name)) > 20
    for locked in lock(name).values():
        assert locked.version
        assert locked.hashes, locked.name
        assert all(one.startswith("sha256:") for one in locked.hashes), locked.name


@pytest.mark.parametrize("name", [*LOCKS, *INPUTS["requirements-dev.txt"]])
def test_lock_files_contain_no_index(name: str) -> None:
    """Requirement files contain no package index, URL or option other than -r and -c."""
    text = (ROOT / name).read_text()
    options = [line for line in text.splitlines() if line.startswith("-") and line[:3] not in ("-r ", "-c ")]
    assert options == []
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize("name", ["requirements-cli.txt", "requirements-dev.txt"])
def test_development_uses_the_deployed_versions(name: str) -> None:
    """A package in both lock files has the same version and the same files in both."""
    deployed, other = lock("requirements.txt"), lock(name)
    for package, locked in deployed.items():
        assert (other[package].requirement, other[package].hashes) == (
            locked.requirement,
            locked.hashes,
        ), REMEDY


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in LOCKS for file in INPUTS[name]])
def test_requirements_have_lower_and_upper_bounds(name: str, file: str) -> None:
    """Each requirement of an input file has a lower and an upper version bound."""
    for package, one in read_input(ROOT / file).items():
        operators = {specifier.operator for specifier in one.specifier}
        assert operators == {">=", "<"}, package


def test_lock_file_parsing(tmp_path: Path) -> None:
    """Extras, markers, hashes and one or several origins are parsed in each form that the resolver writes."""
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
    assert (one.required_by, two.required_by) == (("-r requirements.in", "two"), ("-r requirements.in",))
    assert one.line() == "one-a==1.0 --hash=sha256:aa --hash=sha256:bb"


def test_range_is_not_a_pin() -> None:
    """A package with a version range is rejected."""
    with pytest.raises(ValueError, match="one>=1 is not pinned to one version"):
        _ = Locked(Requirement("one>=1"), (), ()).version
