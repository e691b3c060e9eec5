"""A burst of new endpoints, each in a network with its own zone: one process, several, and alternative tools."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import httpx

from bench import log
from bench.figures.peers import peer_rows
from bench.limits import SECONDS, floor_seconds, needed_calls
from bench.rows import Goal, Row
from bench.sim import Conditions
from bench.sizes import Sizes
from bench.stage import BETWEEN_BATCHES, Delivered, Stage, stage
from bench.worlds import Json, Shape, endpoint_ids, event, fresh, guid_of

EVENT_SECONDS = 25
_MOST_CALLS = 30
_AUDIT_SECONDS = 60.0
_LATEST, _CONFIGS = "latest.json", "configs.json"
# The number of Event Grid requests of the burst, within a second.
_REQUESTS = 20


@dataclass(frozen=True)
class Burst:
    """The result of a burst. `missing`: endpoints that are not registered, allowed everywhere and resolvable.

    `seconds`: until the last write; if something is missing, the complete time limit.
    """

    seconds: float
    missing: int
    done: Delivered

    @property
    def clickhouse(self) -> list[Json]:
        return log.of("clickhouse", self.done.log)


def measure(sizes: Sizes) -> list[Row]:
    """In new processes, as after a time without events, and in a warm one."""
    fresh_one, warm = _one_process(sizes)
    several = _several(sizes)
    with TemporaryDirectory() as folder:
        store = {"REPORT_STORE": folder}
        fill_report_store(sizes, store)
        seeded = _several(sizes, store)
    return [
        *_burst_rows(sizes, fresh_one, configs_known=False),
        *_burst_rows(sizes, warm, configs_known=True),
        *_several_rows(sizes, "", fresh_one, several, configs_known=False),
        *_several_rows(sizes, ", report store from an audit", fresh_one, seeded, configs_known=True, like=warm),
        *peer_rows(sizes, fresh_one.seconds),
    ]


def _one_process(sizes: Sizes) -> tuple[Burst, Burst]:
    """The burst in a new process, and again in a new world once the rate limit is free."""
    shape = Shape(sizes.burst, sizes.services)
    world = fresh(shape)
    with stage(world, sizes.outside, batch=_batch(sizes)) as on:
        first = burst_on(on, shape, sizes.patience)
        time.sleep(SECONDS if sizes.honest else 0)
        on.reset(world)
        return first, burst_on(on, shape, sizes.patience)


def _several(sizes: Sizes, more: Mapping[str, str] = MappingProxyType({})) -> Burst:
    shape = Shape(sizes.burst, sizes.services, shares=sizes.processes)
    world, processes = fresh(shape), sizes.processes
    with stage(world, sizes.outside, processes=processes, batch=_batch(sizes), more=more) as on:
        return burst_on(on, shape, sizes.patience_of_several)


def fill_report_store(sizes: Sizes, store: Mapping[str, str]) -> None:
    """Fill the report store by an audit without changes."""
    with stage(fresh(Shape(sizes.burst, sizes.services)), Conditions(), more=store) as on:
        httpx.post(f"{on.hosts[0].url}/admin/functions/audit", json={"input": ""}, trust_env=False).raise_for_status()
        kept = [Path(store["REPORT_STORE"], name) for name in (_LATEST, _CONFIGS)]
        _until(lambda: all(one.exists() for one in kept), _AUDIT_SECONDS)


def _until(true: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError(f"the audit had not filled the report store after {seconds:g} s")
        time.sleep(0.1)


def burst_on(on: Stage, shape: Shape, patience: float, between: float = BETWEEN_BATCHES) -> Burst:
    done = on.deliver([event(one) for one in endpoint_ids(shape)], patience, between)
    missing = _missing(shape, on.sim.state())
    return Burst(patience if missing else log.last_write(done.log) - done.began, missing, done)


def _batch(sizes: Sizes) -> int:
    return -(-sizes.burst // _REQUESTS)


def _burst_rows(sizes: Sizes, burst: Burst, *, configs_known: bool) -> list[Row]:
    needed = needed_calls(sizes.services, configs_known=configs_known)
    floor = floor_seconds(needed)
    process = "warm" if configs_known else "fresh"
    what = f"Burst of {sizes.burst} endpoints, {sizes.services} services, {process} process"
    why = f"{needed} calls are needed, and {sizes.rate_limit} lets the last go out after {floor:g} s"
    return [
        Row(
            f"{what}: all registered and resolvable",
            burst.seconds,
            "s",
            Goal("under", 1.6 * floor),
            why,
            detail=detail_of(sizes, burst),
        ),
        Row(f"{what}: calls to ClickHouse", len(burst.clickhouse), "", Goal("most", _MOST_CALLS), f"{needed}"),
        Row(
            f"{what}: slowest answer to Event Grid",
            max(burst.done.answers()),
            "s",
            Goal("most", EVENT_SECONDS),
        ),
        Row(f"{what}: events lost or endpoints missing", burst.done.lost + burst.missing, "", Goal("most", 0)),
    ]


def _several_rows(
    sizes: Sizes, how: str, one: Burst, several: Burst, *, configs_known: bool, like: Burst | None = None
) -> list[Row]:
    """`one`: the burst of a single new process without a store. `like`: that of one that has the configs."""
    what = f"The same burst over {sizes.processes} fresh processes{how}"
    calls = needed_calls(sizes.services, configs_known=configs_known)
    all_calls = sizes.processes * calls
    why = f"{sizes.processes} × {calls} calls under one limit take {floor_seconds(all_calls):g} s"
    return [
        Row(
            f"{what}: time over that of one fresh process without store",
            several.seconds / one.seconds,
            "×",
            limit=why,
            extrapolated=several.missing > 0,
            detail={
                "seconds": round(several.seconds, 1),
                "overOneThatKnowsConfigs": round(several.seconds / like.seconds, 2) if like else None,
                "allEventsAcceptedAfterSeconds": round(several.done.accepted - several.done.began, 1),
                **detail_of(sizes, several),
            },
        ),
        Row(
            f"{what}: events lost or endpoints missing",
            several.done.lost + several.missing,
            "",
            Goal("most", 0),
        ),
    ]


def detail_of(sizes: Sizes, burst: Burst) -> Mapping[str, object]:
    return {
        "latencyMs": sizes.latency_ms,
        "rateLimit": sizes.rate_limit,
        "clickhouseCalls": len(burst.clickhouse),
        "refused": log.refused(burst.clickhouse),
        "armCalls": len(log.of("arm", burst.done.log)),
        "dnsCalls": len(log.of("dns", burst.done.log)),
        "eventsDeliveredAgain": burst.done.retried,
        "slowestAnswerSeconds": max(burst.done.answers()),
        "eventsLost": burst.done.lost,
        "endpointsMissing": burst.missing,
    }


def _missing(shape: Shape, state: Json) -> int:
    """The number of endpoints that are not completely connected."""
    registered = {one["id"] for one in state["clickhouse"]["organization"]["privateEndpoints"]}
    lists = [set(one["privateEndpointIds"]) for one in state["clickhouse"]["services"]]
    everywhere = registered.intersection(*lists)
    resolvable = sum(_has_wildcard(zone) for zone in state["azure"]["privateDnsZones"])
    connected = sum(guid_of(number) in everywhere for number in range(shape.endpoints))
    return shape.endpoints - min(connected, resolvable)


def _has_wildcard(zone: Json) -> bool:
    return any(record["name"] == "*" and record["addresses"] for record in zone["records"])
