"""The same burst with alternative tools, in the same world under the same conditions.

An alternative that would take an hour is run for a few endpoints. The time for all of them is a lower bound,
computed from the rate limit alone.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench import log
from bench.limits import floor_seconds
from bench.peers import ctl, manual, terraform
from bench.rows import Goal, Row
from bench.sim import Sim, simulator
from bench.sizes import Sizes
from bench.worlds import Shape, endpoint_ids, fresh, service_id

_TIMES_FASTER = 50


@dataclass(frozen=True, slots=True)
class Peer:
    """`whole`: its complete run is short enough."""

    name: str
    connect: Callable[[Sim, Sequence[str], Sequence[str]], None]
    calls: Callable[[int, int], int]
    whole: bool = False


PEERS = (
    Peer("the guide's steps as a script", manual.connect, manual.calls),
    Peer("clickhousectl", ctl.connect, ctl.calls),
    Peer("Terraform, an attachment for each endpoint", terraform.connect_each, terraform.calls_for_each),
    Peer("Terraform, one configuration for all", terraform.connect_all, terraform.calls_for_all, whole=True),
)


@dataclass(frozen=True, slots=True)
class _Run:
    peer: Peer
    endpoints: int
    seconds: float
    calls: int
    refused: int


def peer_rows(sizes: Sizes, ours: float) -> list[Row]:
    """How many times faster `ours` is. The alternatives run in parallel, each in a separate world: they mostly wait."""
    with ThreadPoolExecutor(len(PEERS)) as pool:
        runs = list(pool.map(lambda peer: _run(sizes, peer), PEERS))
    return [_row(sizes, run, ours) for run in runs]


def _run(sizes: Sizes, peer: Peer) -> _Run:
    shape = Shape(sizes.burst, sizes.services)
    endpoints = endpoint_ids(shape)[: None if peer.whole else sizes.peer_endpoints]
    with simulator(fresh(shape), sizes.outside) as sim:
        began = time.monotonic()
        peer.connect(sim, endpoints, [service_id(number) for number in range(sizes.services)])
        taken = time.monotonic() - began
        made = log.of("clickhouse", sim.requests())
    return _Run(peer, len(endpoints), taken, len(made), log.refused(made))


def _row(sizes: Sizes, run: _Run, ours: float) -> Row:
    calls = run.peer.calls(sizes.burst, sizes.services)
    theirs = run.seconds if run.peer.whole else max(floor_seconds(calls), run.seconds)
    return Row(
        f"Burst of {sizes.burst}: times faster than {run.peer.name}",
        theirs / ours,
        "×",
        Goal("least", _TIMES_FASTER),
        f"its {calls} calls take at least {floor_seconds(calls):g} s at {sizes.rate_limit}",
        run.peer.name,
        extrapolated=not run.peer.whole,
        detail={
            "theirSeconds": round(theirs, 1),
            "runWithEndpoints": run.endpoints,
            "runSeconds": round(run.seconds, 1),
            "runCalls": run.calls,
            "runCallsRefused": run.refused,
            "runFloorSeconds": floor_seconds(run.calls - run.refused),
        },
    )
