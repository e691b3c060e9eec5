"""The audit: a pass over everything, held against the audit before, told and kept."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from shared.bootstrap import Runtime, get_runtime
from shared.domain.audit.audit import AuditRun, audit_report
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.errors import TemporaryError
from shared.domain.model.resources import ReadFailed, ReadResult
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.domain.results.unfinished_work import FailedPass
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import Settings
from shared.telemetry.audit_log import tell_audit
from shared.telemetry.pass_context import Passing, passing
from shared.triggers.failure import summary

# What making, telling and keeping the report may take, after the last call of the pass.
AFTERWARDS_SECONDS = 20.0


async def run_audit(runtime: Runtime, seconds: float | None = None) -> AuditReport:
    """Look at everything in scope and all we own, do what AUDIT_POLICY permits, and tell.

    It ends within `seconds`, which are AUDIT_DEADLINE unless told: what was not reached by then stands in the
    report. Raises TemporaryError only if even that could not be kept.
    """
    seconds = runtime.settings.audit_deadline * 60.0 if seconds is None else seconds
    try:
        async with asyncio.timeout(seconds):
            with passing("audit") as under_way:
                return await _audit(runtime, under_way, time.monotonic() + seconds)
    except TimeoutError as error:
        raise TemporaryError(f"the audit did not end within AUDIT_DEADLINE, {seconds:.0f} s") from error


async def _audit(runtime: Runtime, under_way: Passing, deadline: float) -> AuditReport:
    started = datetime.now(UTC)
    stored, failed, _ = await asyncio.gather(
        runtime.archive.latest(), runtime.archive.failed_passes(), runtime.config_cache.load()
    )
    left = deadline - time.monotonic() - AFTERWARDS_SECONDS
    report = await runtime.reconcile(order_of(runtime.settings), left, "audit")
    if isinstance(stored, ReadFailed):
        stored = await runtime.archive.latest()
    before = _before(runtime, stored)
    failed_passes = {} if isinstance(failed, ReadFailed) else failed
    told = _told(runtime, report, under_way, started, before, failed_passes)
    runtime.last_audit = told
    tell_audit(told, before)
    unknown = isinstance(stored, ReadFailed)
    if before or not unknown:  # otherwise nobody knows what is new
        await runtime.announcer.of_audit(report, told, before)
    await runtime.archive.keep(told, latest=not unknown)
    await runtime.settle(AFTERWARDS_SECONDS)
    return told


def _before(runtime: Runtime, stored: ReadResult[AuditReport]) -> AuditReport | None:
    return stored if isinstance(stored, AuditReport) else runtime.last_audit


def _told(
    runtime: Runtime,
    report: Report,
    under_way: Passing,
    started: datetime,
    before: AuditReport | None,
    failed_passes: Mapping[str, FailedPass],
) -> AuditReport:
    settings, finished = runtime.settings, datetime.now(UTC)
    when = AuditRun(
        pass_id=under_way.id,
        started=started,
        finished=finished,
        period_seconds=period_seconds(settings.audit_schedule, finished),
        policy=settings.audit_policy.value,
        pending_grace=timedelta(minutes=settings.pending_grace),
        calls=under_way.calls,
    )
    return audit_report(when, report, runtime.config, before, failed_passes)


def order_of(settings: Settings) -> ReconcileRequest:
    """What an audit under these settings asks for; under `report`, of clients that refuse to write."""
    policy = settings.audit_policy
    return ReconcileRequest(
        Targets(everything=True),
        policy=policy,
        dry_run=policy is Policy.REPORT,
        max_removals=settings.max_removals,
    )


def period_seconds(schedule: str, now: datetime) -> int:
    """The time between two audits by the schedule, which need not be regular: the longer of the next two."""
    times = CronSim(schedule, now)
    first, second = next(times), next(times)
    return round(max(first - now, second - first).total_seconds())


async def audit() -> None:
    """The pass over everything in scope and everything we own, under AUDIT_POLICY.

    Raises TemporaryError or SettingsError, so that a failed audit is seen as a failed function.
    """
    report = await run_audit(get_runtime())
    if report.problems:
        done = [f"{repair.change} {repair.object}" for repair in report.repairs if repair.status == "done"]
        raise TemporaryError(summary(report.problems, done, "The next audit looks again."))
