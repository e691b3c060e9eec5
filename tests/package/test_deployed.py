"""The deployment package, installed as in Azure and run on Microsoft's worker."""

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
# PEP 552: the flags of bytecode that Python loads without checking its source.
UNCHECKED_HASH = 0b01
# Provided by the platform.
PLATFORM = ("azure-functions-runtime", "azurefunctions-extensions-base")


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the extracted package."""
    folder = tmp_path_factory.mktemp("wwwroot")
    with zipfile.ZipFile(package.build(tmp_path_factory.mktemp("build"))) as built:
        built.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def python(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the package's requirements.txt and Microsoft's worker."""
    folder = tmp_path_factory.mktemp("clean")
    development = read_lock(ROOT / "requirements-dev.txt")
    platform = folder / "platform.txt"
    platform.write_text("".join(f"{development[name].line()}\n" for name in PLATFORM))
    run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")])
    executable = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(executable), "install", "--quiet", "--no-deps"]
    run([*pip, "--require-hashes", "-r", str(app / "requirements.txt"), "-r", str(platform)])
    return executable


@pytest.fixture(scope="module")
def deployed(app: Path, python: Path, sim: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The state of the deployed app, and its response to a sync of one tagged endpoint."""
    host = tmp_path_factory.mktemp("host")
    (host / "localhost").symlink_to(ROOT / "localhost")
    put_endpoint(sim, {"clickhouse-services": "*"}, alias=ALIAS)
    settings = {**environment(sim.url), "PYTHONPATH": str(host), "PYTHONDONTWRITEBYTECODE": "1"}
    body = json.dumps({"endpoints": [ENDPOINT]})
    return json.loads(run([str(python), str(DRIVER), str(app), body], settings))


def run(command: list[str], settings: dict[str, str] | None = None) -> str:
    """Run a command and return its output; fail with its errors."""
    completed = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)  # noqa: S603 -- commands of this test
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def functions_in(script: Path) -> set[str]:
    """Return the functions with a decorator of the app, without running the script."""
    defined = [node for node in ast.parse(script.read_text()).body if isinstance(node, ast.AsyncFunctionDef)]
    return {node.name for node in defined if any("app." in ast.unparse(one) for one in node.decorator_list)}


def test_worker_indexes_every_function(deployed: Any) -> None:
    """The worker indexes all functions without errors, and resolves settings in bindings."""
    assert set(deployed["functions"]) == functions_in(ROOT / "function_app.py")
    assert {"endpoint_changed", "sync", "audit"} <= set(deployed["functions"])
    assert deployed["errors"] == {}


def test_deployed_app_reconciles_an_endpoint(deployed: Any, sim: RunningSimulator) -> None:
    """The deployed app registers an endpoint, allows it and creates its DNS record."""
    assert (deployed["status"], json.loads(deployed["answer"])["problems"]) == ("200", [])
    assert len(registered(sim)) == 1
    assert allowed(sim)
    assert "*" in records(sim)


def test_modules_come_from_the_package(deployed: Any, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each loaded module is part of the package, its dependencies, Python, or the local host."""
    origins = (str(tmp_path_factory.getbasetemp()), sys.base_prefix, str(DRIVER))
    assert {name: path for name, path in deployed["modules"].items() if not path.startswith(origins)} == {}
    assert deployed["modules"]["shared.triggers.sync"].startswith(str(app))


def test_packaged_dependencies_are_for_linux(tmp_path: Path) -> None:
    """The package contains every locked dependency for Linux x86-64 and CPython 3.13, with bytecode."""
    with zipfile.ZipFile(package.build(tmp_path, with_dependencies=True)) as built:
        names = built.namelist()
        flags = {built.read(name)[4] for name in names if name.endswith(".pyc")}
        inside = [name.removeprefix(SITE_PACKAGES) for name in names if name.startswith(SITE_PACKAGES)]
        versions = {name_and_version(built, name) for name in names if name.endswith(".dist-info/METADATA")}
    locked = read_lock(ROOT / "requirements.txt")
    assert versions == {f"{name} {one.version}" for name, one in locked.items()}
    assert {name for name in names if not name.startswith(SITE_PACKAGES)} == set(package.app_files(ROOT))
    compiled = [name for name in inside if name.endswith((".so", ".pyd", ".dylib", ".dll"))]
    assert len(compiled) > 5
    assert [n for n in compiled if not re.search(r"cpython-313-x86_64-linux-gnu\.so$|abi3\.so$", n)] == []
    assert [n for n in inside if re.search(r"^bin/|/(RECORD|INSTALLER|direct_url\.json)$", n)] == []
    bytecode = {re.sub(r"__pycache__/(.+)\.cpython-313\.pyc$", r"\1.py", n) for n in inside if n.endswith(".pyc")}
    sources = {name for name in inside if name.endswith(".py")}
    assert bytecode == sources
    assert flags == {UNCHECKED_HASH}


def test_wrong_hash_is_rejected(tmp_path: Path) -> None:
    """A dependency with another hash than the locked one is not installed."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"cronsim==2.8 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(InstallError, match="no package was written"):
        installed_files(lock, tmp_path)


def name_and_version(built: zipfile.ZipFile, metadata: str) -> str:
    """Return `name version` as in a lock file."""
    fields = dict(re.findall(r"^(Name|Version): (\S+)", built.read(metadata).decode(), re.MULTILINE))
    return f"{re.sub(r'[-_.]+', '-', fields['Name']).lower()} {fields['Version']}"
