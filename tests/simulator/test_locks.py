"""Management locks."""

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import NETWORKS, ZONE, endpoint_body, put_endpoint

RECORD = f"{ZONE}/A/*"
BODY = {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.4"}]}}
GROUP = ZONE.partition("/providers/")[0]


@pytest.mark.parametrize("scope", [ZONE, ZONE.upper(), GROUP, GROUP.partition("/resourceGroups/")[0]])
def test_read_only(sim: RunningSimulator, arm: httpx.Client, scope: str) -> None:
    """A ReadOnly lock on a zone, resource group or subscription refuses record writes and deletes with 409."""
    arm.put(RECORD, json=BODY).raise_for_status()
    before = sim.state()["azure"]["privateDnsZones"]
    sim.lock(scope.replace("/SUBSCRIPTIONS", "/subscriptions"))
    for refused in (arm.put(RECORD, json=BODY), arm.patch(RECORD, json=BODY), arm.delete(RECORD)):
        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "ScopeLocked"
        assert "Please remove the lock" in refused.json()["error"]["message"]
    assert arm.get(RECORD).is_success
    assert sim.state()["azure"]["privateDnsZones"] == before
    sim.lock()
    assert arm.delete(RECORD).is_success


def test_cannot_delete(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A CanNotDelete lock permits writes and refuses deletes."""
    sim.lock({"scope": ZONE, "level": "CanNotDelete"})
    assert arm.put(RECORD, json=BODY).is_success
    assert arm.delete(RECORD).json()["error"]["code"] == "ScopeLocked"


def test_other_scopes(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A lock does not apply outside its scope, even if an id starts with the same text."""
    sim.lock(ZONE, f"{NETWORKS}/privateEndpoints/pe")
    put_endpoint(arm, "pe1")
    assert arm.put(f"{NETWORKS}/privateEndpoints/pe", json=endpoint_body()).status_code == 409
    assert arm.delete(f"{NETWORKS}/privateEndpoints/pe1").is_success


def test_tags(sim: RunningSimulator, arm: httpx.Client) -> None:
    """A lock also applies to the tags of the resource."""
    sim.lock(ZONE)
    tags = f"{ZONE}/providers/Microsoft.Resources/tags/default"
    body = {"properties": {"tags": {"a": "b"}}}
    assert arm.put(tags, json=body).json()["error"]["code"] == "ScopeLocked"
    assert arm.get(tags).is_success


def test_permission_comes_first(sim: RunningSimulator, arm: httpx.Client) -> None:
    """Permissions are checked before locks: 403, not 409."""
    sim.lock(ZONE)
    sim.deny(ZONE)
    assert arm.put(RECORD, json=BODY).status_code == 403
