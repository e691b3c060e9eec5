"""How reports and steps look on a terminal. Piped, the same lines without colour; no line is ever broken."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from shared.domain.audit.report_model import Health
from shared.domain.changes import Change
from shared.domain.changes.outcome import Outcome, stages
from shared.domain.model.findings import Finding
from shared.domain.model.text import counted
from shared.domain.preflight.steps import Answer, Step, diagnosis
from shared.domain.results.pass_report import Report

_SIGNS = {"+": "green", "~": "yellow", "-": "red"}
STATUSES = {"done": "green", "failed": "bold red", "skipped": "yellow"}
SEVERITIES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_ANSWERS = {
    Answer.OK: "green",
    Answer.NOT_OK: "bold red",
    Answer.NOT_KNOWN: "yellow",
    Answer.NOT_CHECKED: "dim",
}
HEALTHS = {
    Health.WELL: "bold green",
    Health.WAITING: "bold cyan",
    Health.WRONG: "bold red",
    Health.UNKNOWN: "bold yellow",
    Health.LEFT_ALONE: "bold",
}
_VERB = 25


def make_console(file: TextIO | None = None, *, stderr: bool = False) -> Console:
    """A console that prints text as it is: no markup, no guesses at what to colour."""
    return Console(file=file, stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


class Show:
    """Results go to `out`, all else to `err`."""

    def __init__(self, out: Console, err: Console) -> None:
        self.out, self.err = out, err

    def json(self, document: Mapping[str, Any]) -> None:
        self.out.file.write(json.dumps(document, indent=1) + "\n")
        self.out.file.flush()

    def trouble(self, text: str) -> None:
        self.err.print(Text(text, "bold red"))

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A spinner while we wait, for people only."""
        if not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(text, "dim"), spinner_style="dim"):
            yield

    def plan(self, report: Report) -> None:
        """What would be done, like a diff, for each endpoint that something would be done for."""
        names = _names(report)
        for endpoint in sorted({change.endpoint for change in report.plan.changes}):
            self._headline(report, endpoint)
            mine = [change for change in report.plan.changes if change.endpoint == endpoint]
            for change in (change for stage in stages(mine) for change in stage):
                self.out.print(_changed(change, names))
        self._findings(report.plan.findings)
        self._problems(report.problems)
        numbers = Counter(change.sign for change in report.plan.changes)
        told = f"{numbers['+']} to add, {numbers['~']} to change, {numbers['-']} to remove"
        self.out.print(Text(f"{told}, for {_verdicts(report)}. Nothing was changed.", "bold"))

    def outcomes(self, report: Report) -> None:
        """What was done and what was not, for each endpoint that something was done for."""
        names = _names(report)
        for endpoint in sorted({outcome.change.endpoint for outcome in report.outcomes}):
            self._headline(report, endpoint)
            for outcome in (one for one in report.outcomes if one.change.endpoint == endpoint):
                self._outcome(outcome, names)
        self._findings(report.plan.findings)
        self._problems(report.problems)
        numbers = Counter(outcome.status.value for outcome in report.outcomes)
        told = f"{numbers['done']} done, {numbers['failed']} failed, {numbers['skipped']} skipped"
        self.out.print(Text(f"{told}, for {_verdicts(report)}.", "bold"))

    def steps(self, steps: Iterable[Step]) -> None:
        """One line a step, with what was seen; and its remedy where it needs one."""
        known = tuple(steps)
        width = max(len(step.name) for step in known)
        for step in known:
            style = _ANSWERS[step.answer]
            line = Text.assemble((f"{step.answer.value:<11}  ", style), (step.name.ljust(width), "bold"))
            self.out.print(line.append(f"  {step.seen}", "dim" if style == "dim" else ""))
            if step.remedy:
                self.out.print(Text(f"{'':<13}{'':<{width}}  {step.remedy}", "cyan"))

    def diagnosis(self, steps: Iterable[Step], well: str) -> None:
        """The last word: what is wrong first, and what to do about it; or that all is well."""
        first = diagnosis(steps)
        if first is None:
            self.out.print(Text(well, "bold green"))
            return
        style = _ANSWERS[first.answer]
        unknown = first.answer is Answer.NOT_KNOWN
        lead = (
            f"Nothing is wrong, but not all is known. {first.question}"
            if unknown
            else f"{first.question} No:"
        )
        self.out.print(Text(f"{lead} {first.seen.removesuffix('.')}.", style))
        self.out.print(Text(f"What to do: {first.remedy}", "bold cyan"))

    def hint(self, text: str) -> None:
        self.out.print(Text(text, "cyan"))

    def _headline(self, report: Report, endpoint: Any) -> None:
        verdict = report.plan.verdicts.get(endpoint)
        self.out.print(Text(f"{endpoint}  {verdict.value if verdict else ''}".rstrip(), "bold"))

    def _outcome(self, outcome: Outcome, names: Mapping[str, str]) -> None:
        status = outcome.status.value
        line = Text(f"  {status:<8}", STATUSES[status])
        self.out.print(line.append(_changed(outcome.change, names)))
        if outcome.error:
            self.out.print(Text(f"            {outcome.error}", STATUSES[status]))

    def _findings(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            severity = finding.severity.name.lower()
            line = Text.assemble((f"{severity:<8}", SEVERITIES[severity]), (finding.code, "bold"))
            self.out.print(line.append(f"  {finding.object}: {finding.message}", ""))
            self.out.print(Text(f"        {finding.remedy}", "cyan"))

    def _problems(self, problems: Iterable[str]) -> None:
        for problem in problems:
            self.out.print(Text(f"problem  {problem}", "bold red"))


def _changed(change: Change, names: Mapping[str, str]) -> Text:
    style = _SIGNS[change.sign]
    return Text(f"  {change.sign} {change.verb:<{_VERB}}{change.summary(names)}", style)


def _verdicts(report: Report) -> str:
    numbers = Counter(verdict.value for verdict in report.plan.verdicts.values())
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(numbers.items()))
    number = counted(len(report.plan.verdicts), "endpoint")
    return f"{number} ({told})" if told else number


def _names(report: Report) -> dict[str, str]:
    """The names of the services, by id."""
    return {service.id: service.name for service in report.snapshot.services() or ()}
