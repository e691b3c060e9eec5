"""The app's doors as its operator uses them, what it logs of each pass, and the reports it keeps of audits."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.checks import Checks
from demo.initial_state import Json
from demo.show import Show
from localhost.host import Host
from shared.domain.audit.report_model import AuditReport
from shared.reports.report_json import from_json

PATIENCE = 60.0


@dataclass(frozen=True)
class App:
    """The running app. `store`: the folder in which it keeps audits' reports."""

    host: Host
    show: Show
    checks: Checks
    store: Path

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

    def audit(self) -> AuditReport:
        """Run the audit's timer function by hand; what it found is in the report store."""
        self.show.command(f'curl {self.host.url}/admin/functions/audit -d \'{{"input": ""}}\'')
        before = self._latest()
        url = f"{self.host.url}/admin/functions/audit"
        httpx.post(url, json={"input": ""}, timeout=PATIENCE, trust_env=False).raise_for_status()
        with self.show.waiting("waiting for the audit to end"):
            return self.checks.wait_for("the audit's report", lambda: self._newer(before), PATIENCE)

    def logged(self) -> int:
        return len(self.host.logs())

    def delivery(self, after: int) -> Json:
        """What is logged of the first event after so many lines, with the findings of its pass."""
        delivery = self.checks.wait_for("an event in the host's log", lambda: self._delivery(after))
        lines = filter(None, map(line_in, self.host.logs()[after:]))
        found = [one for one in lines if one["event"] == "finding" and one.get("passId") == delivery.get("passId")]
        return {**delivery, "findings": found}

    def findings(self, after: int) -> list[Json]:
        """The findings that are logged after so many lines."""
        lines = filter(None, map(line_in, self.host.logs()[after:]))
        return [one for one in lines if one["event"] == "finding"]

    def _delivery(self, after: int) -> Json | None:
        lines = filter(None, map(line_in, self.host.logs()[after:]))
        return next((one for one in lines if one["event"] == "delivery"), None)

    def _latest(self) -> AuditReport | None:
        try:
            return from_json((self.store / "latest.json").read_bytes())
        except FileNotFoundError:
            return None

    def _newer(self, than: AuditReport | None) -> AuditReport | None:
        latest = self._latest()
        return latest if latest and (than is None or latest.pass_id != than.pass_id) else None


def line_in(text: str) -> Json | None:
    """The app's log entry in a line of the host's log: a JSON object with `event`. None for other lines."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        line = json.loads(text[start:])
    except ValueError:
        return None
    return line if isinstance(line, dict) and "event" in line else None
