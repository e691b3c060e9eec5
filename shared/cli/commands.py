"""The commands: each takes the runtime, the options and the output, and returns the exit code."""

import json
from argparse import Namespace
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from shared.adapters.retry import Budget
from shared.bootstrap import Runtime
from shared.cli.options import CHANGES, FAILED, OK, UNKNOWN, UsageError, command_line
from shared.cli.output import Output
from shared.cli.probe import Prober
from shared.cli.progress import progress
from shared.domain.explain.explanation import expected_addresses
from shared.domain.explain.explanation import explain as explain_endpoint
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import Severity
from shared.domain.model.ids import ResourceId, quoted
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.preflight.check_result import CheckStatus, Steps, first_problem, overall
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest
from shared.reports.report_json import to_json
from shared.triggers import health
from shared.triggers.audit import AFTERWARDS_SECONDS, run_audit

EXIT_CODES = {CheckStatus.PASSED: OK, CheckStatus.FAILED: FAILED, CheckStatus.UNKNOWN: UNKNOWN}


async def plan(runtime: Runtime, options: Namespace, output: Output) -> int:
    report = await _reconcile(runtime, options, output, _request(runtime, options, dry_run=True))
    release = _release_command(report.releases_withheld, options)
    output.json(report.as_json()) if options.json else output.plan(report, release)
    changes = CHANGES if options.exit_code and report.plan.changes else OK
    return _exit_code(report) or changes


async def sync(runtime: Runtime, options: Namespace, output: Output) -> int:
    report = await _reconcile(runtime, options, output, _request(runtime, options, dry_run=False))
    release = _release_command(report.releases_withheld, options)
    output.json(report.as_json()) if options.json else output.outcomes(report, release)
    return _exit_code(report)


async def audit(runtime: Runtime, options: Namespace, output: Output) -> int:
    """The audit that the timer runs; it stores its report and publishes its events as well."""
    overrides = {"audit_policy": options.policy, "max_removals": options.allow_removals}
    given = {name: value for name, value in overrides.items() if value is not None}
    runtime.settings = runtime.settings.model_copy(update=given)
    async with progress(output.err, "audit", options.timeout) as runtime.watcher:
        result = await run_audit(runtime, options.timeout + AFTERWARDS_SECONDS)
    report, failure = result.report, result.not_stored
    release = _release_command(report.allow_removals, options)
    output.json(json.loads(to_json(report))) if options.json else output.audit(report, release, failure)
    errors = any(finding.severity is Severity.ERROR for finding in report.findings)
    return FAILED if errors or report.problems or not report.complete or failure else OK


async def check(runtime: Runtime, options: Namespace, output: Output) -> int:
    async with progress(output.err, "check", health.SECONDS):
        steps = await health.check(runtime)
    if options.json:
        output.json(health.health_json(steps))
    else:
        output.steps(steps)
        output.conclusion(steps, "No problem found.")
    return EXIT_CODES[overall(steps)]


async def explain(runtime: Runtime, options: Namespace, output: Output) -> int:
    """Why an endpoint is or is not connected, from a dry run over it."""
    endpoint = await _resolve(runtime, options, output)
    request = ReconcileRequest(Targets(frozenset({endpoint})), dry_run=True)
    report = await _reconcile(runtime, options, output, request)
    steps = explain_endpoint(report.snapshot, runtime.config, report.plan, endpoint)
    if options.probe:
        with output.err.status("explain: probing") if output.err.is_terminal else nullcontext():
            steps += await _probe(report, runtime.config, endpoint)
    if options.json:
        problem = first_problem(steps)
        document = {"endpoint": str(endpoint), "diagnosis": problem.name if problem else None}
        output.json({**document, **health.health_json(steps)})
    else:
        output.steps(steps)
        output.conclusion(steps, "All checks passed: clients can reach ClickHouse through this endpoint.")
        output.command(report.plan.changes, command_line("sync", str(endpoint), settings=options.settings))
        if overall(steps) is CheckStatus.UNKNOWN:
            output.hint(
                f"To check settings, permissions and systems: {command_line('check', settings=options.settings)}"
            )
    return EXIT_CODES[overall(steps)]


async def _resolve(runtime: Runtime, options: Namespace, output: Output) -> ResourceId:
    """The endpoint of `explain`: an ARM id, or a name that is unique in ENDPOINT_SCOPES."""
    name = options.endpoint
    if isinstance(name, ResourceId):
        return name
    network = runtime.clients.systems(Budget.of(options.timeout), read_only=True).network
    async with progress(output.err, "explain", options.timeout):
        lists = [await network.endpoints(scope) for scope in runtime.config.endpoint_scopes]
    found = sorted({one.id for listed in lists for one in listed if one.id.name == name.lower()})
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{quoted(name)} is not unique; use one of: {', '.join(map(str, found))}")
    scopes = ", ".join(map(str, runtime.config.endpoint_scopes))
    raise UsageError(f"no private endpoint {quoted(name)} in {scopes}; for a deleted one, use its ARM id")


async def _probe(report: Report, config: DeploymentConfig, endpoint: ResourceId) -> Steps:
    """The host names and ports as seen from here; nothing if the host names or addresses are unknown."""
    found = report.snapshot.get(ReadEndpoint(endpoint))
    hosts = report.plan.hostnames.get(endpoint, {}).values()
    if not hosts or not isinstance(found, Endpoint):
        return ()
    expected = expected_addresses(report.snapshot, config, report.plan, found)
    return await Prober().probe(hosts, expected) if expected else ()


async def _reconcile(runtime: Runtime, options: Namespace, output: Output, request: ReconcileRequest) -> Report:
    async with progress(output.err, options.command, options.timeout) as runtime.watcher:
        return await runtime.reconcile(request, options.timeout, "cli")


def _request(runtime: Runtime, options: Namespace, *, dry_run: bool) -> ReconcileRequest:
    if outside := [one for one in options.endpoints if not runtime.config.in_endpoint_scopes(one)]:
        raise UsageError("; ".join(f"{one} is outside ENDPOINT_SCOPES" for one in outside))
    limit = options.allow_removals
    return ReconcileRequest(
        Targets(frozenset(options.endpoints), everything=options.all),
        dry_run=dry_run,
        max_removals=runtime.settings.max_removals if limit is None else limit,
    )


def _release_command(releases: int, options: Namespace) -> str:
    """The command that makes withheld removals, which release this many endpoints."""
    return command_line("sync", "--all", "--allow-removals", str(releases), settings=options.settings)


def _exit_code(report: Report) -> int:
    errors = any(finding.severity is Severity.ERROR for finding in report.plan.findings)
    return FAILED if errors or report.problems else OK


COMMANDS: dict[str, Callable[[Runtime, Namespace, Output], Awaitable[int]]] = {
    "plan": plan,
    "sync": sync,
    "audit": audit,
    "check": check,
    "explain": explain,
}
