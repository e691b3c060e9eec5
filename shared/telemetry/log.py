"""The log: one JSON object per line. docs/operate.md lists the fields, docs/queries.kql has queries.

Every line has `event` (its kind) and, during a pass, `passId` and `trigger`. No value comes from the settings,
so no secret can be logged; adapters remove secrets from what systems answer.

The running pass is a context variable, so adapters count a call without a parameter. Calls outside a pass are not
counted.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from shared.domain.changes.outcome import OutcomeStatus
from shared.domain.model.errors import CauseKind, System, TemporaryError
from shared.domain.model.findings import Finding, Severity
from shared.domain.model.ids import ResourceId
from shared.domain.results.pass_report import Calls, Report

if TYPE_CHECKING:  # an event imports nothing of audits
    from shared.domain.audit.report_model import AuditedFinding

# Limits for one pass; Application Insights cuts a line at about 32 KB.
MAX_LINES = 200
MAX_RETRY_LINES = 20
MAX_ITEMS = 20
MAX_TEXT = 1000

LOGGER = "clickhouse_privatelink"

_log = logging.getLogger(LOGGER)


@dataclass
class PassContext:
    """`trigger`: event, sync, audit or cli. `retries`: calls that were repeated.

    `store_failures`: why the report store failed, as far as it is in the log.
    """

    trigger: str
    id: str = field(default_factory=lambda: uuid4().hex)
    sent: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    store_failures: set[CauseKind] = field(default_factory=set)

    @property
    def calls(self) -> Calls:
        """The HTTP requests sent so far, including retries and pages of lists."""
        return Calls(self.sent["clickhouse"], self.sent["azure_network"], self.sent["azure_dns"])


_CURRENT: ContextVar[PassContext | None] = ContextVar("pass_context", default=None)


def current_pass() -> PassContext | None:
    return _CURRENT.get()


@contextmanager
def pass_context(trigger: str) -> Iterator[PassContext]:
    """The context of a pass until the end of the block; within another pass, that pass's context."""
    if outer := _CURRENT.get():
        yield outer
        return
    context = PassContext(trigger)
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)


def count_call(system: str) -> None:
    """Count a request to that system: clickhouse, azure_network or azure_dns."""
    if context := _CURRENT.get():
        context.sent[system] += 1


def log_event(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. Names of fields are in camel case; fields that are None are omitted."""
    context = current_pass()
    source = {"passId": context.id, "trigger": context.trigger} if context else {}
    line = {"event": event, **source, **fields}
    _log.log(level, "%s", json.dumps({key: value for key, value in line.items() if value is not None}))


def log_retry(system: System, error: TemporaryError, wait: float) -> None:
    """A failed call is repeated after `wait` seconds."""
    context = current_pass()
    if context:
        context.retries += 1
    if context is None or context.retries <= MAX_RETRY_LINES:
        log_event(
            "retry",
            logging.WARNING,
            system=system.value,
            status=error.cause.status,
            error=shorten(str(error)),
            waitSeconds=round(wait, 2),
        )


def log_pass(report: Report, milliseconds: int, findings: Iterable[Finding] = ()) -> None:
    """A line for each applied change and each finding, then one for the pass.

    The line of the pass has the whole text of each problem. A finding with the same text gets no line.
    """
    for outcome in sorted(report.outcomes, key=lambda outcome: outcome.status is OutcomeStatus.DONE)[:MAX_LINES]:
        change = outcome.change
        log_event(
            "change",
            logging.INFO if outcome.status is OutcomeStatus.DONE else logging.WARNING,
            endpoint=str(change.endpoint),
            action=change.verb,
            object=change.object,
            id=getattr(change, "id", None),
            outcome=outcome.status.value,
            error=shorten(outcome.error) or None,
        )
    failed = [answer.reason for answer in report.snapshot.unreadable().values()]
    others = (finding for finding in findings if not any(reason in finding.message for reason in failed))
    for finding in sorted(others, key=lambda finding: finding.severity.rank)[:MAX_LINES]:
        log_finding(finding, "seen")
    context = current_pass() or PassContext("")
    calls = context.calls
    statuses = Counter(outcome.status for outcome in report.outcomes)
    severities = Counter(finding.severity for finding in report.plan.findings)
    log_event(
        "pass",
        logging.ERROR if report.problems else logging.INFO,
        milliseconds=milliseconds,
        calls={"clickhouse": calls.clickhouse, "azureNetwork": calls.azure_network, "azureDns": calls.azure_dns},
        retries=context.retries,
        dryRun=report.dry_run,
        verdicts=report.verdicts,
        changes={status.value: statuses[status] for status in OutcomeStatus},
        planned=len(report.plan.changes) if report.dry_run else 0,
        withheld=len(report.plan.withheld),
        findings={severity: severities[severity] for severity in Severity},
        problems=[shorten(problem) for problem in report.problems[:MAX_ITEMS]],
        **_result(report),
    )


def log_finding(finding: "Finding | AuditedFinding", state: str) -> None:
    """`state`: new or gone since the previous audit, or seen by a pass that compares with nothing."""
    log_event(
        "finding",
        endpoint=finding.object,
        code=finding.code,
        severity=finding.severity,
        state=state,
        message=shorten(finding.message),
        remedy=finding.remedy,
    )


def log_delivery(endpoint: ResourceId, report: Report, milliseconds: int) -> None:
    """A line for one event: the result for its endpoint. `milliseconds`: how long the event waited.

    The problems of a pass are in the line of the pass; here are those of an endpoint that needed no pass.
    """
    log_event(
        "delivery",
        logging.ERROR if report.problems else logging.INFO,
        passId=report.pass_id or None,
        trigger="event",
        endpoint=str(endpoint),
        milliseconds=milliseconds,
        **{name: value for name, value in report.endpoint_json(endpoint).items() if name != "id"},
        problems=None if report.pass_id else [shorten(problem) for problem in report.problems],
        **_result(report),
    )


def shorten(text: str) -> str:
    """The text, cut to a length that fits into a line with other fields."""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _result(report: Report) -> Mapping[str, Any]:
    return {"problemCount": len(report.problems), "retryable": report.retryable, "forbidden": report.forbidden}
