"""A burst of new endpoints, each in a network with a zone of its own: one process, several, and the peers."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench import log
from bench.figures.peers import peer_rows
from bench.limits import floor_seconds, needed_calls
from bench.rows import Goal, Row
from bench.sizes import Sizes
from bench.stage import Delivered, stage
from bench.worlds import Json, Shape, endpoint_ids, event, fresh, guid_of

EVENT_SECONDS = 25
_MOST_CALLS = 30
# Event Grid puts so many events into one request, so that the whole burst is under way at once.
_REQUESTS = 20


@dataclass(frozen=True)
class Burst:
    """What a burst came to. `missing`: endpoints that are not registered, allowed everywhere, and resolvable."""

    seconds: float
    missing: int
    done: Delivered

    @property
    def clickhouse(self) -> list[Json]:
        return log.of("clickhouse", self.done.log)


def measure(sizes: Sizes) -> list[Row]:
    """In processes that have just started, as they are when nothing happened for a while."""
    one = _burst(sizes, processes=1)
    many = _burst(sizes, processes=sizes.processes)
    return [*_one_process(sizes, one), *_several(sizes, one, many), *peer_rows(sizes, one.seconds)]


def _burst(sizes: Sizes, processes: int) -> Burst:
    shape = Shape(sizes.burst, sizes.services, shares=processes)
    with stage(fresh(shape), sizes.outside, processes=processes, batch=-(-sizes.burst // _REQUESTS)) as on:
        done = on.deliver(map(event, endpoint_ids(shape)), sizes.patience)
        return Burst(log.last_write(done.log) - done.began, _missing(shape, on.sim.state()), done)


def _one_process(sizes: Sizes, burst: Burst) -> list[Row]:
    needed = needed_calls(sizes.services, configs_known=False)
    floor = floor_seconds(needed)
    what = f"Burst of {sizes.burst} endpoints, {sizes.services} services"
    why = f"{needed} calls are needed, and {sizes.rate_limit} lets the last go out after {floor:g} s"
    answers = burst.done.answers()
    return [
        Row(
            f"{what}: all registered and resolvable",
            burst.seconds,
            "s",
            Goal("under", 1.5 * floor),
            why,
            detail=_detail(sizes, burst),
        ),
        Row(
            f"{what}: calls to ClickHouse", len(burst.clickhouse), "", Goal("most", _MOST_CALLS), f"{needed}"
        ),
        Row(f"{what}: slowest answer to Event Grid", max(answers), "s", Goal("most", EVENT_SECONDS)),
        Row(
            f"{what}: events lost or endpoints missing", burst.done.lost + burst.missing, "", Goal("most", 0)
        ),
    ]


def _several(sizes: Sizes, one: Burst, many: Burst) -> list[Row]:
    what = f"The same burst over {sizes.processes} processes"
    calls = sizes.processes * needed_calls(sizes.services, configs_known=False)
    why = f"each must make its own {calls // sizes.processes} calls under the one limit: {floor_seconds(calls):g} s"
    return [
        Row(
            f"{what}: time over that of one",
            many.seconds / one.seconds,
            "×",
            Goal("under", 4),
            why,
            detail={"seconds": round(many.seconds, 1), **_detail(sizes, many)},
        ),
        Row(f"{what}: events lost or endpoints missing", many.done.lost + many.missing, "", Goal("most", 0)),
    ]


def _detail(sizes: Sizes, burst: Burst) -> Mapping[str, object]:
    return {
        "latencyMs": sizes.latency_ms,
        "rateLimit": sizes.rate_limit,
        "clickhouseCalls": len(burst.clickhouse),
        "refused": log.refused(burst.clickhouse),
        "armCalls": len(log.of("arm", burst.done.log)),
        "dnsCalls": len(log.of("dns", burst.done.log)),
        "eventsDeliveredAgain": burst.done.retried,
        "slowestAnswerSeconds": max(burst.done.answers()),
    }


def _missing(shape: Shape, state: Json) -> int:
    """How many endpoints lack anything that they ask for."""
    registered = {one["id"] for one in state["clickhouse"]["organization"]["privateEndpoints"]}
    lists = [set(one["privateEndpointIds"]) for one in state["clickhouse"]["services"]]
    everywhere = registered.intersection(*lists)
    resolvable = sum(_has_wildcard(zone) for zone in state["azure"]["privateDnsZones"])
    connected = sum(guid_of(number) in everywhere for number in range(shape.endpoints))
    return shape.endpoints - min(connected, resolvable)


def _has_wildcard(zone: Json) -> bool:
    return any(record["name"] == "*" and record["addresses"] for record in zone["records"])
