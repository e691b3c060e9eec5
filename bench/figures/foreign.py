"""Events of private endpoints of other services."""

from bench import log
from bench.rows import Goal, Row
from bench.sizes import Sizes
from bench.stage import stage
from bench.worlds import Shape, endpoint_ids, event, fresh

_PER_NETWORK = 100
_REQUESTS = 20


def measure(sizes: Sizes) -> list[Row]:
    """All within a second, in a new process."""
    shape = Shape(sizes.foreign, sizes.services, per_network=_PER_NETWORK, foreign=True)
    with stage(fresh(shape), sizes.outside, batch=-(-sizes.foreign // _REQUESTS)) as on:
        done = on.deliver([event(one) for one in endpoint_ids(shape)], sizes.patience)
    reads, ends = log.of("arm", done.log), [float(one["end"]) for one in done.log if one["end"]]
    what = f"{sizes.foreign} events of other private endpoints"
    detail = {
        "latencyMs": sizes.latency_ms,
        "armReads": len(reads),
        "lastReadAfterSeconds": round(max(ends, default=done.began) - done.began, 1),
        "eventsDeliveredAgain": done.retried,
        "eventsLost": done.lost,
        "slowestAnswerSeconds": max(done.answers(), default=None),
    }
    return [
        Row(f"{what}: calls to ClickHouse", len(log.of("clickhouse", done.log)), "", Goal("most", 0), "0"),
        Row(
            f"{what}: ARM reads per event",
            len(reads) / sizes.foreign,
            "",
            Goal("most", 1),
            "a list of 1 000 endpoints is one read: 0.001",
            detail=detail,
        ),
        Row(f"{what}: events lost", done.lost, "", Goal("most", 0)),
        Row(f"{what}: slowest answer to Event Grid", max(done.answers(), default=0.0), "s", Goal("most", 25)),
    ]
