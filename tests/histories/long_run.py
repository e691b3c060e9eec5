"""Runs many histories, for `make test-long`, and prints their number, the seed and the kinds of faults.

It prints a line after each chunk, so that an interrupted run shows its progress.

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
from tests.histories.clients import History, histories, run_history
from tests.histories.machine import Histories, Tally

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Chunk:
    """A number of histories with one seed."""

    histories: int
    seed: int
    steps: int


def run(chunk: Chunk) -> tuple[Tally, str]:
    """Run the histories of a chunk. Returns the tally, and the minimized failure if there is one."""
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


def run_through_clients(number: int, first_seed: int) -> tuple[int, str]:
    """Run histories with the real clients. Returns their number and the failure, if any."""
    completed = 0
    with running(rate_limit="off") as sim:

        @seed(first_seed)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(history=histories)
        def go(history: list[tuple[object, ...]]) -> None:
            nonlocal completed
            asyncio.run(run_history(History(sim), history))
            completed += 1

        try:
            go()
        except AssertionError as error:
            return completed, "\n".join([str(error), *getattr(error, "__notes__", ())])
    return completed, ""


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
    options = parser.parse_args(arguments)
    start, total, failures = time.monotonic(), Tally(), []
    pending = chunks(options.histories, options.seed, options.steps)
    with multiprocessing.get_context("spawn").Pool(options.processes, maxtasksperchild=1) as pool:
        for chunk, (tally, failure) in pool.imap_unordered(_run_chunk, pending):
            total.add(tally)
            if failure:
                failures.append(f"seed {chunk.seed}:\n{failure}")
                _print(failures[-1])
            _print(
                f"{total.histories} of {options.histories} histories, {len(failures)} failures, "
                f"{time.monotonic() - start:.0f} s"
            )
    completed, failure = 0, ""
    if options.through_clients:
        completed, failure = run_through_clients(options.through_clients, options.seed)
    if failure:
        failures.append(failure)
        _print(failure)
    _print(
        f"{completed} histories with the real clients against the simulator\n"
        f"{total.histories} histories of up to {options.steps} steps with {total.passes} passes, "
        f"seed {options.seed}, in {time.monotonic() - start:.0f} s; {len(failures)} failures\n"
        f"kinds of faults: {', '.join(sorted(total.encountered))}"
    )
    return 1 if failures else 0


def _run_chunk(chunk: Chunk) -> tuple[Chunk, tuple[Tally, str]]:
    return chunk, run(chunk)


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- progress output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
