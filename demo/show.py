"""Output of the demo: colors and a spinner in a terminal, the same lines without them in a log."""

import re
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.text import Text

from demo.initial_state import SERVICE_IDS, Json
from demo.timeline import Row
from shared.domain.audit.report_model import Repair

WIDTH = 100
_LABEL = 22
_ARM_ID = re.compile(r"/subscriptions/\S+?/(?:privateEndpoints|privateDnsZones)/")
_SEVERITIES = {"error": "red", "warning": "yellow", "info": "cyan"}


def make_console() -> Console:
    """A console of at most WIDTH columns; what is not a terminal has just so many."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


class Show:
    """Prints the demo."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def headline(self, text: str) -> None:
        self.console.print(text, style="bold")

    def chapter(self, number: int, title: str) -> None:
        elapsed = f"{self.seconds:.1f} s"
        line = f"{number}  {title}".ljust(self.console.width - len(elapsed) - 1)
        self.console.print()
        self.console.print(Text.assemble((line, "bold reverse"), (f" {elapsed}", "dim")))

    def say(self, text: str, indent: str = "   ", style: str = "") -> None:
        """A paragraph; long names in it are not broken."""
        self.console.print(Text(self._wrapped(text, indent), style=style), soft_wrap=True)

    def command(self, *lines: str) -> None:
        """A command in one piece, so that it can be copied."""
        for number, line in enumerate(lines):
            self._line("$ " if number == 0 else "  ", line, "cyan")

    def event(self, text: str) -> None:
        self._timed("0 ms", " ", "Event Grid", text)

    def rows(self, groups: Iterable[list[Row]], zero: float) -> None:
        """Requests with their time since `zero`; a bracket joins concurrent ones."""
        seen: set[str] = set()
        for group in groups:
            for number, row in enumerate(group):
                first = f"{(row.at - zero) * 1000:.0f} ms" if number == 0 else ""
                again = " again" if row.request in seen else ""
                text = f"{row.what}{again}{_response(row)}"
                self._timed(first, _bracket(number, len(group)), row.system, text, row.writes)
                seen.add(row.request)

    def reads(self, rows: list[Row], zero: float) -> None:
        """Reads in one line."""
        if rows:
            systems = ", ".join(dict.fromkeys(row.system for row in rows))
            self._timed(f"{(rows[0].at - zero) * 1000:.0f} ms", " ", "reads", f"{len(rows)} calls: {systems}")

    def change(self, change: Json) -> None:
        """A change of a plan, or the outcome of one."""
        where = short(str(change["object"]))
        text = f"{change['change']} {where} {_before_and_after(change)}"
        self._line(f"   {change.get('status', 'would'):>8}  ", text.rstrip(), "magenta")

    def finding(self, finding: Json) -> None:
        style = _SEVERITIES[finding["severity"]]
        line = Text.assemble((f"   {finding['severity']:>8}  ", style), (finding["code"], f"bold {style}"))
        self.console.print(line)
        about = finding.get("object") or finding["endpoint"]
        for text in (f"{short(about)}: {short(finding['message'])}", finding["remedy"]):
            self.say(text, " " * 8)

    def repair(self, repair: Repair) -> None:
        """A change that an audit made, with the state before and after."""
        text = f"{repair.change} {short(repair.object)}: {short(repair.before)} → {short(repair.after)}"
        self._line(f"   {repair.status:>8}  ", text, "magenta")

    def log_line(self, line: Json) -> None:
        """An entry of the app's log, with the time of day."""
        now = f"{datetime.now():%H:%M:%S}"  # noqa: DTZ005 -- local time, for a person at this terminal
        match line["event"]:
            case "change":
                text = f"{line['action']} {short(line['object'])} {line.get('id', '')}".rstrip()
                self._line(f"   {now}  {line['outcome']:>8}  ", text, "magenta")
            case "finding" if line["state"] == "gone":
                self._line(f"   {now}      gone  ", f"{line['code']} of {short(line['endpoint'])}", "green")
            case "finding":
                self._line(f"   {now}  ", "finding", "")
                self.finding(line)
            case "pass" | "delivery":
                about = f" of {short(line['endpoint'])}" if "endpoint" in line else ""
                self.headline(f"{now}  {line['trigger']}: {line['event']}{about} in {line['milliseconds']} ms")
                for problem in line.get("problems", ()):
                    self.say(f"problem: {short(problem)}")
            case "audit":
                self.headline(f"{now}  audit: {line['sentence']}")
            case event:
                rest = {key: value for key, value in line.items() if key not in ("event", "passId")}
                self.say(f"{now}  {event}: {plain(rest)}")

    def checked(self, what: str, found: object) -> None:
        value = self._wrapped(short(plain(found)), " " * (5 + _LABEL)).lstrip()
        mark = Text.assemble(("   ✓ ", "green"), (what.ljust(_LABEL), "green"))
        self.console.print(mark.append(value), soft_wrap=True)

    def failed(self, what: str, expected: object, found: object) -> None:
        """An unexpected state: what was expected and what was found."""
        self._line("   ✗ ", what, "bold red")
        self._line("     expected  ", short(plain(expected)), "")
        self._line("     found     ", short(plain(found)), "red")

    def note(self, text: str) -> None:
        self.say(text, style="dim")

    def verbatim(self, text: str) -> None:
        self.console.print(Text(text), soft_wrap=True)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A spinner, in a terminal only."""
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(Text(text, style="dim"), spinner_style="dim"):
            yield

    def end(self, *, well: bool) -> None:
        self.console.print("demo: OK" if well else "demo: FAILED", style="bold green" if well else "bold red")

    def _wrapped(self, text: str, indent: str) -> str:
        return textwrap.fill(
            text,
            self.console.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _timed(self, at: str, bracket: str, system: str, what: str, writes: bool = False) -> None:  # noqa: FBT001, FBT002 -- private
        line = Text.assemble((f"   {at:>9} ", "dim"), (f"{bracket} ", "dim"), f"{system:<12}")
        self.console.print(line.append(what, style="bold" if writes else ""), soft_wrap=True)

    def _line(self, before: str, text: str, style: str) -> None:
        self.console.print(Text.assemble((before, "dim"), (text, style)), soft_wrap=True)


def short(text: str) -> str:
    """A text without the beginnings of ARM ids, and with services by their names."""
    for name, service in SERVICE_IDS.items():
        text = text.replace(service, name)
    return _ARM_ID.sub("", text)


def plain(value: object) -> str:
    """A value in words."""
    match value:
        case Mapping():
            return ", ".join(f"{key} → {one}" for key, one in value.items()) or "none"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _bracket(number: int, count: int) -> str:
    if count == 1:
        return " "
    return {0: "┬", count - 1: "└"}.get(number, "├")


def _response(row: Row) -> str:
    """The status of a failed request."""
    meanings = {404: "404, not found", 429: "429, rate limited", None: "no response"}
    return f" → {meanings.get(row.status, str(row.status))}" if row.refused else ""


def _before_and_after(change: Json) -> str:
    if "after" not in change:
        return str(change.get("id", ""))
    before, after = ((change.get(when) or {}).get("addresses", []) for when in ("before", "after"))
    return f"{plain(before)} → {plain(after)}"
