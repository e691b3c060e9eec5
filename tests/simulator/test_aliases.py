"""Record sets of type CNAME."""

import httpx
import pytest
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from simulator.client import RunningSimulator
from tests.simulator.conftest import ZONE, ZONE_NAME

CNAME, A = f"{ZONE}/CNAME/*", f"{ZONE}/A/*"
ALIAS = {"properties": {"ttl": 300, "cnameRecord": {"cname": "elsewhere.example"}}}
RECORD = {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.4"}]}}


def test_cname_record_set(arm: httpx.Client) -> None:
    """A CNAME record set can be created, read, listed and deleted."""
    assert arm.get(CNAME).status_code == 404
    assert arm.put(CNAME, json=ALIAS).status_code == 201
    assert arm.put(CNAME, json=ALIAS).status_code == 200
    result = arm.get(CNAME).json()
    assert result["properties"]["cnameRecord"] == {"cname": "elsewhere.example"}
    assert arm.get(f"{ZONE}/CNAME").json()["value"] == [result]
    assert result in arm.get(f"{ZONE}/ALL").json()["value"]
    assert arm.get(f"{ZONE}/A").json()["value"] == []
    assert arm.get(ZONE).json()["properties"]["numberOfRecordSets"] == 2
    assert arm.delete(CNAME).status_code == 200
    assert arm.delete(CNAME).status_code == 204


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}])
def test_a_conflicts_with_cname(arm: httpx.Client, headers: dict[str, str]) -> None:
    """An A record set with the name of a CNAME record set is refused: 409 Conflict, unwrapped."""
    arm.put(CNAME, json=ALIAS)
    refused = arm.put(A, json=RECORD, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "Conflict")
    assert arm.get(A).status_code == 404
    assert arm.put(f"{ZONE}/A/other", json=RECORD).status_code == 201


def test_cname_conflicts_with_a(arm: httpx.Client) -> None:
    """A CNAME record set with the name of an A record set is refused with 409."""
    arm.put(A, json=RECORD)
    assert arm.put(CNAME, json=ALIAS).status_code == 409


@pytest.mark.parametrize(("body", "headers", "status"), [({}, {}, 400), (ALIAS, {"If-Match": "*"}, 412), ([], {}, 400)])
def test_refused(arm: httpx.Client, body: object, headers: dict[str, str], status: int) -> None:
    """A CNAME record set requires a target, and supports If-Match."""
    assert arm.put(CNAME, json=body, headers=headers).status_code == status


async def test_world(sim: RunningSimulator, dns: PrivateDnsManagementClient) -> None:
    """A world can contain CNAME record sets, which Azure's SDK reads and the state shows."""
    start = sim.state()
    start["azure"]["privateDnsZones"][0]["aliases"] = [{"name": "*", "cname": "elsewhere.example"}]
    sim.reset(start)
    record = await dns.record_sets.get("rg-dns", ZONE_NAME, "CNAME", "*")
    assert record.cname_record
    assert record.cname_record.cname == "elsewhere.example"
    assert [one["cname"] for one in sim.state()["azure"]["privateDnsZones"][0]["aliases"]] == ["elsewhere.example"]
