"""The report of an audit, from the pass that it was and the report of the audit before."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.audit.comparison import Before, over_time
from shared.domain.audit.context import Facts
from shared.domain.audit.endpoints import endpoint_rows, health_of
from shared.domain.audit.first_seen import with_since
from shared.domain.audit.inventory import service_rows, zone_rows
from shared.domain.audit.repairs import repairs_of
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport, Health
from shared.domain.audit.summary import history, overall, sentence
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import Severity
from shared.domain.results.pass_report import Calls, Report
from shared.domain.results.unfinished_work import unfinished_work


@dataclass(frozen=True, slots=True)
class Audit:
    """When and how a pass over everything was made. `pending_grace`: how long a connection may stay pending."""

    pass_id: str
    started: datetime
    finished: datetime
    period_seconds: int
    policy: str
    pending_grace: timedelta
    calls: Calls


def audited(
    audit: Audit, report: Report, config: DeploymentConfig, before: AuditReport | None
) -> AuditReport:
    """What the audit tells. `before` is the latest report that could be read, None for none."""
    facts, earlier = Facts(report, config), Before(before)
    rows = {row.id: row for row in endpoint_rows(facts, earlier.rows, audit.finished)}
    found = over_time(facts, rows, earlier, audit.finished, audit.pending_grace)
    findings = with_since(found, before, facts, audit.finished)
    left = unfinished_work(report)
    told = AuditReport(
        owner=config.owner,
        pass_id=audit.pass_id,
        started=audit.started,
        finished=audit.finished,
        period_seconds=audit.period_seconds,
        policy=audit.policy,
        health=Health.UNKNOWN,
        sentence="",
        complete=not left,
        left=left,
        problems=report.problems,
        calls=audit.calls,
        verdicts=dict(sorted(Counter(one.value for one in report.plan.verdicts.values()).items())),
        findings=findings,
        repairs=tuple(repairs_of(report)),
        endpoints=_with_health(rows, findings, sees_access=facts.sees_access),
        services=service_rows(facts),
        zones=zone_rows(facts),
    )
    told = replace(told, health=overall(told), history=history(told, before))
    return replace(told, sentence=sentence(told))


def _with_health(
    rows: dict[str, AuditedEndpoint], findings: tuple[AuditedFinding, ...], *, sees_access: bool
) -> tuple[AuditedEndpoint, ...]:
    codes: defaultdict[str, dict[str, Severity]] = defaultdict(dict)
    for one in findings:
        codes[one.object][one.code] = Severity[one.severity.upper()]
    return tuple(
        replace(row, health=health_of(row, codes[row.id], sees_access=sees_access)) for row in rows.values()
    )
