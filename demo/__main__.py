"""`python -m demo [--keep]`: the lifecycle of private endpoints, shown in a terminal and checked at every step."""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

from rich.console import Console

from demo.app import line_in
from demo.checks import UnexpectedStateError
from demo.keep import keep
from demo.scenario import SCENES, play
from demo.show import Show, make_console
from demo.stage import LATENCY_MS, Stage, staged
from demo.timeline import requests_of_app
from localhost.host import HostError
from simulator.eventgrid.handshake import HandshakeError

_LOG_LINES = 15


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _arguments(arguments)
    signal.signal(signal.SIGTERM, _terminated)  # so that started processes are stopped
    # A program in the background of a shell ignores SIGINT, but Ctrl-C ends KEEP=1.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return run(make_console(), stay=wanted.keep)
    except KeyboardInterrupt:
        sys.stderr.write("demo: interrupted\n")
        return 130


def run(console: Console, *, stay: bool = False, prepare: Callable[[Stage], None] | None = None) -> int:
    """The demo's exit code. `prepare` runs before the first scene, for tests."""
    show = Show(console)
    show.headline("ClickHouse Cloud over Azure Private Link, driven by events")
    show.note(
        "Simulated: Azure, Event Grid and ClickHouse Cloud, with its limit of 10 calls in 10 s and Event Grid's retry"
        f" delays. Every response takes {LATENCY_MS} ms. Nothing leaves this machine."
    )
    try:
        with staged(show) as stage:
            if prepare:
                prepare(stage)
            well = _played(stage)
            show.end(well=well)
            if well and stay:
                well = _stay(stage)
    except (HostError, HandshakeError) as error:
        show.verbatim(str(error))
        show.end(well=False)
        return 1
    return 0 if well else 1


def _played(stage: Stage) -> bool:
    try:
        play(stage)
    except UnexpectedStateError as error:
        stage.show.failed(error.what, error.expected, error.found)
    except Exception:  # noqa: BLE001 -- any failure is shown with the host's log
        stage.show.verbatim(traceback.format_exc())
    else:
        _sum_up(stage)
        return True
    _show_log(stage)
    return False


def _show_log(stage: Stage) -> None:
    """The end of the host's log."""
    stage.show.headline("\nThe end of the host's log:")
    for line in stage.host.logs()[-_LOG_LINES:]:
        if entry := line_in(line):
            stage.show.log_line(entry)
        else:
            stage.show.verbatim(line)


def _sum_up(stage: Stage) -> None:
    calls = [one for one in requests_of_app(stage.sim.requests(), 0) if one["system"] == "clickhouse"]
    refused = [call for call in calls if call["status"] == 429]
    stage.show.headline(
        f"\n{len(SCENES)} scenes, {stage.checks.passed} states checked, {len(calls) - len(refused)} calls to"
        f" ClickHouse Cloud, of which {len(refused)} waited for its limit, {stage.show.seconds:.0f} s"
    )


def _stay(stage: Stage) -> bool:
    """Until Ctrl-C; False if the host ended by itself."""
    try:
        keep(stage)
    except KeyboardInterrupt:
        stage.show.headline("\nstopped")
        return True
    stage.show.headline("The host has ended.")
    return False


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
