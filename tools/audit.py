"""Checks the locked packages for known vulnerabilities: `python -m tools.audit [--strict]`.

Exit codes: 0 no known vulnerability, 1 at least one, 2 the audit failed. A vulnerability database that does not
answer is reported, and is a failure (1) only with `--strict`.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
# Includes all packages of requirements.txt.
LOCK = ROOT / "requirements-dev.txt"
OPTIONS = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
# Error texts of pip-audit if the vulnerability database is not available.
_UNAVAILABLE = (
    "requests.exceptions.",
    "ConnectionError",
    "Could not connect",
    "ServiceError",
    "not redirecting",
)


class AuditError(Exception):
    """pip-audit failed, and the vulnerability database is not the reason."""


@dataclass(frozen=True)
class Audit:
    """The result: a line for each vulnerability, and the packages that the database does not know."""

    packages: int
    vulnerabilities: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def read(cls, answer: str) -> Self:
        """Parse the JSON output of pip-audit."""
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
        vulnerabilities = [_line(package, one) for package in packages for one in package.get("vulns", ())]
        skipped = [package["name"] for package in packages if "skip_reason" in package]
        return cls(len(packages), tuple(vulnerabilities), tuple(skipped))

    def __str__(self) -> str:
        audited = self.packages - len(self.unknown)
        if not audited:
            return f"NOT AUDITED: the vulnerability database has none of the {self.packages} locked packages."
        lines = [f"{audited} of {self.packages} locked packages audited, {len(self.vulnerabilities)} vulnerabilities"]
        lines += [f"  {line}" for line in self.vulnerabilities]
        if self.vulnerabilities:
            lines.append("To upgrade: run `make lock UPGRADE=1` and `make test`, then commit the lock files.")
        if self.unknown:
            lines.append(f"NOT AUDITED, not in the vulnerability database: {', '.join(self.unknown)}")
        return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, pip_audit: Sequence[str] = ()) -> int:
    """Run the audit, print the result and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--strict", action="store_true", help="also fail if the vulnerability database does not answer")
    strict = parser.parse_args(arguments).strict
    try:
        audit = run_audit(pip_audit or [sys.executable, "-m", "pip_audit"])
    except AuditError as error:
        print(error, file=sys.stderr)
        return 2
    if audit is None:
        print("NOT AUDITED: the vulnerability database is not available.")
        return int(strict)
    print(audit)
    return int(bool(audit.vulnerabilities or (strict and audit.unknown)))


def run_audit(pip_audit: Sequence[str]) -> Audit | None:
    """Audit the locked packages. Returns None if the database is not available. Raises AuditError."""
    command = [*pip_audit, "--requirement", str(LOCK), *OPTIONS]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- pip-audit
    if completed.stdout.startswith("{"):
        return Audit.read(completed.stdout)
    if any(text in completed.stderr for text in _UNAVAILABLE):
        return None
    raise AuditError(f"pip-audit failed (exit code {completed.returncode}):\n{completed.stderr}")


def _line(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
