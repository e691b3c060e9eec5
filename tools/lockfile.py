"""Reads the lock files: which version of each package is installed, from which files, and who asked for it."""

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
    """One package of a lock file. `hashes` are `algorithm:digest`; `wanted_by` names packages and input files."""

    requirement: Requirement
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> Version:
        """Its one version; a ValueError where the lock allows more than one."""
        pins = list(self.requirement.specifier)
        if len(pins) != 1 or pins[0].operator != "==":
            raise ValueError(f"{self.requirement} is not locked to one version")
        return Version(pins[0].version)

    def line(self) -> str:
        """The package as pip is to install it on any platform, its marker left out."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={one}" for one in self.hashes)])


def read_lock(path: Path) -> dict[str, Locked]:
    """The packages of a lock file by their canonical name."""
    return {locked.name: locked for locked in _locked(path.read_text().replace("\\\n", " ").splitlines())}


def read_input(path: Path) -> dict[str, Requirement]:
    """The packages an input file asks for by their canonical name; its `-r` and `-c` lines are let go."""
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    asked = (Requirement(line) for line in lines if line and not line.startswith(("#", "-")))
    return {canonicalize_name(requirement.name): requirement for requirement in asked}


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
    wanted_by = (comment.removeprefix("via").strip() for comment in comments)
    return Locked(requirement, tuple(_HASH.findall(package)), tuple(filter(None, wanted_by)))
