"""Zones in which Azure refuses a write: management locks, and CNAME records of the name (FIELD.md 9, 10, 14)."""

from copy import deepcopy

import pytest

from shared.domain.results.pass_report import Report
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.simulated import (
    ENDPOINT,
    allowed,
    delete_endpoint,
    one_pass,
    put_endpoint,
    records,
    registered,
    writes,
)

TAG = {"clickhouse-services": "analytics"}
ZONE = demo()["azure"]["privateDnsZones"][0]["id"]
GROUP = ZONE.partition("/providers/")[0]


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.plan.findings} - {"endpoint-pending"}


def record_writes(sim: RunningSimulator) -> list[str]:
    return [one["method"] for one in writes(sim) if "/privateDnsZones/" in one["path"]]


@pytest.mark.parametrize("locked", [ZONE, GROUP])
async def test_a_lock_is_a_finding_and_the_event_comes_again(sim: RunningSimulator, locked: str) -> None:
    """A lock on the zone or its group is reported by name after one try, and the event is retried."""
    sim.lock({"scope": locked, "level": "ReadOnly"})
    put_endpoint(sim, TAG)
    sim.clear_requests()
    report = await one_pass(sim.url)
    assert codes(report) == {"zone-locked"}
    assert report.retryable
    assert record_writes(sim) == ["PUT"]
    assert list(allowed(sim)) == ["analytics"]
    sim.lock()
    assert codes(await one_pass(sim.url)) == set()
    assert list(records(sim)) == ["*"]


async def test_a_lock_keeps_a_record_and_nothing_else(sim: RunningSimulator) -> None:
    """Of a deleted endpoint the locked record stays and is reported; its access is removed."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url)
    sim.lock({"scope": ZONE, "level": "CanNotDelete"})
    delete_endpoint(sim)
    sim.clear_requests()
    report = await one_pass(sim.url)
    assert codes(report) == {"zone-locked"}
    assert report.retryable
    assert record_writes(sim) == ["DELETE"]
    assert registered(sim) == []
    sim.lock()
    await one_pass(sim.url)
    assert records(sim) == {}


async def test_a_cname_of_the_name_is_somebody_elses_record(sim: RunningSimulator) -> None:
    """If a CNAME has the name, everything but the record is done, and the event is accepted."""
    world = deepcopy(demo())
    zone = world["azure"]["privateDnsZones"][0]
    zone["aliases"] = [{"name": "*", "ttl": 300, "cname": "elsewhere.example"}]
    sim.reset(world)
    put_endpoint(sim, TAG)
    sim.clear_requests()
    report = await one_pass(sim.url)
    assert codes(report) == {"wildcard-foreign"}
    assert (report.problems, report.retryable) == ((), False)
    assert record_writes(sim) == ["PUT"]
    assert list(allowed(sim)) == ["analytics"]
    assert records(sim) == {}


async def test_a_foreign_record_with_the_right_address(sim: RunningSimulator) -> None:
    """A foreign record with the endpoint's address is an info and is not modified."""
    put_endpoint(sim, TAG)
    world = sim.state()
    address = next(one["address"] for one in world["azure"]["privateEndpoints"] if one["id"] == ENDPOINT)
    theirs = {"name": "*", "ttl": 60, "addresses": [address], "metadata": {}}
    world["azure"]["privateDnsZones"][0]["records"] = [theirs]
    sim.reset(world)
    report = await one_pass(sim.url)
    assert codes(report) == {"record-kept-by-other"}
    assert (report.problems, report.retryable) == ((), False)
    assert sim.state()["azure"]["privateDnsZones"][0]["records"][0]["metadata"] == {}
