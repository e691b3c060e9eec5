"""Evaluates the request log of the simulator. All times are by its clock."""

from collections.abc import Iterable

from bench.worlds import Json


def of(system: str, log: Iterable[Json]) -> list[Json]:
    """The requests to one system: "clickhouse", "arm" or "dns"."""
    return [one for one in log if one["system"] == system]


def refused(log: Iterable[Json]) -> int:
    """The number of throttled requests (429)."""
    return sum(one["status"] == 429 for one in log)


def last_write(log: Iterable[Json]) -> float:
    """The time of the response to the last write."""
    return max((float(one["end"]) for one in log if one["method"] != "GET" and one["end"]), default=0.0)


def round_trips(log: Iterable[Json]) -> int:
    """The longest chain of requests up to the last write, each begun after the response to the one before."""
    done = sorted((one for one in log if one["end"]), key=lambda one: float(one["end"]))
    until, chain, ended = last_write(done), 0, float("-inf")
    for one in done:
        if float(one["start"]) >= ended and float(one["end"]) <= until:
            chain, ended = chain + 1, float(one["end"])
    return chain
