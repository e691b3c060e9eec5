"""What is deployed: only what runs in Azure, the same by every way of deploying, and in the same bytes."""

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
# What lies about in the folder of someone who works here, and must not be deployed.
STRAY = {
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
BYTECODE = {"shared/__pycache__/doors.cpython-313.pyc", "shared/domain/__pycache__/x.cpython-313.pyc"}


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """The files that git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 -- git as the developer has it
    return {path for path in listed.stdout.splitlines() if (ROOT / path).is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def names(built: Path) -> list[str]:
    with zipfile.ZipFile(built) as opened:
        return opened.namelist()


def test_only_what_runs_in_azure_is_packed(names: list[str]) -> None:
    """The app's script, its host's settings, what to install for it, and shared/; nothing else."""
    runs = re.compile(r"function_app\.py|host\.json|requirements\.txt|shared/.+")
    assert [name for name in names if not runs.fullmatch(name)] == []
    assert {"function_app.py", "host.json", "requirements.txt", "shared/__init__.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".in"))]


@pytest.mark.parametrize("reader", [ignore_readers.git, ignore_readers.azd])
def test_the_ignore_file_leaves_what_is_packed(reader: Reader, tracked: set[str]) -> None:
    """azd and GitHub's action deploy the files that the package has, whatever else lies in the folder."""
    packed = {name for name in tracked if name in package.app_files(ROOT)}
    assert reader(IGNORE_FILE, tracked | STRAY | BYTECODE) == packed


def test_func_deploys_what_is_packed_and_at_most_its_bytecode(tracked: set[str]) -> None:
    """func cannot leave bytecode out of a folder it takes; nothing else comes in that way."""
    packed = {name for name in tracked if name in package.app_files(ROOT)}
    assert ignore_readers.func(IGNORE_FILE, tracked | STRAY | BYTECODE) == packed | BYTECODE


def test_all_of_the_app_that_git_knows_is_packed(names: list[str], tracked: set[str]) -> None:
    """No file of the app is left behind, whatever its kind: pages and schemas as well as modules."""
    app = {path for path in tracked if path.partition("/")[0] in package.CONTENTS}
    assert app <= set(names)


def test_bytecode_and_what_a_desktop_leaves_are_not_packed(tmp_path: Path) -> None:
    """Of a folder of the app, what no source is stays behind."""
    for name in [
        "function_app.py",
        *BYTECODE,
        "shared/.DS_Store",
        "shared/doors.pyc",
        "shared/status_page.html",
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(package.app_files(tmp_path)) == ["function_app.py", "shared/status_page.html"]


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither the order nor the age, the rights or the place of the files shows in the package."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, order in ((one, ["a", "b"]), (two, ["b", "a"])):
        folder.mkdir()
        for name in order:
            (folder / name).write_text(f"content of {name}")
    (two / "a").chmod(0o700)
    first = package.write_zip({"b": one / "b", "shared/a": one / "a"}, tmp_path / "first.zip")
    second = package.write_zip({"shared/a": two / "a", "b": two / "b"}, tmp_path / "second.zip")
    assert first.read_bytes() == second.read_bytes()


def test_the_packed_files_are_the_files(names: list[str], built: Path) -> None:
    """What is packed is what stands in the folder, byte for byte and readable for everybody."""
    with zipfile.ZipFile(built) as opened:
        for name in names:
            assert opened.read(name) == (ROOT / name).read_bytes()
            assert opened.getinfo(name).external_attr >> 16 == 0o100644


def test_building_tells_the_size_and_what_is_largest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator sees where the package is, its digest and size, and what takes the space."""
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
            id="git: it does not",
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
            id="func: ! wins",
        ),
        pytest.param(ignore_readers.git, "!/shared\n*\n", set(), id="git: the last one wins"),
    ],
)
def test_the_readers_differ_as_the_tools_do(reader: Reader, ignore_file: str, kept: set[str]) -> None:
    """Each tool's own way is told, so that a pattern which only git understands is noticed here."""
    paths = {"shared/a/b.py", "shared/__pycache__/c.pyc", "x.py"}
    assert reader(ignore_file, paths) == kept
