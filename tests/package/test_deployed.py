"""The very zip that is deployed, unpacked and installed as in Azure, on Microsoft's worker."""

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.client import RunningSimulator
from simulator.server import running
from tests.support.paths import ROOT
from tests.support.simulated import ALIAS, ENDPOINT, allowed, environment, put_endpoint, records, registered
from tools import package
from tools.lockfile import read_lock
from tools.package_dependencies import SITE_PACKAGES, InstallError, installed_files

DRIVER = ROOT / "tests" / "support" / "deployed_app.py"
# PEP 552: the flags of bytecode that Python loads without reading its source.
UNCHECKED_HASH = 0b01
# The platform's own: Azure brings the worker along.
PLATFORM = ("azure-functions-runtime", "azurefunctions-extensions-base")


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked."""
    folder = tmp_path_factory.mktemp("wwwroot")
    with zipfile.ZipFile(package.build(tmp_path_factory.mktemp("build"))) as built:
        built.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def python(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what the package's own requirements.txt names, and Microsoft's worker."""
    place = tmp_path_factory.mktemp("clean")
    development = read_lock(ROOT / "requirements-dev.txt")
    platform = place / "platform.txt"
    platform.write_text("".join(f"{development[name].line()}\n" for name in PLATFORM))
    run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")])
    found = place / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(found), "install", "--quiet", "--no-deps"]
    run([*pip, "--require-hashes", "-r", str(app / "requirements.txt"), "-r", str(platform)])
    return found


@pytest.fixture(scope="module")
def seen(app: Path, python: Path, sim: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the deployed app is and what it answered to a sync of one tagged endpoint."""
    host = tmp_path_factory.mktemp("host")
    (host / "localhost").symlink_to(ROOT / "localhost")
    put_endpoint(sim, {"clickhouse-services": "*"}, alias=ALIAS)
    settings = {**environment(sim.url), "PYTHONPATH": str(host), "PYTHONDONTWRITEBYTECODE": "1"}
    body = json.dumps({"endpoints": [ENDPOINT]})
    return json.loads(run([str(python), str(DRIVER), str(app), body], settings))


def run(command: list[str], settings: dict[str, str] | None = None) -> str:
    """What the command prints; its complaints, where it fails."""
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stderr
    return done.stdout


def functions_in(script: Path) -> set[str]:
    """The functions that carry one of the app's decorators, read without running the script."""
    defined = [node for node in ast.parse(script.read_text()).body if isinstance(node, ast.AsyncFunctionDef)]
    return {node.name for node in defined if any("app." in ast.unparse(one) for one in node.decorator_list)}


def test_the_worker_finds_every_function_in_the_package(seen: Any) -> None:
    """All functions are indexed, none with an error; settings in bindings are resolved."""
    assert set(seen["functions"]) == functions_in(ROOT / "function_app.py")
    assert {"endpoint_changed", "sync", "audit"} <= set(seen["functions"])
    assert seen["errors"] == {}


def test_the_package_does_its_work(seen: Any, sim: RunningSimulator) -> None:
    """The deployed app registers an endpoint, allows it and makes it found, with what was installed for it."""
    assert (seen["status"], json.loads(seen["answer"])["problems"]) == ("200", [])
    assert len(registered(sim)) == 1
    assert allowed(sim)
    assert "*" in records(sim)


def test_nothing_comes_from_this_folder(
    seen: Any, app: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each module is the package's, one installed for it, Python's own, or of the stand-in for Azure's host."""
    places = (str(tmp_path_factory.getbasetemp()), sys.base_prefix, str(DRIVER))
    assert {name: path for name, path in seen["modules"].items() if not path.startswith(places)} == {}
    assert seen["modules"]["shared.triggers.sync"].startswith(str(app))


def test_the_dependencies_inside_are_those_of_azures_linux(tmp_path: Path) -> None:
    """Whatever system packs them: every locked package, for Linux on x86-64 and CPython 3.13, with its bytecode."""
    with zipfile.ZipFile(package.build(tmp_path, with_dependencies=True)) as built:
        names = built.namelist()
        flags = {built.read(name)[4] for name in names if name.endswith(".pyc")}
        inside = [name.removeprefix(SITE_PACKAGES) for name in names if name.startswith(SITE_PACKAGES)]
        versions = {read_name(built, name) for name in names if name.endswith(".dist-info/METADATA")}
    locked = read_lock(ROOT / "requirements.txt")
    assert versions == {f"{name} {one.version}" for name, one in locked.items()}
    assert {name for name in names if not name.startswith(SITE_PACKAGES)} == set(package.app_files(ROOT))
    compiled = [name for name in inside if name.endswith((".so", ".pyd", ".dylib", ".dll"))]
    assert len(compiled) > 5
    assert [n for n in compiled if not re.search(r"cpython-313-x86_64-linux-gnu\.so$|abi3\.so$", n)] == []
    assert [n for n in inside if re.search(r"^bin/|/(RECORD|INSTALLER|direct_url\.json)$", n)] == []
    bytecode = {
        re.sub(r"__pycache__/(.+)\.cpython-313\.pyc$", r"\1.py", n) for n in inside if n.endswith(".pyc")
    }
    sources = {name for name in inside if name.endswith(".py")}
    assert bytecode == sources
    assert flags == {UNCHECKED_HASH}


def test_a_file_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    """Of a package whose file has another hash, nothing is installed."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"cronsim==2.8 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(InstallError, match="no package was written"):
        installed_files(lock, tmp_path)


def read_name(built: zipfile.ZipFile, metadata: str) -> str:
    """`name version` as in a lock."""
    found = dict(re.findall(r"^(Name|Version): (\S+)", built.read(metadata).decode(), re.MULTILINE))
    return f"{re.sub(r'[-_.]+', '-', found['Name']).lower()} {found['Version']}"
