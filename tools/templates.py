"""`make templates`: Microsoft's Bicep compiler over infra/. `--check` changes nothing and fails on a difference."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INFRA = ROOT / "infra"
SNAPSHOTS = INFRA / "snapshots"
MISSING = (
    "the Bicep compiler is not installed: run `az bicep install` and add ~/.azure/bin to PATH, "
    "or set BICEP to the program"
)
# The snapshots contain these ids; they belong to nobody.
PLACE = (
    "--subscription-id=11111111-1111-1111-1111-111111111111",
    "--tenant-id=99999999-9999-9999-9999-999999999999",
    "--location=westus3",
)


def compiler() -> str | None:
    """The compiler: the one that BICEP names, on PATH, or where `az bicep install` puts it."""
    beside = ROOT.parent / "shared" / "bicep" / "bicep"
    installed = Path.home() / ".azure" / "bin" / "bicep"
    named = os.environ.get("BICEP") or shutil.which("bicep")
    return named or next((str(path) for path in (installed, beside) if path.is_file()), None)


def files() -> list[Path]:
    return sorted([*INFRA.rglob("*.bicep"), *INFRA.rglob("*.bicepparam")])


def bicep(program: str, *arguments: str | Path) -> str:
    """Runs the compiler and returns its messages; it ends with an error message if anything is wrong."""
    # The compiler unpacks itself into HOME, and needs no culture data.
    home = os.environ.get("BICEP_HOME") or tempfile.gettempdir()
    environment = os.environ | {"HOME": home, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(  # noqa: S603 -- the compiler, with files of this repository
        [program, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    output = (done.stdout + done.stderr).strip()
    if done.returncode:
        return output or f"bicep {arguments[0]} ends with {done.returncode}"
    return output if arguments[0] == "lint" else ""


def unformatted(program: str) -> list[str]:
    """The files that the formatter would change."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(INFRA, Path(folder) / "infra"))
        problem = bicep(program, "format", "--pattern", f"{copy}/**/*.bicep*")
        changed = [path for path in files() if (copy / path.relative_to(INFRA)).read_text() != path.read_text()]
    return ([problem] if problem else []) + [f"{path.relative_to(ROOT)}: not formatted" for path in changed]


def sort_outputs() -> None:
    """The compiler writes outputs in another order each time."""
    for file in SNAPSHOTS.glob("*.snapshot.json"):
        document = json.loads(file.read_text())
        document["outputs"] = dict(sorted(document["outputs"].items()))
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def main(arguments: list[str]) -> int:
    """Formats, lints and renews the snapshots; or checks all of that."""
    program = compiler()
    if program is None:
        print(f"make templates: {MISSING}", file=sys.stderr)
        return 1
    check = "--check" in arguments
    pattern = f"{INFRA}/**/*.bicep*"
    problems = unformatted(program) if check else [bicep(program, "format", "--pattern", pattern)]
    # The linter follows the modules of a template.
    problems += [bicep(program, "lint", INFRA / name) for name in ("main.bicep", "events.bicep", "events.bicepparam")]
    mode = "validate" if check else "overwrite"
    cases = sorted(SNAPSHOTS.glob("*.bicepparam"))
    problems += [bicep(program, "snapshot", case, f"--mode={mode}", *PLACE) for case in cases]
    if not check:
        sort_outputs()
    for problem in filter(None, problems):
        print(problem, file=sys.stderr)
    return int(any(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
