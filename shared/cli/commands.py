"""The commands: each takes the runtime, the options and the output, and returns the exit code."""

import asyncio
import json
from argparse import Namespace
from collections.abc import Awaitable, Callable
from contextlib import suppress

from shared.adapters.azure.preflight import AzurePreflight
from shared.adapters.retry import Budget, Deadline
from shared.bootstrap import Runtime
from shared.cli.options import CHANGES, FAILED, OK, UNKNOWN, UsageError, command_line
from shared.cli.output import Output
from shared.cli.probe import Prober
from shared.cli.progress import progress
from shared.domain.changes.dns import PutRecord
from shared.domain.explain.explanation import expected_addresses
from shared.domain.explain.explanation import explain as explain_endpoint
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.findings import Severity
from shared.domain.model.ids import ResourceId, quoted
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.plan import Plan
from shared.domain.preflight.check_result import CheckStatus, first_problem, overall
from shared.domain.preflight.rbac import WRITE_RECORDS, missing_actions
from shared.reconciler.reconcile import ReconcileRequest
from shared.reports.report_json import to_json
from shared.triggers import health
from shared.triggers.audit import AFTERWARDS_SECONDS, run_audit

EXIT_CODES = {CheckStatus.PASSED: OK, CheckStatus.FAILED: FAILED, CheckStatus.UNKNOWN: UNKNOWN}


async def plan_or_sync(runtime: Runtime, options: Namespace, output: Output) -> int:
    """What sync would change, or its changes."""
    if outside := [one for one in options.endpoints if not runtime.config.in_endpoint_scopes(one)]:
        remedy = "add the subscription or resource group if the endpoint may request access"
        raise UsageError("; ".join(f"{one} is outside ENDPOINT_SCOPES: {remedy}" for one in outside))
    limit = options.allow_removals
    request = ReconcileRequest(
        Targets(frozenset(options.endpoints), everything=options.all),
        dry_run=options.command == "plan",
        max_removals=runtime.settings.max_removals if limit is None else limit,
    )
    async with progress(output.err, options.command, options.timeout):
        report = await runtime.reconcile(request, options.timeout, "cli")
    release = _release_command(report.releases_withheld, options)
    output.json(report.as_json()) if options.json else output.report(report, release)
    if report.problems or any(finding.severity is Severity.ERROR for finding in report.plan.findings):
        return FAILED
    return CHANGES if request.dry_run and options.exit_code and report.plan.changes else OK


async def audit(runtime: Runtime, options: Namespace, output: Output) -> int:
    """The audit that the timer runs; it stores its report and publishes its events as well."""
    overrides = {"audit_policy": options.policy, "max_removals": options.allow_removals}
    given = {name: value for name, value in overrides.items() if value is not None}
    runtime.settings = runtime.settings.model_copy(update=given)
    async with progress(output.err, "audit", options.timeout):
        report, failure = await run_audit(runtime, options.timeout + AFTERWARDS_SECONDS)
    release = _release_command(report.allow_removals, options)
    output.json(json.loads(to_json(report))) if options.json else output.audit(report, release, failure)
    errors = any(finding.severity is Severity.ERROR for finding in report.findings)
    return FAILED if errors or report.problems or not report.complete or failure else OK


async def check(runtime: Runtime, options: Namespace, output: Output) -> int:
    async with progress(output.err, "check", health.SECONDS):
        steps = await health.run_preflight(runtime)
    if options.json:
        output.json(health.health_json(steps))
    else:
        output.steps(steps)
        output.conclusion(steps, "No problem found.")
    return EXIT_CODES[overall(steps)]


async def explain(runtime: Runtime, options: Namespace, output: Output) -> int:
    """Why an endpoint is or is not connected, from a dry run over it. Everything but the probe shares --timeout."""
    deadline = Deadline.after(options.timeout)
    async with progress(output.err, "explain", options.timeout):
        endpoint = await _resolve(runtime, options.endpoint, deadline)
        request = ReconcileRequest(Targets(frozenset({endpoint})), dry_run=True)
        report = await runtime.reconcile(request, deadline.left(), "cli")
        missing = await _missing_permissions(runtime, report.plan, deadline)
        steps = explain_endpoint(report.snapshot, runtime.config, report.plan, endpoint, missing)
        if options.probe and (hosts := report.plan.hostnames.get(endpoint)):
            expected = expected_addresses(report.snapshot, runtime.config, report.plan, endpoint)
            steps += await Prober().probe(hosts.values(), expected) if expected else ()
    if options.json:
        problem = first_problem(steps)
        document = {"endpoint": str(endpoint), "diagnosis": problem.name if problem else None}
        output.json({**document, **health.health_json(steps)})
    else:
        output.steps(steps)
        output.conclusion(steps, "All checks passed: clients can reach ClickHouse through this endpoint.")
        possible = [one for one in report.plan.changes if not (isinstance(one, PutRecord) and missing.get(one.zone))]
        output.command(possible, command_line("sync", str(endpoint), settings=options.settings))
        if overall(steps) is CheckStatus.UNKNOWN:
            check_command = command_line("check", settings=options.settings)
            output.hint(f"To check settings, permissions and systems: {check_command}")
    return EXIT_CODES[overall(steps)]


async def _resolve(runtime: Runtime, endpoint: ResourceId | str, deadline: Deadline) -> ResourceId:
    """The endpoint of `explain`: an ARM id, or a name that is unique in ENDPOINT_SCOPES."""
    if isinstance(endpoint, ResourceId):
        return endpoint
    network = runtime.clients.systems(Budget(deadline, deadline), read_only=True).network
    lists = await asyncio.gather(*map(network.endpoints, runtime.config.endpoint_scopes))
    found = sorted({one.id for listed in lists for one in listed if one.id.name == endpoint.lower()})
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{quoted(endpoint)} is not unique; use one of: {', '.join(map(str, found))}")
    scopes = ", ".join(map(str, runtime.config.endpoint_scopes))
    raise UsageError(f"no private endpoint {quoted(endpoint)} in {scopes}; for a deleted one, use its ARM id")


async def _missing_permissions(runtime: Runtime, plan: Plan, deadline: Deadline) -> dict[ResourceId, tuple[str, ...]]:
    """What the caller lacks at each zone in which sync would write a record, as far as that can be read."""
    azure = AzurePreflight(runtime.clients.arm_reading, Budget(deadline, deadline))
    missing = dict[ResourceId, tuple[str, ...]]()
    for zone in {change.zone for change in plan.changes if isinstance(change, PutRecord)}:
        with suppress(PrivateLinkError):
            rights = await azure.rights(str(zone))
            missing[zone] = missing_actions(rights, WRITE_RECORDS[:1]) if isinstance(rights, tuple) else ()
    return missing


def _release_command(releases: int, options: Namespace) -> str:
    """The command that makes withheld removals, which release this many endpoints; no other removal needs a limit."""
    limit = ["--allow-removals", str(releases)] if releases else []
    return command_line("sync", "--all", *limit, settings=options.settings)


COMMANDS: dict[str, Callable[[Runtime, Namespace, Output], Awaitable[int]]] = {
    "plan": plan_or_sync,
    "sync": plan_or_sync,
    "audit": audit,
    "check": check,
    "explain": explain,
}
