"""Many endpoints deleted at once."""

from bench import log
from bench.limits import floor_seconds
from bench.rows import Goal, Row
from bench.sizes import Sizes
from bench.stage import stage
from bench.worlds import Json, Shape, connected, endpoint_ids, event, without_endpoints

_PER_NETWORK = 5
_REQUESTS = 20


def measure(sizes: Sizes) -> list[Row]:
    """In a new process. Five endpoints per network, each with access to every service."""
    shape = Shape(sizes.deletions, sizes.services, per_network=_PER_NETWORK)
    world = without_endpoints(connected(shape))
    with stage(world, sizes.outside, batch=-(-sizes.deletions // _REQUESTS)) as on:
        done = on.deliver([event(one, "delete") for one in endpoint_ids(shape)], sizes.patience)
        left = _left(on.sim.state())
    calls = log.of("clickhouse", done.log)
    needed = 2 + sizes.services + 1
    what = f"{sizes.deletions} deletions in one burst"
    detail = {
        "latencyMs": sizes.latency_ms,
        "rateLimit": sizes.rate_limit,
        "seconds": round(log.last_write(done.log) - done.began, 1),
        "refused": log.refused(calls),
        "armCalls": len(log.of("arm", done.log)),
        "dnsCalls": len(log.of("dns", done.log)),
        "eventsDeliveredAgain": done.retried,
        "slowestAnswerSeconds": max(done.answers()),
    }
    least = f"{needed} calls, which take {floor_seconds(needed):g} s"
    return [
        Row(f"{what}: calls to ClickHouse", len(calls), "", Goal("under", 60), least, detail=detail),
        Row(f"{what}: events lost or objects not removed", done.lost + left, "", Goal("most", 0)),
    ]


def _left(state: Json) -> int:
    """The number of remaining registrations, allow-list entries and records."""
    cloud, zones = state["clickhouse"], state["azure"]["privateDnsZones"]
    lists = [service["privateEndpointIds"] for service in cloud["services"]]
    records = [zone["records"] for zone in zones]
    return len(cloud["organization"]["privateEndpoints"]) + sum(map(len, [*lists, *records]))
