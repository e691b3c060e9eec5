"""Reports and steps on a terminal. Piped, the same lines without colors; lines are never wrapped."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Self, TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from shared.domain.audit.report_model import AuditedFinding, AuditReport, Health
from shared.domain.changes.base import Change
from shared.domain.changes.outcome import Outcome, OutcomeStatus, stages
from shared.domain.model.findings import Finding, Severity
from shared.domain.model.remedies import store_remedy
from shared.domain.model.resources import ReadFailed
from shared.domain.model.text import counted, visible
from shared.domain.preflight.check_result import CheckStatus, Steps, first_problem
from shared.domain.results.pass_report import Report

ERROR, WARNING, UNKNOWN, REMEDY = "bold red", "yellow", "magenta", "cyan"
_SIGNS = {"+": "green", "~": "yellow", "-": "red"}
_NOUNS = {"+": "addition", "~": "update", "-": "removal"}
_OUTCOMES = {"done": "green", "failed": ERROR, "skipped": WARNING}
_SEVERITIES = {Severity.ERROR: ERROR, Severity.WARNING: WARNING, Severity.INFO: "cyan"}
_HEALTHS = {Health.ERROR: ERROR, Health.WARNING: "bold yellow", Health.UNKNOWN: f"bold {UNKNOWN}"}
_STATUSES = {
    CheckStatus.PASSED: "green",
    CheckStatus.WARNING: WARNING,
    CheckStatus.FAILED: ERROR,
    CheckStatus.UNKNOWN: UNKNOWN,
    CheckStatus.SKIPPED: "dim",
}
_VERB = 25


class Line(Text):
    """One line of text. Control characters of names, tags and errors must not reach the terminal: they are escaped."""

    def __init__(self, text: str = "", style: str | Style = "", **options: Any) -> None:
        super().__init__(visible(text), style, **options)

    def append(self, text: Text | str, style: str | Style | None = None) -> Self:
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self


def make_console(file: TextIO | None = None, *, stderr: bool = False) -> Console:
    """A console that prints text unchanged: no markup, no highlighting."""
    return Console(file=file, stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


class Output:
    """Results go to `out`, everything else to `err`."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self.out, self.err = out or make_console(), err or make_console(stderr=True)

    def json(self, document: Mapping[str, Any]) -> None:
        self.out.file.write(json.dumps(document, indent=1) + "\n")
        self.out.file.flush()

    def error(self, text: str) -> None:
        for line in text.split("\n"):
            self.err.print(Line(line, ERROR))

    def report(self, report: Report, release: str) -> None:
        """The changes of a dry run, like a diff, or their outcomes. `release`: the command for what is withheld."""
        planned = [(change, None) for stage in stages(report.plan.changes) for change in stage]
        rows: Sequence[tuple[Change, Outcome | None]] = [(one.change, one) for one in report.outcomes]
        rows = planned if report.dry_run else rows
        for endpoint in sorted({change.endpoint for change, _ in rows}):
            verdict = report.plan.verdicts.get(endpoint)
            self.out.print(Line(f"{endpoint}  {verdict.value if verdict else ''}".rstrip(), "bold"))
            for change, outcome in rows:
                if change.endpoint == endpoint:
                    self._change(change, outcome)
        for change in report.plan.withheld:
            self.out.print(Line(f"withheld {_line(change).plain}  for {change.endpoint}", WARNING))
        self._release("MAX_REMOVALS", len(report.plan.withheld), release)
        self._findings_and_problems(report)
        incomplete, style = ("Incomplete: ", "bold yellow") if report.problems else ("", "bold")
        self.out.print(Line(f"{incomplete}{_counts(report)}", style))

    def audit(self, report: AuditReport, release: str, not_stored: ReadFailed | None = None) -> None:
        """Repairs, withheld removals, findings and problems, and last the summary."""
        for repair in report.repairs:
            style = _OUTCOMES[repair.status]
            change = f"{repair.change} {repair.object}: {repair.before} -> {repair.after}"
            self.out.print(Line(f"{repair.status:<8}{change}  for {repair.endpoint}", style))
            if repair.error:
                self.out.print(Line(f"        {repair.error}", style))
        for one in report.withheld:
            self.out.print(Line(f"withheld {one.change} {one.object}: {one.fact}  for {one.endpoint}", WARNING))
        self._release(report.withheld_by, len(report.withheld), release)
        groups: defaultdict[tuple[bool, str, str], list[AuditedFinding]] = defaultdict(list)
        for finding in sorted(report.findings, key=lambda one: not one.seen):
            groups[(finding.seen, finding.code, finding.remedy)].append(finding)
        for group in groups.values():
            self._finding_group(group)
        shown = [finding.message for finding in report.findings]
        self._problems(one for one in report.problems if not _is_shown(one, shown))
        for left in report.left:
            self.out.print(Line(f"not reached  {left}", WARNING))
        sentence, style = report.sentence, _HEALTHS.get(report.health, "bold green")
        if not_stored:
            sentence, style = f"The report is not stored. {sentence}", ERROR
            self._problems([f"the report is not stored: {not_stored.reason}"])
            self.out.print(Line(f"        {store_remedy(not_stored.cause)}", REMEDY))
        self.out.print(Line(sentence, style))

    def _finding_group(self, group: list[AuditedFinding]) -> None:
        """A line for findings of one code and remedy, one for the remedy, and one for each object."""
        first = group[0]
        line = Line.assemble((f"{first.severity:<8}", _SEVERITIES[first.severity]), (first.code, "bold"))
        line.append("" if first.seen else "  not seen by this audit", UNKNOWN)
        self.out.print(line.append(f"  {counted(len(group), 'finding')}" if len(group) > 1 else "", "dim"))
        self.out.print(Line(f"        {first.remedy}", REMEDY))
        for one in group:
            last = "" if one.seen else f"; last seen {one.last_seen:%Y-%m-%d %H:%M} UTC"
            seen = f"(since {one.first_seen:%Y-%m-%d %H:%M} UTC{last})"
            self.out.print(Line(f"        - {one.object}: {one.message} {seen}"))

    def steps(self, steps: Steps) -> None:
        """A line for each step, and one for its remedy."""
        width = max(len(step.name) for step in steps)
        for step in steps:
            style = _STATUSES[step.status]
            line = Line.assemble((f"{step.status.value:<8} ", style), (step.name.ljust(width), "bold"))
            self.out.print(line.append(f"  {step.detail}", "dim" if style == "dim" else ""))
            if step.remedy:
                self.out.print(Line(f"{'':<9}{'':<{width}}  {step.remedy}", REMEDY))

    def conclusion(self, steps: Steps, success: str) -> None:
        """The first problem and what to do about it; otherwise `success`, with the number of warnings."""
        numbers = Counter(step.status for step in steps)
        if problem := first_problem(steps):
            unknown = counted(numbers[CheckStatus.UNKNOWN], "check")
            not_made = f"{unknown} could not be made. {problem.question} Unknown:"
            lead = f"{problem.question} No:" if problem.status is CheckStatus.FAILED else not_made
            style = f"bold {_STATUSES[problem.status].removeprefix('bold ')}"
            self.out.print(Line(f"{lead} {problem.detail.removesuffix('.')}.", style))
            self.out.print(Line(f"What to do: {problem.remedy}", f"bold {REMEDY}"))
        elif numbers[CheckStatus.WARNING]:
            self.out.print(Line(f"{success} {counted(numbers[CheckStatus.WARNING], 'warning')}.", "bold yellow"))
        else:
            self.out.print(Line(success, "bold green"))

    def command(self, changes: Collection[Change], command: str) -> None:
        """A command and the changes that it would make; nothing without changes."""
        numbers: Counter[str] = Counter(change.sign for change in changes)
        endpoints = len({change.endpoint for change in changes})
        counts = ", ".join(counted(numbers[sign], noun) for sign, noun in _NOUNS.items() if numbers[sign])
        if counts:
            of = f" for {endpoints} endpoints" if endpoints > 1 else ""
            self.hint(f"To make {counts}{of}: {command}")

    def hint(self, text: str) -> None:
        self.out.print(Line(text, REMEDY))

    def _change(self, change: Change, outcome: Outcome | None) -> None:
        line = _line(change)
        if outcome:
            style = _OUTCOMES[outcome.status.value]
            line = Line(f"  {outcome.status.value:<8}", style).append(line)
        self.out.print(line)
        if outcome and outcome.error:
            self.out.print(Line(f"            {outcome.error}", style))

    def _release(self, setting: str, removals: int, command: str) -> None:
        if removals:
            self.hint(f"{setting} withholds {counted(removals, 'removal')}. To apply them: {command}")

    def _findings_and_problems(self, report: Report) -> None:
        for finding in report.plan.findings:
            self._finding(finding)
        shown = [finding.message for finding in report.plan.findings]
        for problem in report.problems_with_remedies:
            if not _is_shown(problem.text, shown):
                self._problems([problem.text])
                self.out.print(Line(f"        {problem.remedy}", REMEDY))

    def _finding(self, finding: Finding) -> None:
        line = Line.assemble((f"{finding.severity:<8}", _SEVERITIES[finding.severity]), (finding.code, "bold"))
        self.out.print(line.append(f"  {finding.object}: {finding.message}", ""))
        self.out.print(Line(f"        {finding.remedy}", REMEDY))

    def _problems(self, problems: Iterable[str]) -> None:
        for problem in problems:
            self.out.print(Line(f"problem  {problem}", ERROR))


def _is_shown(problem: str, messages: Iterable[str]) -> bool:
    return any(message in problem or problem in message for message in messages)


def _line(change: Change) -> Line:
    return Line(f"  {change.sign} {change.verb:<{_VERB}}{change.summary()}", _SIGNS[change.sign])


def _counts(report: Report) -> str:
    """How many changes there are, of how many endpoints, by verdict."""
    verdicts = Counter(verdict.value for verdict in report.plan.verdicts.values())
    listed = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    endpoints = f"{counted(verdicts.total(), 'endpoint')}{f' ({listed})' if listed else ''}"
    if report.dry_run:
        signs = Counter(change.sign for change in report.plan.changes)
        changes = f"{signs['+']} to add, {signs['~']} to change, {signs['-']} to remove"
        return f"{changes}, for {endpoints}. Nothing was changed."
    statuses = Counter(outcome.status for outcome in report.outcomes)
    counts = ", ".join(f"{statuses[status]} {status}" for status in OutcomeStatus)
    return f"{counts}, for {endpoints}."
