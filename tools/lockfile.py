"""Reads lock files: the version of each package, the hashes of its files, and what requires it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

_HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True)
class Locked:
    """One package of a lock file. `hashes` are `algorithm:digest`; `required_by` are packages and input files."""

    requirement: Requirement
    hashes: tuple[str, ...]
    required_by: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> Version:
        """The pinned version. Raises ValueError if the package is not pinned."""
        pins = list(self.requirement.specifier)
        if len(pins) != 1 or pins[0].operator != "==":
            raise ValueError(f"{self.requirement} is not pinned to one version")
        return Version(pins[0].version)

    def line(self) -> str:
        """The requirement line for pip, without its marker."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={digest}" for digest in self.hashes)])


def read_lock(path: Path) -> dict[str, Locked]:
    """Return the packages of a lock file by canonical name."""
    return {locked.name: locked for locked in _locked(path.read_text().replace("\\\n", " ").splitlines())}


def read_input(path: Path) -> dict[str, Requirement]:
    """Return the requirements of an input file by canonical name, without its `-r` and `-c` lines."""
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    requirements = (Requirement(line) for line in lines if line and not line.startswith(("#", "-")))
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def _locked(lines: Iterable[str]) -> Iterator[Locked]:
    package, comments = "", list[str]()
    for line in [*lines, "end==0"]:
        if line.startswith((" ", "#")):
            comments.append(line.strip(" #"))
        else:
            if package:
                yield _parsed(package, comments)
            package, comments = line, []


def _parsed(package: str, comments: Iterable[str]) -> Locked:
    requirement = Requirement(package.partition(" --hash=")[0])
    required_by = (comment.removeprefix("via").strip() for comment in comments)
    return Locked(requirement, tuple(_HASH.findall(package)), tuple(filter(None, required_by)))
