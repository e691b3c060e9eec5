"""Audits of small worlds, by minute of one morning."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.audit.audit import AuditRun, audit_report
from shared.domain.audit.context import NO_FAILED_PASSES
from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.policy import Policy, filtered
from shared.domain.planning.removal_limit import limited
from shared.domain.results.pass_report import Calls, Report
from shared.domain.results.report_shares import FailedPass
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
    """A world in which endpoint 1 has everything that it requests, except for `parts`."""
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


def report_of(snapshot_: Snapshot, by: DeploymentConfig | None = None, *, max_removals: int = 20) -> Report:
    """The report of a pass that changes nothing in that world."""
    plan = limited(plan_of(snapshot_, by), max_removals)
    return Report(snapshot_, filtered(plan, Policy.REPORT), dry_run=True)


def audit(
    world: Snapshot | Report,
    previous: AuditReport | None = None,
    *,
    minute: float = 0,
    by: DeploymentConfig | None = None,
    policy: str = "report",
    failed_passes: Mapping[str, FailedPass] = NO_FAILED_PASSES,
) -> AuditReport:
    """The audit report, started one second before that minute."""
    report = world if isinstance(world, Report) else report_of(world, by)
    run = AuditRun(f"pass-{minute}", at(minute) - timedelta(seconds=1), at(minute), 900, policy, GRACE, Calls(2))
    return audit_report(run, report, by or deployment(), previous, failed_passes)


def row(report: AuditReport, endpoint: ResourceId) -> AuditedEndpoint:
    return next(one for one in report.endpoints if one.id == str(endpoint))


def finding(report: AuditReport, code: str) -> AuditedFinding:
    """The one finding of that code."""
    (only,) = [one for one in report.findings if one.code == code]
    return only


def codes(report: AuditReport) -> set[str]:
    return {one.code for one in report.findings}
