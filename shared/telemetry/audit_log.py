"""What an audit tells in the log, beside what its pass tells."""

from collections import Counter

from shared.domain.audit.comparison import newly_seen
from shared.domain.audit.report_model import AuditReport
from shared.telemetry.log import MOST_IN_A_LINE, MOST_LINES, tell, tell_finding


def tell_audit(report: AuditReport, before: AuditReport | None) -> None:
    """A line for each finding that is new or gone, and last one for the audit."""
    for one in list(newly_seen(report, before))[:MOST_LINES]:
        tell_finding(one, one.severity, "new")
    for one in list(newly_seen(before, report) if before else ())[:MOST_LINES]:
        tell_finding(one, one.severity, "gone")
    seen = [one for one in report.findings if one.seen]
    milliseconds = round((report.finished - report.started).total_seconds() * 1000)
    tell(
        "audit",
        milliseconds=milliseconds,
        policy=report.policy,
        health=report.health.value,
        sentence=report.sentence,
        complete=report.complete,
        left=list(report.left[:MOST_IN_A_LINE]),
        endpoints=len(report.endpoints),
        findings=dict(Counter(one.severity for one in seen)),
        codes=dict(sorted(Counter(one.code for one in seen).items())),
        repairs=dict(sorted(Counter(one.status for one in report.repairs).items())),
        periodSeconds=report.period_seconds,
    )
