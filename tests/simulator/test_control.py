"""The control API: faults, the request log, resets and changes of the world."""

import re
from itertools import pairwise

import httpx
import pytest

from simulator.client import RunningSimulator
from simulator.server import running
from simulator.worldfile import WorldError, demo
from tests.simulator.conftest import (
    ANALYTICS,
    KEY,
    NETWORKS,
    ORGANIZATION,
    VNET,
    ZONE,
    Json,
    put_endpoint,
    register,
    status_of,
)

ENDPOINT = f"{NETWORKS}/privateEndpoints/pe1"


def statuses(cloud: httpx.Client, count: int, path: str = ORGANIZATION) -> list[int]:
    return [cloud.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"status": 500}, [500, 200, 200, 200]),
        ({"status": 500, "count": 2}, [500, 500, 200, 200]),
        ({"status": 500, "count": None}, [500, 500, 500, 500]),
        ({"status": 500, "skip": 2}, [200, 200, 500, 200]),
        ({"status": 500, "skip": 1, "count": 2}, [200, 500, 500, 200]),
        ({"status": 500, "match": {"method": "patch"}}, [200, 200, 200, 200]),
        ({"status": 500, "match": {"method": "get"}}, [500, 200, 200, 200]),
        ({"status": 500, "match": {"path": "ORGANIZATIONS/2+"}}, [500, 200, 200, 200]),
        ({"status": 500, "match": {"path": "services$"}}, [200, 200, 200, 200]),
        ({"status": 500, "match": {"system": "arm"}}, [200, 200, 200, 200]),
        ({"status": 500, "match": {"system": "clickhouse"}}, [500, 200, 200, 200]),
    ],
)
def test_fault_rules(sim: RunningSimulator, cloud: httpx.Client, rule: Json, expected: list[int]) -> None:
    """A rule skips `skip` matching requests, then applies to `count` of them."""
    sim.fault(**rule)
    assert statuses(cloud, 4) == expected


def test_first_matching_rule_applies(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """Of several matching rules the first one applies, until its count is used."""
    sim.fault(status=500)
    sim.fault(status=503)
    assert statuses(cloud, 3) == [500, 503, 200]
    assert [(rule["seen"], rule["used"]) for rule in sim.faults()] == [(1, 1), (1, 1)]


def test_fault_response(sim: RunningSimulator, cloud: httpx.Client, arm: httpx.Client) -> None:
    """A rule returns its headers and body; without a body, an error in the format of its system."""
    sim.fault(status=429, headers={"Retry-After": "7"}, body={"a": 1})
    response = cloud.get(ORGANIZATION)
    assert (response.headers["retry-after"], response.json()) == ("7", {"a": 1})
    sim.fault(status=500, count=2)
    assert set(cloud.get(ORGANIZATION).json()) == {"status", "error", "requestId"}
    assert arm.get(VNET).json()["error"]["code"] == "SimulatedFault"


@pytest.mark.parametrize(("drop", "applied"), [("before", False), ("after", True)])
def test_drop(sim: RunningSimulator, cloud: httpx.Client, drop: str, *, applied: bool) -> None:
    """A dropped connection loses the request, or only its response."""
    sim.fault(match={"method": "POST"}, drop=drop)
    with pytest.raises(httpx.RemoteProtocolError):
        register(cloud, "id-1")
    assert cloud.get(ANALYTICS).json()["result"]["privateEndpointIds"] == ["id-1"] * applied
    assert sim.requests("clickhouse", "POST")[0]["status"] is None


def test_delay(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """A rule can delay a request that then succeeds."""
    sim.fault(delayMs=60)
    assert cloud.get(ORGANIZATION).is_success
    (entry,) = sim.requests("clickhouse")
    assert entry["end"] - entry["start"] >= 0.06


def test_faults_over_http(control: httpx.Client, cloud: httpx.Client) -> None:
    """Rules can be added one at a time or as a list, listed, and cleared; errors have a path."""
    control.post("/faults", json=[{"status": 500, "count": None}, {"status": 501}]).raise_for_status()
    control.post("/faults", json={"status": 502}).raise_for_status()
    assert [rule["status"] for rule in control.get("/faults").json()] == [500, 501, 502]
    refused = control.post("/faults", json={"match": {"path": "("}})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("match.path: ")
    control.delete("/faults").raise_for_status()
    assert statuses(cloud, 1) == [200]


def test_request_log(sim: RunningSimulator, cloud: httpx.Client, arm: httpx.Client, control: httpx.Client) -> None:
    """The request log has every request in order, with its system, times and body, without secrets."""
    put_endpoint(arm)
    arm.get(f"{ZONE}/A", params={"$top": "5"})
    register(cloud, "id-1")
    cloud.get("/nowhere")
    log = control.get("/requests").json()
    assert [(one["method"], one["system"], one["status"]) for one in log] == [
        ("PUT", "arm", 201),
        ("GET", "dns", 200),
        ("POST", "clickhouse", 200),
        ("GET", "unknown", 404),
    ]
    assert [one["sequence"] for one in log] == [1, 2, 3, 4]
    assert all(earlier["end"] <= later["start"] for earlier, later in pairwise(log))
    assert "$top=5" in log[1]["query"]
    assert log[2]["body"] == {"id": "id-1", "description": ""}
    assert log[2]["headers"]["authorization"] == "(redacted)"
    control.delete("/requests").raise_for_status()
    assert sim.requests() == []


def test_state_is_a_world(sim: RunningSimulator, cloud: httpx.Client, arm: httpx.Client) -> None:
    """A reset with a state restores it completely."""
    register(cloud, put_endpoint(arm, owner="me")["properties"]["resourceGuid"], description="mine")
    arm.put(f"{ZONE}/A/*", json={"properties": {"ttl": 300, "metadata": {"a": "b"}}})
    before, response = sim.state(), arm.get(ENDPOINT).json()
    assert before["azure"]["privateEndpoints"][0]["connection"] == "Approved"
    sim.reset()
    assert sim.state() != before
    sim.reset(before)
    assert sim.state() == before
    assert arm.get(ENDPOINT).json() == response


def test_reset_clears_everything(sim: RunningSimulator, cloud: httpx.Client) -> None:
    """A reset clears faults, the request log, switches and rate limits."""
    sim.fault(status=500, count=None)
    sim.switches(rateLimit="1/600", refuseOrganizationAdd=True)
    sim.delivery(lose=3)
    sim.reset()
    assert statuses(cloud, 3) == [200] * 3
    assert sim.state()["clickhouse"]["switches"]["refuseOrganizationAdd"] is False
    assert len(sim.requests()) == 3


def test_reset_over_http(control: httpx.Client) -> None:
    """A reset takes a world, or returns to the seed; an invalid world changes nothing."""
    world = demo()
    world["clickhouse"]["organization"]["name"] = "Other"
    control.post("/reset", json=world).raise_for_status()
    refused = control.post("/reset", json={"azure": {"virtualNetworks": [{}]}})
    assert refused.status_code == 400
    assert "azure.virtualNetworks[0].id" in refused.json()["error"]
    assert control.get("/state").json()["clickhouse"]["organization"]["name"] == "Other"
    control.post("/reset").raise_for_status()
    assert control.get("/state").json()["clickhouse"]["organization"]["name"] == "Demo Organization"


def test_pinned_connection(sim: RunningSimulator, cloud: httpx.Client, arm: httpx.Client) -> None:
    """A connection can be held in a status, independent of the allow lists, and released."""
    register(cloud, put_endpoint(arm)["properties"]["resourceGuid"])
    sim.connection(ENDPOINT, "Disconnected")
    assert status_of(arm.get(ENDPOINT).json()) == "Disconnected"
    sim.connection(ENDPOINT.upper(), None)
    assert status_of(arm.get(ENDPOINT).json()) == "Approved"


def test_changed_address(sim: RunningSimulator, arm: httpx.Client) -> None:
    """An endpoint's address can be changed, which raises a write event."""
    put_endpoint(arm)
    sim.address(ENDPOINT, "10.0.1.99")
    (nic,) = arm.get(f"{NETWORKS}/networkInterfaces").json()["value"]
    assert nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.1.99"
    assert [one["event"]["subject"] for one in sim.events()] == [ENDPOINT] * 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/azure/connection", {"endpoint": ENDPOINT, "status": "Pending"}),
        ("/azure/connection", {"endpoint": ENDPOINT, "status": "Odd"}),
        ("/azure/address", {"endpoint": ENDPOINT, "address": "10.0.1.9"}),
        ("/azure/page-size", {"pageSize": 0}),
        ("/azure/denied", {"denied": ["not a scope"]}),
        ("/clickhouse/switches", {"unknown": True}),
        ("/clickhouse/switches", {"rateLimit": "fast"}),
        ("/delivery", {"duplicate": -1}),
        ("/subscriptions", {"name": "s"}),
        ("/idle", {"timeout": -1}),
    ],
)
def test_bad_control_call(control: httpx.Client, path: str, body: Json) -> None:
    """An invalid control call returns 400 with the reason."""
    response = control.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_bad_control_body(control: httpx.Client) -> None:
    """A control call with a body that is not JSON returns 400."""
    assert control.post("/reset", content="{").status_code == 400


