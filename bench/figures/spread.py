"""The endpoints of the burst, created one after the other over a minute, as by Terraform."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory
from types import MappingProxyType

from bench.figures.burst import EVENT_SECONDS, Burst, burst_on, detail_of, fill_report_store
from bench.rows import Goal, Row
from bench.sizes import Sizes
from bench.stage import stage
from bench.worlds import Shape, fresh

_MOST_CALLS = 60


def measure(sizes: Sizes) -> list[Row]:
    """In new processes, without and with a config cache, in parallel because they mostly wait."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        store = {"REPORT_STORE": folder}
        fill_report_store(sizes, store)
        runs = list(pool.map(lambda more: _run(sizes, more), ({}, store)))
    return [*_rows(sizes, "", runs[0]), *_rows(sizes, ", config cache", runs[1])]


def _run(sizes: Sizes, more: Mapping[str, str] = MappingProxyType({})) -> Burst:
    shape = Shape(sizes.burst, sizes.services)
    with stage(fresh(shape), sizes.outside, more=more) as on:
        return burst_on(on, shape, sizes.patience, sizes.spread_seconds / sizes.burst)


def _rows(sizes: Sizes, how: str, spread: Burst) -> list[Row]:
    what = f"{sizes.burst} endpoints over {sizes.spread_seconds:g} s, {sizes.services} services, fresh process{how}"
    detail = {
        "seconds": round(spread.seconds, 1),
        "allEventsAcceptedAfterSeconds": round(spread.done.accepted - spread.done.began, 1),
        **detail_of(sizes, spread),
    }
    return [
        Row(
            f"{what}: calls to ClickHouse",
            len(spread.clickhouse),
            "",
            Goal("most", _MOST_CALLS),
            detail=detail,
        ),
        Row(
            f"{what}: slowest answer to Event Grid",
            max(spread.done.answers()),
            "s",
            Goal("most", EVENT_SECONDS),
        ),
        Row(
            f"{what}: events lost or endpoints missing",
            spread.done.lost + spread.missing,
            "",
            Goal("most", 0),
        ),
    ]
