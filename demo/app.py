"""The app's doors as its operator uses them, and what it logs of each pass."""

import json
from dataclasses import dataclass

import httpx

from demo.checks import Checks
from demo.show import Show
from demo.world import Json
from localhost.host import Host

PATIENCE = 60.0


@dataclass(frozen=True)
class App:
    """The running app."""

    host: Host
    show: Show
    checks: Checks

    def webhook(self) -> str:
        return f"{self.host.url}/runtime/webhooks/eventgrid?functionName=endpoint_changed"

    def sync(self, *, dry_run: bool) -> Json:
        """The answer of `POST /api/sync`."""
        body = {"endpoints": "all", "dryRun": dry_run}
        self.show.command(f"curl {self.host.url}/api/sync -d '{json.dumps(body)}'")
        with self.show.waiting("waiting for the answer of sync"):
            answer = httpx.post(f"{self.host.url}/api/sync", json=body, timeout=PATIENCE, trust_env=False)
        answer.raise_for_status()
        report: Json = answer.json()
        return report

    def audit(self) -> Json:
        """Run the audit's timer function by hand; what it found is in the log."""
        self.show.command(f'curl {self.host.url}/admin/functions/audit -d \'{{"input": ""}}\'')
        before = self.logged()
        url = f"{self.host.url}/admin/functions/audit"
        httpx.post(url, json={"input": ""}, timeout=PATIENCE, trust_env=False).raise_for_status()
        with self.show.waiting("waiting for the audit to end"):
            return self.report("audit", before, PATIENCE)

    def logged(self) -> int:
        return len(self.host.logs())

    def report(self, door: str, after: int, seconds: float | None = None) -> Json:
        """The first report of that door that is logged after so many lines."""
        return self.checks.wait_for(
            f"a report of {door} in the host's log", lambda: self._report(door, after), seconds
        )

    def _report(self, door: str, after: int) -> Json | None:
        reports = filter(None, map(report_in, self.host.logs()[after:]))
        return next((one for one in reports if one["door"] == door), None)


def report_in(line: str) -> Json | None:
    """The report in a line of the log, if there is one: a JSON object that names its door."""
    start = line.find("{")
    if start < 0:
        return None
    try:
        report = json.loads(line[start:])
    except ValueError:
        return None
    return report if isinstance(report, dict) and "door" in report else None
