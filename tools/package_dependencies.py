"""Installs the locked dependencies for Flex Consumption, on any build system."""

import compileall
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.markers import Marker

from tools.lockfile import read_lock

# The folder from which the Python worker loads the dependencies of an app.
SITE_PACKAGES = ".python_packages/lib/site-packages/"
PYTHON = "3.13"
# The platform tags that the Azure Functions image supports. pip does not add older compatible tags.
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_MARKERS = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}
# Files about the installation: not used in Azure, and different on each build system.
_INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


class InstallError(Exception):
    """pip could not install the dependencies."""


def installed_files(lock: Path, scratch: Path) -> dict[str, Path]:
    """Install the packages of a lock file into an empty folder. Returns the files by their names in the zip.

    Raises InstallError for a package without a wheel for Linux x86-64 or without the locked hash.
    """
    requirements, target = scratch / "requirements.txt", scratch / "site-packages"
    packages = [one for one in read_lock(lock).values() if _applies(one.requirement.marker)]
    requirements.write_text("".join(f"{one.line()}\n" for one in packages))
    _install(requirements, target)
    _compile(target)
    files = (file for file in target.rglob("*") if file.is_file())
    named = {file.relative_to(target): file for file in files}
    return {f"{SITE_PACKAGES}{name.as_posix()}": file for name, file in named.items() if _deployed(name)}


def _install(requirements: Path, target: Path) -> None:
    options = [
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--no-compile",
        "--python-version",
        PYTHON,
    ]
    platforms = [f"--platform={platform}" for platform in _PLATFORMS]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    completed = subprocess.run(  # noqa: S603 -- pip, with fixed options
        [*command, *options, *platforms, "--target", target, "--requirement", requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise InstallError(
            f"The dependencies for Azure could not be installed; no package was written.\n{completed.stderr}"
        )


def _compile(folder: Path) -> None:
    """Add bytecode. A deployed package is read-only: without bytecode, each cold start compiles all imports.

    The bytecode is unchecked, because the zip does not keep the timestamps of the sources. A build with another
    version of Python adds none, because the Functions runtime would not load it.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON:
        mode = PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, stripdir=folder, invalidation_mode=mode)


def _applies(marker: Marker | None) -> bool:
    return marker is None or marker.evaluate(dict(_MARKERS))


def _deployed(name: Path) -> bool:
    # Scripts are not used in Azure, and their first line contains the Python path of the build system.
    return name.parts[0] != "bin" and not (name.parent.suffix == ".dist-info" and name.name in _INSTALLER_FILES)
