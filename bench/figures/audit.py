"""An audit of a large world in which all is as it should be."""

from bench import child
from bench.rows import Goal, Row
from bench.sim import Conditions, Sim, simulator
from bench.sizes import Sizes
from bench.stage import environment
from bench.worlds import Json, Shape, connected

_SERVICES_EACH = 2


def measure(sizes: Sizes) -> list[Row]:
    """Cold, on one core, by the wall's clock; the systems answer at once, on the other core."""
    with simulator(connected(_shape(sizes, 1)), Conditions()) as sim:
        small, large = (_audit(sim, _shape(sizes, endpoints)) for endpoints in sizes.audits)
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


def _limit(large: Json) -> str:
    waited = large["seconds"] - large["cpuSeconds"]
    return f"{waited:.1f} s of it is waiting for the simulator's answers"


def _shape(sizes: Sizes, endpoints: int) -> Shape:
    per_network = -(-endpoints // sizes.audit_networks)
    return Shape(endpoints, sizes.audit_services, per_network, selects=_SERVICES_EACH)


def _audit(sim: Sim, shape: Shape) -> Json:
    sim.reset(connected(shape))
    measured = child.run("audit", {}, environment(sim))
    return {**measured, "requests": len(sim.requests())}
