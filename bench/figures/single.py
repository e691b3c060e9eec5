"""One endpoint, from the delivery by Event Grid to the last write, in a warm process."""

from dataclasses import dataclass
from statistics import median

from bench import log
from bench.rows import Goal, Row
from bench.sim import Conditions
from bench.sizes import Sizes
from bench.stage import Stage, stage
from bench.worlds import Json, Shape, endpoint_id, event, fresh

_SHAPE = Shape(endpoints=1)
_SECONDS = 60.0
# The number of consecutive calls of a script with the steps of ClickHouse's guide.
_CALLS_OF_A_SCRIPT = 6


@dataclass(frozen=True, slots=True)
class _Run:
    milliseconds: float
    round_trips: int
    clickhouse_calls: int


def measure(sizes: Sizes) -> list[Row]:
    """Each time the endpoint is not registered and has no record; the process has services and zones in memory."""
    world = fresh(_SHAPE)
    with stage(world, Conditions(latency_ms=sizes.latency_ms)) as on:
        _run(on, world)
        runs = [_run(on, world) for _ in range(sizes.repeats)]
    return _rows(sizes, sorted(runs, key=lambda one: one.milliseconds))


def _run(on: Stage, world: Json) -> _Run:
    on.reset(world)
    done = on.deliver([event(endpoint_id(_SHAPE, 0))], _SECONDS)
    taken = (log.last_write(done.log) - done.began) * 1000
    return _Run(taken, log.round_trips(done.log), len(log.of("clickhouse", done.log)))


def _rows(sizes: Sizes, runs: list[_Run]) -> list[Row]:
    latency, trips = sizes.latency_ms, max(run.round_trips for run in runs)
    value = median(run.milliseconds for run in runs)
    least = f"{trips} round trips, each needing the one before, at {latency} ms: {trips * latency} ms"
    detail = {
        "latencyMs": latency,
        "rateLimit": "off",
        "roundTrips": trips,
        "clickhouseCalls": runs[0].clickhouse_calls,
        "runsMs": [round(run.milliseconds, 1) for run in runs],
    }
    return [
        Row(
            "One endpoint, warm process: event to last write",
            value,
            "ms",
            Goal("most", _CALLS_OF_A_SCRIPT * latency),
            least,
            detail=detail,
        ),
        Row(
            "One endpoint, warm process: time over its round trips",
            value / (trips * latency),
            "×",
            Goal("most", 1.15),
            "1: nothing but waiting for answers",
        ),
    ]
