"""`audit`: the audit that the timer makes, by hand; it keeps its report and tells its events as that does."""

import json
from argparse import Namespace
from collections.abc import Iterable

from rich.text import Text

from shared.bootstrap import Runtime
from shared.cli.options import OK, WRONG
from shared.cli.progress import progress_on
from shared.cli.show import HEALTHS, SEVERITIES, STATUSES, Show
from shared.domain.audit.report_model import AuditedFinding, AuditReport, Repair
from shared.reports.report_json import to_json
from shared.triggers.audit import run_audit

# Nobody ends a command line after some minutes, as Azure does with a function.
SECONDS = 1800.0


async def audit(runtime: Runtime, wanted: Namespace, show: Show) -> int:
    """Everything, under AUDIT_POLICY and MAX_REMOVALS or what was said instead."""
    instead = {"audit_policy": wanted.policy, "max_removals": wanted.allow_removals}
    runtime.settings = runtime.settings.model_copy(update={k: v for k, v in instead.items() if v is not None})
    with progress_on(show.err, wanted.command) as runtime.watcher:
        report = await run_audit(runtime, SECONDS)
    if wanted.json:
        show.json(json.loads(to_json(report)))
    else:
        tell(report, show)
    wrong = any(finding.severity == "error" for finding in report.findings)
    return WRONG if wrong or report.problems or not report.complete else OK


def tell(report: AuditReport, show: Show) -> None:
    """What was repaired, what was found and since when, what kept it from more; and the sentence."""
    for repair in report.repairs:
        _tell_repair(repair, show)
    _tell_findings(report.findings, show)
    for problem in report.problems:
        show.out.print(Text(f"problem  {problem}", "bold red"))
    for left in report.left:
        show.out.print(Text(f"not reached  {left}", "yellow"))
    show.out.print(Text(report.sentence, HEALTHS[report.health]))


def _tell_repair(repair: Repair, show: Show) -> None:
    style = STATUSES[repair.status]
    line = f"{repair.status:<8}{repair.change} {repair.object}: {repair.before} -> {repair.after}"
    show.out.print(Text(f"{line}  for {repair.endpoint}", style))
    if repair.error:
        show.out.print(Text(f"        {repair.error}", style))


def _tell_findings(findings: Iterable[AuditedFinding], show: Show) -> None:
    for finding in findings:
        line = Text.assemble((f"{finding.severity:<8}", SEVERITIES[finding.severity]), (finding.code, "bold"))
        show.out.print(line.append(f"  {finding.object}: {finding.message}", ""))
        since = f"since {finding.first_seen:%Y-%m-%d %H:%M} UTC"
        show.out.print(Text(f"        {since}. {finding.remedy}", "cyan"))
