"""Many histories, for `make test-long`: tells their count, the seed, and the kinds of fault met.

A line follows each chunk, so that a run that is broken off (Ctrl-C) has told how far it came.

python -m tests.histories.long_run [--histories 20000] [--seed N] [--processes 2] [--steps 25]
    [--through-clients 200]
"""

import argparse
import asyncio
import multiprocessing
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from simulator.server import running
from tests.histories.clients import History, histories, live
from tests.histories.machine import Histories, Tally

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many histories, which that seed determines."""

    histories: int
    seed: int
    steps: int


def run(chunk: Chunk) -> tuple[Tally, str]:
    """Try these histories; the tally, and what failed (shortened as far as it goes), if anything did."""
    Histories.tally = Tally()
    machine = seed(chunk.seed)(Histories)
    chosen = settings(
        max_examples=chunk.histories,
        stateful_step_count=chunk.steps,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except AssertionError as error:
        return Histories.tally, "\n".join([str(error), *getattr(error, "__notes__", ())])
    return Histories.tally, ""


def run_through_clients(histories_asked: int, first_seed: int) -> tuple[int, str]:
    """Try these histories through the real clients; how many were, and what failed."""
    lived = 0
    with running(rate_limit="off") as sim:

        @seed(first_seed)
        @settings(
            max_examples=histories_asked,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(history=histories)
        def go(history: list[tuple[object, ...]]) -> None:
            nonlocal lived
            asyncio.run(live(History(sim), history))
            lived += 1

        try:
            go()
        except AssertionError as error:
            return lived, "\n".join([str(error), *getattr(error, "__notes__", ())])
    return lived, ""


def chunks(histories: int, first_seed: int, steps: int) -> list[Chunk]:
    starts = range(0, histories, CHUNK)
    return [Chunk(min(CHUNK, histories - at), first_seed + at // CHUNK, steps) for at in starts]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.histories.long_run")
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--through-clients", type=int, default=200)
    parser.add_argument("--steps", type=int, default=25)
    asked = parser.parse_args(arguments)
    began, total, failures = time.monotonic(), Tally(), []
    todo = chunks(asked.histories, asked.seed, asked.steps)
    with multiprocessing.get_context("spawn").Pool(asked.processes, maxtasksperchild=1) as pool:
        for chunk, (tally, failure) in pool.imap_unordered(_run_named, todo):
            total.add(tally)
            if failure:
                failures.append(f"seed {chunk.seed}:\n{failure}")
                _tell(failures[-1])
            _tell(
                f"{total.histories} of {asked.histories} histories, {len(failures)} failures, "
                f"{time.monotonic() - began:.0f} s"
            )
    lived, failure = 0, ""
    if asked.through_clients:
        lived, failure = run_through_clients(asked.through_clients, asked.seed)
    if failure:
        failures.append(failure)
        _tell(failure)
    _tell(
        f"{lived} histories through the real clients against the simulator\n"
        f"{total.histories} histories of up to {asked.steps} steps with {total.passes} passes, "
        f"seed {asked.seed}, in {time.monotonic() - began:.0f} s; {len(failures)} failures\n"
        f"kinds of fault met: {', '.join(sorted(total.met))}"
    )
    return 1 if failures else 0


def _run_named(chunk: Chunk) -> tuple[Chunk, tuple[Tally, str]]:
    return chunk, run(chunk)


def _tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- somebody waits for it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
