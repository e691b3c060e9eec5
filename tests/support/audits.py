"""Audits of small worlds, at minutes of one morning."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.audit.audit import Audit, audited
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.policy import Policy, permitted
from shared.domain.planning.removal_limit import limited
from shared.domain.results.pass_report import Calls, Report
from tests.support.plans import plan_of
from tests.support.worlds import (
    deployment,
    endpoint,
    guid,
    record,
    registered,
    service,
    snapshot,
    zone,
)

MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)
GRACE = timedelta(minutes=15)


def well(*endpoints: Endpoint | ResourceId, **parts: Any) -> Snapshot:
    """A world in which endpoint 1 has all it wants, unless `parts` tell otherwise."""
    return snapshot(
        *(endpoints or (endpoint(1),)),
        **{
            "services": [service("main", guid(1))],
            "registrations": [registered(1)],
            "zones": [zone(record(1))],
            **parts,
        },
    )


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def report_of(seen: Snapshot, by: DeploymentConfig | None = None, *, max_removals: int = 20) -> Report:
    """What a pass that changes nothing finds in that world."""
    plan = limited(plan_of(seen, by), max_removals)
    return Report(seen, permitted(plan, Policy.REPORT), dry_run=True)


def audit(
    looked: Snapshot | Report,
    before: AuditReport | None = None,
    *,
    minute: float = 0,
    by: DeploymentConfig | None = None,
) -> AuditReport:
    """The audit's report, begun a second before that minute."""
    report = looked if isinstance(looked, Report) else report_of(looked, by)
    when = Audit(
        f"pass-{minute}", at(minute) - timedelta(seconds=1), at(minute), 900, "report", GRACE, Calls(2)
    )
    return audited(when, report, by or deployment(), before)


def row(report: AuditReport, endpoint: ResourceId) -> AuditedEndpoint:
    return next(one for one in report.endpoints if one.id == str(endpoint))


def finding(report: AuditReport, code: str) -> AuditedFinding:
    """The one finding of that code."""
    (found,) = [one for one in report.findings if one.code == code]
    return found


def codes(report: AuditReport) -> set[str]:
    return {one.code for one in report.findings}
