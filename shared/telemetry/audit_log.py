"""The log lines of an audit, in addition to those of its pass."""

from collections import Counter

from shared.domain.audit.comparison import newly_seen
from shared.domain.audit.report_model import AuditReport
from shared.telemetry.log import MAX_ITEMS, MAX_LINES, log_event, log_finding


def log_audit(report: AuditReport, before: AuditReport | None) -> None:
    """A line for each finding that is new or gone, then one for the audit."""
    for finding in list(newly_seen(report, before))[:MAX_LINES]:
        log_finding(finding, "new")
    for finding in list(newly_seen(before, report) if before else ())[:MAX_LINES]:
        log_finding(finding, "gone")
    seen = [finding for finding in report.findings if finding.seen]
    log_event(
        "audit",
        milliseconds=round((report.finished - report.started).total_seconds() * 1000),
        policy=report.policy,
        health=report.health,
        sentence=report.sentence,
        complete=report.complete,
        left=list(report.left[:MAX_ITEMS]),
        endpoints=len(report.endpoints),
        findings=dict(Counter(finding.severity for finding in seen)),
        codes=dict(sorted(Counter(finding.code for finding in seen).items())),
        repairs=dict(sorted(Counter(repair.status for repair in report.repairs).items())),
        periodSeconds=report.period_seconds,
    )
