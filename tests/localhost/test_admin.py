import json

import httpx
import pytest

from localhost.host import Host
from tests.localhost.conftest import Calls, Eventually, Logged


def test_ready_line_lists_the_functions(host: Host) -> None:
    """The ready line lists every function that is served."""
    assert {"echo", "changed", "tick", "yearly"} <= set(host.functions)


def test_status(client: httpx.Client) -> None:
    """The host status is Running."""
    assert client.get("/admin/host/status").json()["state"] == "Running"
    assert client.get("/admin/host/ping").status_code == 200


def test_list(client: httpx.Client, host: Host) -> None:
    """The function list contains each function's URL and its bindings with resolved settings."""
    listed = {function["name"]: function for function in client.get("/admin/functions").json()}
    assert sorted(listed) == host.functions
    assert listed["teapot"]["invoke_url_template"] == f"{host.url}/tryout/teapot"
    assert listed["tick"]["config"]["bindings"][0]["schedule"] == "0 0 0 1 1 *"
    assert client.get("/admin/functions/tick").json() == listed["tick"]
    assert client.get("/admin/functions/tick/status").json() == {"errors": None}


def test_run_timer(client: httpx.Client, calls: Calls, eventually: Eventually) -> None:
    """A timer function can be run manually, independent of its schedule, and receives the schedule status."""
    assert client.post("/admin/functions/tick", json={"input": ""}).status_code == 202
    call = eventually(lambda: calls("tick"))[0]
    status_keys = ["Last", "LastUpdated", "Next"]
    assert call == {"function": "tick", "past_due": False, "status_keys": status_keys}


def test_run_event_grid(client: httpx.Client, calls: Calls, eventually: Eventually) -> None:
    """An Event Grid function can be run manually, with the event as a JSON string."""
    event = json.dumps({"id": "manual", "data": {}})
    assert client.post("/admin/functions/changed_sync", json={"input": event}).status_code == 202
    eventually(lambda: "manual" in [call["id"] for call in calls("changed_sync")])


def test_failure_of_a_manual_run_is_logged(client: httpx.Client, host: Host, logged: Logged) -> None:
    """A manual run returns 202 before it runs; a failure is in the log."""
    event = json.dumps({"id": "manual", "data": {"fail": True}})
    assert client.post("/admin/functions/changed", json={"input": event}).status_code == 202
    assert logged(host, "[changed] Executed 'Functions.changed' (Failed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/functions/unknown"),
        ("GET", "/admin/functions/unknown/status"),
        ("POST", "/admin/functions/unknown"),
        ("GET", "/admin/unknown"),
    ],
)
def test_unknown(client: httpx.Client, method: str, path: str) -> None:
    """Unknown functions and paths return 404."""
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize(
    ("function", "content"),
    [
        ("tick", b""),
        ("tick", b"[]"),
        ("changed_sync", b'{"input": "no event"}'),
        ("changed_sync", b"{}"),
        ("recorded", b'{"input": ""}'),
    ],
)
def test_bad_request(client: httpx.Client, function: str, content: bytes) -> None:
    """A manual run with invalid input, or of an HTTP function, returns 400."""
    assert client.post(f"/admin/functions/{function}", content=content).status_code == 400
