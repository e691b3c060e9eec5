"""Builds the zip that a function app on Flex Consumption takes: `python -m tools.package [--with-dependencies]`.

As it is, the zip asks Azure to install requirements.txt (a remote build, which azd, func and az ask for by
themselves). With its dependencies it needs no build: for One Deploy from Terraform, for apps whose build
cannot reach a package index, and where the build takes longer than the minute that Azure grants it.
The same files give the same bytes (under the same zlib), so a package can be told by its digest.
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
# What runs in Azure, and what Azure has to install for it. `.funcignore` leaves just this to azd and func.
CONTENTS = ("function_app.py", "host.json", "requirements.txt", "shared")
_LARGEST = 8
# The earliest time that a zip can tell.
_TIME = (1980, 1, 1, 0, 0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the package and tell its size and what is largest in it."""
    asked = _parser().parse_args(arguments)
    try:
        print(_report(build(asked.to, with_dependencies=asked.with_dependencies)))
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(folder: Path, *, with_dependencies: bool = False) -> Path:
    """Write the package into that folder. May raise InstallError, with its dependencies."""
    files = app_files(ROOT)
    if not with_dependencies:
        return write_zip(files, folder / "clickhouse-privatelink.zip")
    with TemporaryDirectory() as scratch:
        files |= installed_files(ROOT / "requirements.txt", Path(scratch))
        return write_zip(files, folder / "clickhouse-privatelink-with-dependencies.zip")


def app_files(root: Path) -> dict[str, Path]:
    """The files of the app, by their names in the package."""
    found = {name: root / name for name in CONTENTS if (root / name).is_file()}
    for folder in (root / name for name in CONTENTS if (root / name).is_dir()):
        found |= {file.relative_to(root).as_posix(): file for file in folder.rglob("*") if _deployed(file)}
    return found


def write_zip(files: Mapping[str, Path], path: Path) -> Path:
    """A zip of these files whose bytes depend on their names and contents alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the rights below are told in the same way on every system
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, files[name].read_bytes())
    return path


def _deployed(file: Path) -> bool:
    return (
        file.is_file()
        and "__pycache__" not in file.parts
        and file.name != ".DS_Store"
        and file.suffix != ".pyc"
    )


def _report(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        entries = package.infolist()
    sizes = Counter[str]()
    for entry in entries:
        sizes[_shown_as(entry.filename)] += entry.compress_size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    largest = [f"  {_kib(size)}  {name}" for name, size in sizes.most_common(_LARGEST)]
    unpacked = sum(entry.file_size for entry in entries)
    return "\n".join(
        [
            f"{_shortest(path)}  sha256:{digest}",
            f"  {_kib(path.stat().st_size)}  in {len(entries)} files, unpacked {_kib(unpacked).strip()}; largest:",
            *largest,
        ]
    )


def _shown_as(name: str) -> str:
    """A file of the app stands for itself, one of a dependency for the dependency."""
    inside = name.removeprefix(SITE_PACKAGES)
    return name if inside == name else f"{SITE_PACKAGES}{inside.split('/')[0]}"


def _kib(size: int) -> str:
    return f"{size / 1024:9,.1f} KiB"


def _shortest(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--with-dependencies",
        action="store_true",
        help="put the locked dependencies for Azure's Linux inside",
    )
    parser.add_argument("--to", type=Path, default=BUILD, help="the folder to write into (default: build)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
