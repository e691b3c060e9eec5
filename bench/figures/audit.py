"""An audit of a large world without drift."""

from bench import child, log
from bench.rows import Goal, Row
from bench.sim import Conditions, Sim, simulator
from bench.sizes import Sizes
from bench.stage import environment
from bench.worlds import Json, Shape, connected

_SERVICES_EACH = 2


def measure(sizes: Sizes) -> list[Row]:
    """On one core, in wall-clock time. The simulator responds without latency, on the other core."""
    return [*_cold_rows(sizes), *_warm_rows(sizes)]


def _cold_rows(sizes: Sizes) -> list[Row]:
    with simulator(connected(_shape(sizes, 1)), Conditions()) as sim:
        small, large = (
            _median(sim, _shape(sizes, endpoints), repeats)
            for endpoints, repeats in zip(sizes.audits, sizes.audit_repeats, strict=True)
        )
    few, many = sizes.audits
    what = f"Audit of {many} endpoints × {sizes.audit_services} services"
    detail = {
        "cpuSeconds": round(large["cpuSeconds"], 2),
        "networks": sizes.audit_networks,
        "servicesOfEachEndpoint": _SERVICES_EACH,
        "requests": large["requests"],
    }
    growth = large["seconds"] / small["seconds"]
    return [
        Row(what, large["seconds"], "s", Goal("under", 12), _limit(large), detail=detail),
        Row(f"{what}: peak memory", large["peakMegabytes"], "MB", Goal("under", 400)),
        Row(
            f"Audit: time at {many} endpoints over that at {few}",
            growth,
            "×",
            Goal("most", 12),
            f"{many / few:g}: as many more endpoints",
            detail={"secondsOfTheSmaller": round(small["seconds"], 2)},
        ),
    ]


def _warm_rows(sizes: Sizes) -> list[Row]:
    """The scheduled audit: a process that has the configs of the services in memory, and no drift."""
    few, many = sizes.audits
    shape, larger = (_spread(sizes, endpoints) for endpoints in sizes.audits)
    with simulator(connected(shape), Conditions()) as sim:
        few_times, many_times = sizes.audit_repeats
        small, log_ = _median(sim, shape, few_times, warm=True), sim.requests()
        large = _median(sim, larger, many_times, warm=True)
    what = (
        f"Audit of {few} endpoints, {shape.services} services, {shape.networks} zones in "
        f"{shape.subscriptions} subscriptions, warm process"
    )
    zones = [one for one in log.of("dns", log_) if one["path"].endswith(("/A", "/virtualNetworkLinks"))]
    others = len(log.of("arm", log_)) + len(log.of("dns", log_)) - len(zones)
    own = f"{small['seconds'] - small['cpuSeconds']:.1f} s of it is waiting for the simulator's answers"
    detail = {"cpuSeconds": round(small["cpuSeconds"], 2), "requests": small["requests"]}
    return [
        Row(what, small["seconds"], "s", Goal("under", 2), own, detail=detail),
        Row(f"{what}: calls to ClickHouse", len(log.of("clickhouse", log_)), "", Goal("most", 2), "2"),
        Row(
            f"{what}: Azure list calls per subscription, without those of zones",
            others / shape.subscriptions,
            "",
            Goal("most", 5),
            "3: endpoints, interfaces, zones",
        ),
        Row(f"{what}: Azure list calls per zone", len(zones) / shape.networks, "", Goal("most", 2), "2"),
        Row(
            f"The same with {many} endpoints: time over that",
            large["seconds"] / small["seconds"],
            "×",
            Goal("under", 12),
            f"{many / few:g}: as many more endpoints",
            detail={"seconds": round(large["seconds"], 2), "cpuSeconds": round(large["cpuSeconds"], 2)},
        ),
    ]


def _limit(large: Json) -> str:
    waited = large["seconds"] - large["cpuSeconds"]
    return f"{waited:.1f} s of it is waiting for the simulator's answers"


def _shape(sizes: Sizes, endpoints: int) -> Shape:
    per_network = -(-endpoints // sizes.audit_networks)
    return Shape(endpoints, sizes.audit_services, per_network, selects=_SERVICES_EACH)


def _spread(sizes: Sizes, endpoints: int) -> Shape:
    per_network = -(-endpoints // sizes.audit_zones)
    subscriptions = min(sizes.audit_subscriptions, sizes.audit_zones)
    return Shape(endpoints, sizes.audit_services // 2, per_network, _SERVICES_EACH, subscriptions=subscriptions)


def _median(sim: Sim, shape: Shape, repeats: int, *, warm: bool = False) -> Json:
    """The audit with the median time of that many, each in a new process."""
    runs = [_audit(sim, shape, warm=warm) for _ in range(repeats)]
    return sorted(runs, key=lambda run: float(run["seconds"]))[repeats // 2]


def _audit(sim: Sim, shape: Shape, *, warm: bool = False) -> Json:
    sim.reset(connected(shape))
    sim.clear()
    measured = child.run("audit", {"warm": warm}, environment(sim, shape.subscriptions))
    return {**measured, "requests": len(sim.requests())}