def test_unknown_control_call(sim: RunningSimulator, control: httpx.Client) -> None:
    """An unknown control call returns 404; control calls are not in the request log."""
    assert control.get("/nothing").status_code == 404
    assert sim.requests() == []


def test_control_over_http_is_the_python_api(control: httpx.Client, sim: RunningSimulator, arm: httpx.Client) -> None:
    """Changes through HTTP are visible in Python."""
    put_endpoint(arm)
    control.post("/azure/denied", json={"denied": [VNET]}).raise_for_status()
    control.post("/azure/page-size", json={"pageSize": 7}).raise_for_status()
    control.post("/azure/connection", json={"endpoint": ENDPOINT, "status": "Rejected"}).raise_for_status()
    control.post("/clickhouse/switches", json={"description": "drop"}).raise_for_status()
    state = sim.state()
    assert state["azure"]["denied"][0]["scope"] == VNET
    assert state["azure"]["pageSize"] == 7
    assert state["azure"]["privateEndpoints"][0]["connection"] == "Rejected"
    assert state["clickhouse"]["switches"]["description"] == "drop"
    assert control.get("/events").json() == sim.events()
    assert control.get("/deadletters").json() == []


def test_settings_of_a_simulator() -> None:
    """A simulator keeps its rate limit and latency across resets, and ends with its context."""
    with running(rate_limit="1/600", latency_ms=20) as sim, httpx.Client(auth=KEY, trust_env=False) as client:
        for _ in range(2):
            sim.reset()
            assert [client.get(f"{sim.url}{ORGANIZATION}").status_code for _ in range(2)] == [200, 429]
        assert all(entry["end"] - entry["start"] >= 0.02 for entry in sim.requests())
        url = sim.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_invalid_world() -> None:
    """A simulator does not start with an invalid world."""
    with pytest.raises(WorldError, match=re.escape("clickhouse: Field required")), running({"azure": {}}):
        pass


def test_two_at_once() -> None:
    """Two simulators in one process are independent."""
    with running() as first, running() as second:
        first.switches(description="drop")
        assert second.state()["clickhouse"]["switches"]["description"] == "keep"
