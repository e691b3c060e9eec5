"""`plan`, `sync` and `explain`: the pass, as the doors order it, and what it told."""

from argparse import Namespace
from typing import Any

from shared.bootstrap import Runtime
from shared.cli.options import CHANGES, OK, WRONG, UsageError
from shared.cli.probing import Prober
from shared.cli.progress import progress_on
from shared.cli.show import Show
from shared.domain.explain.explanation import expected_addresses
from shared.domain.explain.explanation import explain as explained
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import Severity
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, addresses_of
from shared.domain.model.text import counted
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.preflight.steps import Steps, all_well, diagnosis
from shared.domain.results.pass_report import Report
from shared.reconciler.reconcile import ReconcileRequest

# Nobody ends a command line after some minutes, as Azure does with a function.
SECONDS = 1800.0


async def plan(runtime: Runtime, wanted: Namespace, show: Show) -> int:
    """What would be done. With --exit-code, 3 tells that there is something."""
    report = await _carried_out(runtime, wanted, show, _order(runtime, wanted, dry_run=True))
    show.json(report.as_json()) if wanted.json else show.plan(report)
    if code := _code(report):
        return code
    return CHANGES if wanted.exit_code and report.plan.changes else OK


async def sync(runtime: Runtime, wanted: Namespace, show: Show) -> int:
    report = await _carried_out(runtime, wanted, show, _order(runtime, wanted, dry_run=False))
    show.json(report.as_json()) if wanted.json else show.outcomes(report)
    return _code(report)


async def explain(runtime: Runtime, wanted: Namespace, show: Show) -> int:
    """Why an endpoint is or is not connected, from a dry run of the pass over it."""
    order = ReconcileRequest(Targets(frozenset({wanted.endpoint})), dry_run=True)
    report = await _carried_out(runtime, wanted, show, order)
    steps = explained(report.snapshot, runtime.config, report.plan, wanted.endpoint)
    if wanted.probe:
        with show.waiting("explain: looking names up and opening connections"):
            steps += await _probed(report, runtime.config, wanted.endpoint)
    if wanted.json:
        first = diagnosis(steps)
        told: dict[str, Any] = {"endpoint": str(wanted.endpoint), "diagnosis": first.name if first else None}
        show.json({**told, "steps": [step.as_json() for step in steps]})
    else:
        show.steps(steps)
        show.diagnosis(steps, "Everything is as it must be for clients to reach ClickHouse.")
        if changes := len(report.plan.changes):
            show.hint(
                f"This would make {counted(changes, 'change')}: python -m shared sync {wanted.endpoint}"
            )
    return OK if all_well(steps) else WRONG


async def _probed(report: Report, config: DeploymentConfig, endpoint: ResourceId) -> Steps:
    """What the endpoint's names look like from here; nothing, if it is not known which they are."""
    found = report.snapshot.get(ReadEndpoint(endpoint))
    addresses = addresses_of(report.snapshot, found) if isinstance(found, Endpoint) else ()
    hosts = report.plan.hostnames.get(endpoint, {}).values()
    if not hosts or not isinstance(found, Endpoint) or not isinstance(addresses, tuple):
        return ()
    return await Prober().probe(hosts, expected_addresses(report.snapshot, config, report.plan, found))


async def _carried_out(runtime: Runtime, wanted: Namespace, show: Show, order: ReconcileRequest) -> Report:
    with progress_on(show.err, wanted.command) as runtime.watcher:
        return await runtime.reconcile(order, SECONDS, "cli")


def _order(runtime: Runtime, wanted: Namespace, *, dry_run: bool) -> ReconcileRequest:
    outside = [one for one in wanted.endpoints if not runtime.config.may_ask(one)]
    if outside:
        raise UsageError("; ".join(f"{one} lies outside ENDPOINT_SCOPES" for one in outside))
    targets = Targets(frozenset(wanted.endpoints), everything=wanted.all)
    return ReconcileRequest(targets, dry_run=dry_run, max_removals=_limit(runtime, wanted))


def _limit(runtime: Runtime, wanted: Namespace) -> int:
    asked: int | None = wanted.allow_removals
    return runtime.settings.max_removals if asked is None else asked


def _code(report: Report) -> int:
    wrong = any(finding.severity is Severity.ERROR for finding in report.plan.findings)
    return WRONG if wrong or report.problems else OK
