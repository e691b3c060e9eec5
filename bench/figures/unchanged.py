"""A pass without changes, in a warm process."""

from statistics import median

from bench import child
from bench.rows import Goal, Row
from bench.sim import Conditions, simulator
from bench.sizes import Sizes
from bench.stage import environment
from bench.worlds import Shape, connected, endpoint_id

_SHAPE = Shape(endpoints=1)


def measure(sizes: Sizes) -> list[Row]:
    """The CPU time of the process, from the trigger on."""
    with simulator(connected(_SHAPE), Conditions()) as sim:
        order = {"endpoint": endpoint_id(_SHAPE, 0), "passes": sizes.unchanged}
        measured = child.run("unchanged", order, environment(sim))
        calls = len(sim.requests())
    milliseconds = sorted(seconds * 1000 for seconds in measured["cpuSeconds"])
    passes = sizes.unchanged + 3
    detail = {
        "passes": len(milliseconds),
        "requestsOfAPass": round(calls / passes, 1),
        "lowestMs": round(milliseconds[0], 1),
        "highestMs": round(milliseconds[-1], 1),
    }
    what = "Pass without changes for one endpoint: CPU time, warm process"
    return [
        Row(
            what,
            median(milliseconds),
            "ms",
            Goal("under", 15),
            "its requests, through the SDKs",
            detail=detail,
        )
    ]
