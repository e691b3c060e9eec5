"""The audit: a pass over everything, compared with the previous audit, logged, published and stored."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from shared.bootstrap import Runtime, get_runtime
from shared.domain.audit.audit import AuditRun, audit_report
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.errors import TemporaryError
from shared.domain.model.resources import ReadFailed
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import Settings
from shared.telemetry.audit_log import log_audit
from shared.telemetry.log import PassContext, pass_context

# The time for creating, publishing and storing the report, after the last call of the pass.
AFTERWARDS_SECONDS = 20.0


async def run_audit(runtime: Runtime, seconds: float | None = None) -> tuple[AuditReport, ReadFailed | None]:
    """Reconcile everything in scope and everything this deployment owns, under AUDIT_POLICY.

    Returns the report and, if it should be the latest one in the report store but is not, the reason.
    It ends within `seconds`, by default AUDIT_DEADLINE; the report lists what it did not reach. Raises
    TemporaryError only if there was no time to create and store the report.
    """
    seconds = runtime.settings.audit_deadline * 60.0 if seconds is None else seconds
    try:
        async with asyncio.timeout(seconds):
            with pass_context("audit") as context:
                return await _audit(runtime, context, time.monotonic() + seconds)
    except TimeoutError as error:
        raise TemporaryError(f"the audit did not end within AUDIT_DEADLINE, {seconds:.0f} s") from error


async def _audit(runtime: Runtime, context: PassContext, deadline: float) -> tuple[AuditReport, ReadFailed | None]:
    started = datetime.now(UTC)
    stored, failed, _ = await asyncio.gather(
        runtime.report_repository.latest(), runtime.report_repository.failed_passes(), runtime.config_cache.load()
    )
    settings, left = runtime.settings, deadline - time.monotonic() - AFTERWARDS_SECONDS
    result = await runtime.reconcile(audit_request(settings), left, "audit")
    before = stored if isinstance(stored, AuditReport) else runtime.last_audit
    failed_passes = {} if isinstance(failed, ReadFailed) else failed
    finished = datetime.now(UTC)
    audit_run = AuditRun(
        pass_id=context.id,
        started=started,
        finished=finished,
        period_seconds=period_seconds(settings.audit_schedule, finished),
        policy=settings.audit_policy.value,
        pending_grace=timedelta(minutes=settings.pending_grace),
        calls=context.calls,
    )
    report = runtime.last_audit = audit_report(audit_run, result, runtime.config, before, failed_passes)
    log_audit(report, before)
    unread = stored if isinstance(stored, ReadFailed) else None
    if before or not unread:  # otherwise it is unknown what is new
        await runtime.outcome_publisher.of_audit(result, report, before)
    failure = await runtime.report_repository.keep(report, latest=not unread)
    await runtime.settle(AFTERWARDS_SECONDS)
    return report, unread or failure


def audit_request(settings: Settings) -> ReconcileRequest:
    """The request of an audit under these settings; with the policy `report` its clients refuse to write."""
    return ReconcileRequest(
        Targets(everything=True),
        policy=settings.audit_policy,
        dry_run=settings.audit_policy is Policy.REPORT,
        max_removals=settings.max_removals,
    )


def period_seconds(schedule: str, now: datetime) -> int:
    """The time between two audits: the longer of the next two intervals, as a schedule can be irregular."""
    times = CronSim(schedule, now)
    first, second = next(times), next(times)
    return round(max(first - now, second - first).total_seconds())


async def audit() -> None:
    """The timer trigger. Raises TemporaryError or SettingsError, so that a failed audit is a failed function."""
    report, _ = await run_audit(get_runtime())
    if report.problems:
        raise TemporaryError(f"Not done: {'; '.join(report.problems)}. The next audit tries again.")
