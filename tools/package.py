"""Builds the deployment package for Flex Consumption: `python -m tools.package [--with-dependencies]`.

Without dependencies, the package needs a remote build, which azd, func and az request by default. With
dependencies, it needs no build: for One Deploy from Terraform, for builds without access to a package index,
and for builds that exceed Azure's limit of one minute.
The build is reproducible: with the same zlib, the same files result in the same digest.
"""

import argparse
import hashlib
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.package_dependencies import SITE_PACKAGES, InstallError, installed_files

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
# The app and its requirements. `.funcignore` limits azd and func to the same files.
CONTENTS = ("function_app.py", "host.json", "requirements.txt", "shared")
_LARGEST = 8
# The earliest time that the zip format supports.
_TIME = (1980, 1, 1, 0, 0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the package and print its digest, its size and its largest files."""
    options = _parser().parse_args(arguments)
    try:
        print(_report(build(options.to, with_dependencies=options.with_dependencies)))
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(folder: Path, *, with_dependencies: bool = False) -> Path:
    """Write the package to a folder. Raises InstallError if the dependencies cannot be installed."""
    files = app_files(ROOT)
    if not with_dependencies:
        return write_zip(files, folder / "clickhouse-privatelink.zip")
    with TemporaryDirectory() as scratch:
        files |= installed_files(ROOT / "requirements.txt", Path(scratch))
        return write_zip(files, folder / "clickhouse-privatelink-with-dependencies.zip")


def app_files(root: Path) -> dict[str, Path]:
    """Return the files of the app by their names in the package."""
    files = {name: root / name for name in CONTENTS if (root / name).is_file()}
    for folder in (root / name for name in CONTENTS if (root / name).is_dir()):
        files |= {file.relative_to(root).as_posix(): file for file in folder.rglob("*") if _deployed(file)}
    return files


def write_zip(files: Mapping[str, Path], path: Path) -> Path:
    """Write a zip whose bytes depend only on the names and contents of the files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the permissions below are the same on every build system
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, files[name].read_bytes())
    return path


def _deployed(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts and file.name != ".DS_Store" and file.suffix != ".pyc"


def _report(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        entries = package.infolist()
    sizes = Counter[str]()
    for entry in entries:
        sizes[_listed_as(entry.filename)] += entry.compress_size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    largest = [f"  {_kib(size)}  {name}" for name, size in sizes.most_common(_LARGEST)]
    unpacked = sum(entry.file_size for entry in entries)
    return "\n".join(
        [
            f"{_display_path(path)}  sha256:{digest}",
            f"  {_kib(path.stat().st_size)}  in {len(entries)} files, unpacked {_kib(unpacked).strip()}; largest:",
            *largest,
        ]
    )


def _listed_as(name: str) -> str:
    """Group the files of a dependency; list the files of the app individually."""
    inside = name.removeprefix(SITE_PACKAGES)
    return name if inside == name else f"{SITE_PACKAGES}{inside.split('/')[0]}"


def _kib(size: int) -> str:
    return f"{size / 1024:9,.1f} KiB"


def _display_path(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--with-dependencies",
        action="store_true",
        help="include the locked dependencies for Linux x86-64",
    )
    parser.add_argument("--to", type=Path, default=BUILD, help="output folder (default: build)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
