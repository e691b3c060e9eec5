"""Holds the locked packages against the published vulnerabilities: `python -m tools.audit [--strict]`.

Exits with 0 if none is known, with 1 if one is, and with 2 if the audit could not be carried out for a
reason of its own. A database that does not answer is no finding: that is said, and is a failure (1) only
where `--strict` asks for it.
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
# It holds all that requirements.txt holds.
LOCK = ROOT / "requirements-dev.txt"
OPTIONS = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
# How pip-audit's complaint reads where the database is out of reach or out of order.
_OUT_OF_REACH = (
    "requests.exceptions.",
    "ConnectionError",
    "Could not connect",
    "ServiceError",
    "not redirecting",
)


class AuditError(Exception):
    """pip-audit failed for another reason than a database out of reach."""


@dataclass(frozen=True)
class Audit:
    """What the database said: a line for each vulnerability, and the packages it said nothing of."""

    packages: int
    vulnerabilities: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    @classmethod
    def read(cls, answer: str) -> Self:
        """From pip-audit's JSON."""
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
        found = [(package, one) for package in packages for one in package.get("vulns", ())]
        skipped = [package["name"] for package in packages if "skip_reason" in package]
        return cls(len(packages), tuple(_line(package, one) for package, one in found), tuple(skipped))

    def __str__(self) -> str:
        answered = self.packages - len(self.unanswered)
        if not answered:
            return f"NOT AUDITED: the database knows none of the {self.packages} locked packages, so nothing is known."
        told = [
            f"{answered} of {self.packages} locked packages audited, {len(self.vulnerabilities)} vulnerabilities"
        ]
        told += [f"  {line}" for line in self.vulnerabilities]
        if self.vulnerabilities:
            told.append("To raise what is locked: make lock UPGRADE=1, make test, and commit the lock files.")
        if self.unanswered:
            told.append(f"NOT AUDITED, as the database does not know them: {', '.join(self.unanswered)}")
        return "\n".join(told)


def main(arguments: Sequence[str] | None = None, pip_audit: Sequence[str] = ()) -> int:
    """Audit and tell; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--strict", action="store_true", help="fail also where the database gives no answer")
    strict = parser.parse_args(arguments).strict
    try:
        audit = audited(pip_audit or [sys.executable, "-m", "pip_audit"])
    except AuditError as error:
        print(error, file=sys.stderr)
        return 2
    if audit is None:
        print("NOT AUDITED: the database of vulnerabilities is out of reach, so nothing is known.")
        return int(strict)
    print(audit)
    return int(bool(audit.vulnerabilities or (strict and audit.unanswered)))


def audited(pip_audit: Sequence[str]) -> Audit | None:
    """What the database says of the locked packages; None if it is out of reach. May raise AuditError."""
    command = [*pip_audit, "--requirement", str(LOCK), *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- pip-audit
    if done.stdout.startswith("{"):
        return Audit.read(done.stdout)
    if any(sign in done.stderr for sign in _OUT_OF_REACH):
        return None
    raise AuditError(f"pip-audit failed (exit code {done.returncode}):\n{done.stderr}")


def _line(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {vulnerability['id']}, cured in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
