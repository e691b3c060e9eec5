"""The deployment package: only the app's files, the same for every deployment method, and reproducible."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support import ignore_readers
from tests.support.ignore_readers import Reader
from tests.support.paths import ROOT
from tools import package

IGNORE_FILE = (ROOT / ".funcignore").read_text()
# Other files in a working copy, which must not be deployed.
OTHER_FILES = {
    ".DS_Store",
    ".azure/dev/.env",
    ".env",
    ".funcignore",
    ".git/config",
    ".mypy_cache/.gitignore",
    ".mypy_cache/3.13/x.json",
    ".python_packages/lib/site-packages/aiohttp/__init__.py",
    ".venv/bin/python",
    "__pycache__/function_app.cpython-313.pyc",
    "build/clickhouse-privatelink.zip",
    "function_app.pyc",
    "infra/.terraform/shared/x.py",
    "local.settings.json",
    "notes/shared/function_app.py",
    "reports/latest.json",
    "requirements.in",
    "secret.txt",
    "tests/shared/host.json",
}
BYTECODE = {"shared/__pycache__/module.cpython-313.pyc", "shared/domain/__pycache__/x.cpython-313.pyc"}


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """The files that git tracks."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 -- git from PATH
    return {path for path in listed.stdout.splitlines() if (ROOT / path).is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def names(built: Path) -> list[str]:
    with zipfile.ZipFile(built) as opened:
        return opened.namelist()


def test_package_contains_only_the_app(names: list[str]) -> None:
    """The package contains function_app.py, host.json, requirements.txt and shared/; nothing else."""
    app = re.compile(r"function_app\.py|host\.json|requirements\.txt|shared/.+")
    assert [name for name in names if not app.fullmatch(name)] == []
    assert {"function_app.py", "host.json", "requirements.txt", "shared/__init__.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".in"))]


@pytest.mark.parametrize("reader", [ignore_readers.git, ignore_readers.azd])
def test_ignore_file_selects_the_files_of_the_package(reader: Reader, tracked: set[str]) -> None:
    """azd and the GitHub action deploy the same files as the package, whatever other files the folder contains."""
    packed = {name for name in tracked if name in package.app_files(ROOT)}
    assert reader(IGNORE_FILE, tracked | OTHER_FILES | BYTECODE) == packed


def test_func_deploys_the_files_of_the_package_and_their_bytecode(tracked: set[str]) -> None:
    """func deploys the files of the package and their bytecode, which it cannot exclude; nothing else."""
    packed = {name for name in tracked if name in package.app_files(ROOT)}
    assert ignore_readers.func(IGNORE_FILE, tracked | OTHER_FILES | BYTECODE) == packed | BYTECODE


def test_package_contains_every_tracked_file_of_the_app(names: list[str], tracked: set[str]) -> None:
    """The package contains every tracked file of the app, also templates and schemas."""
    app = {path for path in tracked if path.partition("/")[0] in package.CONTENTS}
    assert app <= set(names)


def test_package_excludes_bytecode_and_desktop_files(tmp_path: Path) -> None:
    """Bytecode and .DS_Store files are not packaged."""
    for name in [
        "function_app.py",
        *BYTECODE,
        "shared/.DS_Store",
        "shared/module.pyc",
        "shared/status_page.html",
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(package.app_files(tmp_path)) == ["function_app.py", "shared/status_page.html"]


def test_build_is_reproducible(tmp_path: Path) -> None:
    """The package does not depend on the order, time, permissions or location of the files."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, order in ((one, ["a", "b"]), (two, ["b", "a"])):
        folder.mkdir()
        for name in order:
            (folder / name).write_text(f"content of {name}")
    (two / "a").chmod(0o700)
    first = package.write_zip({"b": one / "b", "shared/a": one / "a"}, tmp_path / "first.zip")
    second = package.write_zip({"shared/a": two / "a", "b": two / "b"}, tmp_path / "second.zip")
    assert first.read_bytes() == second.read_bytes()


def test_packaged_files_are_unchanged_and_readable(names: list[str], built: Path) -> None:
    """Each packaged file has the same bytes as in the folder, and is readable for every user."""
    with zipfile.ZipFile(built) as opened:
        for name in names:
            assert opened.read(name) == (ROOT / name).read_bytes()
            assert opened.getinfo(name).external_attr >> 16 == 0o100644


def test_build_prints_digest_size_and_largest_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A build prints the path, digest and size of the package, and its largest files."""
    assert package.main(["--to", str(tmp_path)]) == 0
    first, second, *largest = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r".*clickhouse-privatelink\.zip  sha256:[0-9a-f]{64}", first)
    assert re.match(r" +[\d.,]+ KiB  in \d+ files, unpacked [\d.,]+ KiB; largest:", second)
    sizes = [float(line.split()[0].replace(",", "")) for line in largest]
    assert len(sizes) == 8
    assert sizes == sorted(sizes, reverse=True)
    assert "requirements.txt" in largest[0]


@pytest.mark.parametrize(
    ("reader", "ignore_file", "kept"),
    [
        pytest.param(ignore_readers.azd, "/*\n!/shared", set(), id="azd: a star crosses folders"),
        pytest.param(
            ignore_readers.git,
            "/*\n!/shared",
            {"shared/a/b.py", "shared/__pycache__/c.pyc"},
            id="git: a star stays in its folder",
        ),
        pytest.param(
            ignore_readers.func,
            "*.pyc",
            {"shared/a/b.py", "shared/__pycache__/c.pyc", "x.py"},
            id="func: from the root",
        ),
        pytest.param(ignore_readers.git, "*.pyc", {"shared/a/b.py", "x.py"}, id="git: at any depth"),
        pytest.param(
            ignore_readers.func,
            "!/shared\n*\n",
            {"shared/a/b.py", "shared/__pycache__/c.pyc"},
            id="func: ! takes precedence",
        ),
        pytest.param(ignore_readers.git, "!/shared\n*\n", set(), id="git: the last pattern takes precedence"),
    ],
)
def test_each_reader_follows_its_own_tool(reader: Reader, ignore_file: str, kept: set[str]) -> None:
    """git, azd and func interpret the same pattern differently, and the readers reproduce each of them."""
    paths = {"shared/a/b.py", "shared/__pycache__/c.pyc", "x.py"}
    assert reader(ignore_file, paths) == kept
