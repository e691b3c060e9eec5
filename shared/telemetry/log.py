"""The log: one JSON object a line. docs/operate.md tells every field, docs/queries.kql what to ask of them.

Every line has `event` (what it tells of) and, during a pass, `passId` and `door`. Nothing that is
written here comes from the settings, so that no secret can be in it; what systems answer is scrubbed where
it is read (see `adapters/clickhouse`).
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.findings import Finding, Severity
from shared.domain.model.ids import ResourceId
from shared.domain.results.pass_report import NO_CALLS, Report
from shared.telemetry.pass_context import current

if TYPE_CHECKING:  # an event knows of no audit, and is not to wait for it
    from shared.domain.audit.report_model import AuditedFinding

# What one pass may write of each kind; a line is at most some 32 KB long in Application Insights.
MOST_LINES = 200
MOST_RETRIES = 20
MOST_IN_A_LINE = 20
LONGEST_TEXT = 1000

LOGGER = "clickhouse_privatelink"

_log = logging.getLogger(LOGGER)


def tell(event: str, level: int = logging.INFO, **fields: object) -> None:
    """One line. Fields are named in camel case; those that are None are left out."""
    under_way = current()
    whose = {"passId": under_way.id, "door": under_way.door} if under_way else {}
    line = {"event": event, **whose, **fields}
    _log.log(level, "%s", json.dumps({key: value for key, value in line.items() if value is not None}))


def tell_retry(error: Exception, wait: float) -> None:
    """A call that failed is to be made again after `wait` seconds."""
    under_way = current()
    if under_way:
        under_way.retries += 1
    if under_way is None or under_way.retries <= MOST_RETRIES:
        tell("retry", logging.WARNING, error=cut(str(error)), waitSeconds=round(wait, 2))


def tell_pass(report: Report, milliseconds: int, findings: Iterable[Finding] = ()) -> None:
    """A line for each change that the pass under way tried and for each finding, and last one for the pass."""
    for outcome in sorted(report.outcomes, key=lambda one: one.status is Status.DONE)[:MOST_LINES]:
        _tell_change(outcome)
    for one in sorted(findings, key=lambda one: -one.severity)[:MOST_LINES]:
        tell_finding(one, one.severity.name.lower(), "seen")
    under_way = current()
    calls = under_way.calls if under_way else NO_CALLS
    sent = {"clickhouse": calls.clickhouse, "azureNetwork": calls.azure_network, "azureDns": calls.azure_dns}
    level = logging.ERROR if report.problems else logging.INFO
    retries = under_way.retries if under_way else 0
    tell("pass", level, milliseconds=milliseconds, calls=sent, retries=retries, **_numbers(report))


def tell_finding(one: "Finding | AuditedFinding", severity: str, state: str) -> None:
    """`state`: new or gone, compared with the audit before, or just seen."""
    tell(
        "finding",
        endpoint=one.object,
        code=one.code,
        severity=severity,
        state=state,
        message=cut(one.message),
        remedy=one.remedy,
    )


def tell_delivery(endpoint: ResourceId, report: Report, milliseconds: int) -> None:
    """A line for one event: what came of it for its endpoint. `milliseconds` are those the event waited."""
    told = next((one for one in report.endpoints_json() if one["id"] == str(endpoint)), {})
    tell(
        "delivery",
        logging.ERROR if report.problems else logging.INFO,
        passId=report.pass_id or None,
        door="event",
        endpoint=str(endpoint),
        milliseconds=milliseconds,
        **{
            name: told.get(name)
            for name in ("verdict", "resourceGuid", "addresses", "connections", "hostnames")
        },
        **_troubles(report),
    )


def cut(text: str) -> str:
    """A text short enough for a line that tells more than it."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _tell_change(outcome: Outcome) -> None:
    change = outcome.change
    tell(
        "change",
        logging.INFO if outcome.status is Status.DONE else logging.WARNING,
        endpoint=str(change.endpoint),
        action=change.verb,
        object=change.object,
        id=getattr(change, "id", None),
        outcome=outcome.status.value,
        error=cut(outcome.error) or None,
    )


def _numbers(report: Report) -> Mapping[str, Any]:
    """A pass in numbers."""
    statuses = Counter(outcome.status for outcome in report.outcomes)
    severities = Counter(one.severity for one in report.plan.findings)
    return {
        "dryRun": report.dry_run,
        "verdicts": dict(sorted(Counter(one.value for one in report.plan.verdicts.values()).items())),
        "changes": {one.value: statuses[one] for one in Status},
        "planned": len(report.plan.changes) if report.dry_run else 0,
        "findings": {one.name.lower(): severities[one] for one in Severity},
        **_troubles(report),
    }


def _troubles(report: Report) -> Mapping[str, Any]:
    problems = report.problems
    return {
        "problems": [cut(problem) for problem in problems[:MOST_IN_A_LINE]],
        "problemsInAll": len(problems),
        "willBeTriedAgain": report.retryable,
        "forbidden": report.forbidden,
    }
