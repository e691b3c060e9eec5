import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from localhost.host import Host

type Seen = Callable[[str], list[dict[str, Any]]]
type Logged = Callable[[Host, str], str]
type Eventually = Callable[[Callable[[], Any]], Any]


def test_ready_line_names_the_functions(host: Host) -> None:
    """The ready line names every function that is served."""
    assert {"echo", "changed", "tick", "yearly"} <= set(host.functions)


def test_status(client: httpx.Client) -> None:
    """The host says that it is running."""
    assert client.get("/admin/host/status").json()["state"] == "Running"
    assert client.get("/admin/host/ping").status_code == 200


def test_list(client: httpx.Client, host: Host) -> None:
    """The list describes every function with its bindings, their settings filled in, and where to call it."""
    listed = {function["name"]: function for function in client.get("/admin/functions").json()}
    assert sorted(listed) == host.functions
    assert listed["teapot"]["invoke_url_template"] == f"{host.url}/tryout/teapot"
    assert listed["tick"]["config"]["bindings"][0]["schedule"] == "0 0 0 1 1 *"
    assert client.get("/admin/functions/tick").json() == listed["tick"]
    assert client.get("/admin/functions/tick/status").json() == {"errors": None}


def test_run_timer(client: httpx.Client, seen: Seen, eventually: Eventually) -> None:
    """A timer function is run by hand, whatever its schedule, and told about that schedule."""
    assert client.post("/admin/functions/tick", json={"input": ""}).status_code == 202
    note = eventually(lambda: seen("tick"))[0]
    assert note == {"function": "tick", "past_due": False, "known": ["Last", "LastUpdated", "Next"]}


def test_run_event_grid(client: httpx.Client, seen: Seen, eventually: Eventually) -> None:
    """An Event Grid function is run by hand with the event as a string."""
    event = json.dumps({"id": "by-hand", "data": {}})
    assert client.post("/admin/functions/told_of", json={"input": event}).status_code == 202
    eventually(lambda: "by-hand" in [note["id"] for note in seen("told_of")])


def test_failure_is_in_the_log(client: httpx.Client, host: Host, logged: Logged) -> None:
    """A run by hand is accepted even if it will fail; the failure is in the log."""
    event = json.dumps({"id": "by-hand", "data": {"fail": True}})
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
    """What is not known is a 404."""
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize(
    ("function", "content"),
    [
        ("tick", b""),
        ("tick", b"[]"),
        ("told_of", b'{"input": "no event"}'),
        ("told_of", b"{}"),
        ("seen", b'{"input": ""}'),
    ],
)
def test_bad_request(client: httpx.Client, function: str, content: bytes) -> None:
    """A run by hand without what the function needs, or of an HTTP function, is a 400."""
    function = {"seen": "told"}.get(function, function)
    assert client.post(f"/admin/functions/{function}", content=content).status_code == 400
