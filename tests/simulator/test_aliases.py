"""Record sets of type CNAME."""

import httpx
import pytest
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from simulator.client import RunningSimulator
from tests.simulator.conftest import ZONE, ZONE_NAME

CNAME, A = f"{ZONE}/CNAME/*", f"{ZONE}/A/*"
ALIAS = {"properties": {"ttl": 300, "cnameRecord": {"cname": "elsewhere.example"}}}
RECORD = {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.4"}]}}


def test_own_path(arm: httpx.Client) -> None:
    """A CNAME record set is written, read, listed and deleted at its own path."""
    assert arm.get(CNAME).status_code == 404
    assert arm.put(CNAME, json=ALIAS).status_code == 201
    assert arm.put(CNAME, json=ALIAS).status_code == 200
    got = arm.get(CNAME).json()
    assert got["properties"]["cnameRecord"] == {"cname": "elsewhere.example"}
    assert arm.get(f"{ZONE}/CNAME").json()["value"] == [got]
    assert got in arm.get(f"{ZONE}/ALL").json()["value"]
    assert arm.get(f"{ZONE}/A").json()["value"] == []
    assert arm.get(ZONE).json()["properties"]["numberOfRecordSets"] == 2
    assert arm.delete(CNAME).status_code == 200
    assert arm.delete(CNAME).status_code == 204


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}])
def test_same_name(arm: httpx.Client, headers: dict[str, str]) -> None:
    """An A record set is not created beside a CNAME of its name: 409 Conflict, unwrapped."""
    arm.put(CNAME, json=ALIAS)
    refused = arm.put(A, json=RECORD, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "Conflict")
    assert arm.get(A).status_code == 404
    assert arm.put(f"{ZONE}/A/other", json=RECORD).status_code == 201


def test_the_other_way_round(arm: httpx.Client) -> None:
    """Nor is a CNAME created beside an A record set of its name."""
    arm.put(A, json=RECORD)
    assert arm.put(CNAME, json=ALIAS).status_code == 409


@pytest.mark.parametrize(
    ("body", "headers", "status"), [({}, {}, 400), (ALIAS, {"If-Match": "*"}, 412), ([], {}, 400)]
)
def test_refused(arm: httpx.Client, body: object, headers: dict[str, str], status: int) -> None:
    """A CNAME needs its target, and conditions hold for it as for any record set."""
    assert arm.put(CNAME, json=body, headers=headers).status_code == status


async def test_world(sim: RunningSimulator, dns: PrivateDnsManagementClient) -> None:
    """A world has CNAME record sets, which Azure's own client reads, and is told with them."""
    start = sim.state()
    start["azure"]["privateDnsZones"][0]["aliases"] = [{"name": "*", "cname": "elsewhere.example"}]
    sim.reset(start)
    found = await dns.record_sets.get("rg-dns", ZONE_NAME, "CNAME", "*")
    assert found.cname_record
    assert found.cname_record.cname == "elsewhere.example"
    assert [one["cname"] for one in sim.state()["azure"]["privateDnsZones"][0]["aliases"]] == [
        "elsewhere.example"
    ]
