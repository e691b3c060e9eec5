import socket
from collections.abc import Callable

import httpx
import pytest

from localhost.host import Host

type Logged = Callable[[Host, str], str]


def test_request(client: httpx.Client, host: Host) -> None:
    """A function gets method, URL, route parameters, query, headers and body as the client sent them."""
    answer = client.put(
        "/tryout/echo/7/a%20b/c%2Fd?q=1&q=2&empty=", content=b"\x00\xff", headers={"X-One": "1"}
    )
    got = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert got["method"] == "PUT"
    assert got["url"] == f"{host.url}/tryout/echo/7/a%20b/c%2Fd?q=1&q=2&empty="
    assert got["route"] == {"id": "7", "rest": "a b/c%2Fd"}
    assert got["query"] == {"q": "1,2"}
    assert got["headers"]["x-one"] == "1"
    assert got["body"] == "00ff"


def test_response(client: httpx.Client) -> None:
    """A client gets status, headers, cookies and body as the function returned them."""
    answer = client.post("/tryout/teapot")
    assert answer.status_code == 418
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-pot"] == "short"
    assert answer.headers.get_list("set-cookie") == [
        "a=1; HttpOnly; Path=/; SameSite=Lax",
        "b=2; Max-Age=0; Secure",
    ]
    assert answer.content == b"\x00tea"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tryout/teapot"),
        ("POST", "/tryout/echo/7/x"),
        ("HEAD", "/tryout/seen"),
        ("OPTIONS", "/tryout/seen"),
        ("GET", "/tryout/echo/seven/x"),
        ("GET", "/tryout/unknown"),
        ("GET", "/tryout"),
        ("GET", "/api/seen"),
        ("GET", "/tryoutseen"),
        ("GET", "/"),
    ],
)
def test_not_found(client: httpx.Client, method: str, path: str) -> None:
    """An unknown path is a 404, and so is a known one with a method its function does not take."""
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/tryout/echo/mine", "/tryout/echo/mine/", "/TryOut/ECHO/Mine"])
def test_routes_ignore_case_and_last_slash(client: httpx.Client, path: str) -> None:
    """Routes match whatever the case and with or without a slash at the end."""
    assert client.get(path).text == "mine"


def test_keys_are_not_asked_for(client: httpx.Client) -> None:
    """A function of level `function` answers without a key, as it does under Core Tools."""
    assert client.get("/tryout/seen").status_code == 200


def test_exception(client: httpx.Client, host: Host, logged: Logged) -> None:
    """An exception in a function is a 500 without a body; its trace is in the log."""
    answer = client.get("/tryout/fail")
    assert (answer.status_code, answer.content) == (500, b"")
    assert logged(host, "Executed 'Functions.fail' (Failed").endswith("LookupError: nothing there")
    assert "ERROR   [fail]" in logged(host, "Executed 'Functions.fail' (Failed")
    assert logged(host, 'raise LookupError("nothing there")')


def test_no_content(client: httpx.Client) -> None:
    """A 204 has no body, whatever the function gave it."""
    answer = client.get("/tryout/nothing")
    assert (answer.status_code, answer.content) == (204, b"")


def test_text(client: httpx.Client) -> None:
    """A function may return text alone."""
    answer = client.get("/tryout/text")
    assert (answer.status_code, answer.text) == (200, "just text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_output_binding(client: httpx.Client, host: Host, logged: Logged) -> None:
    """What a function gives to an output binding goes nowhere, and the log says so."""
    assert client.get("/tryout/emit").text == "emitted"
    assert "WARNING [emit]" in logged(host, "Output binding 'out' of 'emit' is not delivered")


def test_working_directory(client: httpx.Client) -> None:
    """An app runs in its own directory."""
    assert "host.json" in client.get("/tryout/files").text.split()


def test_log_names_the_function(client: httpx.Client, host: Host, logged: Logged) -> None:
    """What a function logs is one line with level, function name and message, also from a worker's thread."""
    client.get("/tryout/log")
    assert logged(host, "a word from a thread").endswith("INFO    [logged] a word from a thread")
    assert not any("Function Type" in line for line in host.logs())


def test_client_hangs_up(host: Host, logged: Logged) -> None:
    """A client that hangs up amid its request, or before its answer, is no fault of the host's."""
    port = httpx.URL(host.url).port
    assert port
    for request in (
        b"POST /tryout/teapot HTTP/1.1\r\nHost: host\r\nContent-Length: 100\r\n\r\npart",
        b"GET /tryout/slow?seconds=0.1 HTTP/1.1\r\nHost: host\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            if request.startswith(b"GET"):
                logged(host, "slow has begun")
    assert logged(host, "slow is done")
    assert not any("Exception in ASGI" in line for line in host.logs())
