import socket

import httpx
import pytest

from localhost.host import Host
from tests.localhost.conftest import Logged


def test_request(client: httpx.Client, host: Host) -> None:
    """A function receives method, URL, route parameters, query, headers and body as the client sent them."""
    response = client.put("/tryout/echo/7/a%20b/c%2Fd?q=1&q=2&empty=", content=b"\x00\xff", headers={"X-One": "1"})
    received = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert received["method"] == "PUT"
    assert received["url"] == f"{host.url}/tryout/echo/7/a%20b/c%2Fd?q=1&q=2&empty="
    assert received["route"] == {"id": "7", "rest": "a b/c%2Fd"}
    assert received["query"] == {"q": "1,2"}
    assert received["headers"]["x-one"] == "1"
    assert received["body"] == "00ff"


def test_response(client: httpx.Client) -> None:
    """A client receives status, headers, cookies and body as the function returned them."""
    response = client.post("/tryout/teapot")
    assert response.status_code == 418
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-pot"] == "short"
    assert response.headers.get_list("set-cookie") == [
        "a=1; HttpOnly; Path=/; SameSite=Lax",
        "b=2; Max-Age=0; Secure",
    ]
    assert response.content == b"\x00tea"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tryout/teapot"),
        ("POST", "/tryout/echo/7/x"),
        ("HEAD", "/tryout/calls"),
        ("OPTIONS", "/tryout/calls"),
        ("GET", "/tryout/echo/seven/x"),
        ("GET", "/tryout/unknown"),
        ("GET", "/tryout"),
        ("GET", "/api/calls"),
        ("GET", "/tryoutcalls"),
        ("GET", "/"),
    ],
)
def test_not_found(client: httpx.Client, method: str, path: str) -> None:
    """An unknown path, or a method that the function does not accept, returns 404."""
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/tryout/echo/mine", "/tryout/echo/mine/", "/TryOut/ECHO/Mine"])
def test_routes_ignore_case_and_trailing_slash(client: httpx.Client, path: str) -> None:
    """Routes match in any letter case, with or without a trailing slash."""
    assert client.get(path).text == "mine"


def test_function_keys_are_not_required(client: httpx.Client) -> None:
    """A function of level `function` responds without a key, as with Core Tools."""
    assert client.get("/tryout/calls").status_code == 200


def test_exception(client: httpx.Client, host: Host, logged: Logged) -> None:
    """An exception in a function returns 500 without a body; its traceback is in the log."""
    response = client.get("/tryout/fail")
    assert (response.status_code, response.content) == (500, b"")
    assert logged(host, "Executed 'Functions.fail' (Failed").endswith("LookupError: nothing there")
    assert "ERROR   [fail]" in logged(host, "Executed 'Functions.fail' (Failed")
    assert logged(host, 'raise LookupError("nothing there")')


def test_no_content(client: httpx.Client) -> None:
    """A 204 response has no body, even if the function returned one."""
    response = client.get("/tryout/nothing")
    assert (response.status_code, response.content) == (204, b"")


def test_text(client: httpx.Client) -> None:
    """A function can return a string."""
    response = client.get("/tryout/text")
    assert (response.status_code, response.text) == (200, "just text")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_output_binding(client: httpx.Client, host: Host, logged: Logged) -> None:
    """Output bindings are not delivered; a warning is logged."""
    assert client.get("/tryout/emit").text == "emitted"
    assert "WARNING [emit]" in logged(host, "Output binding 'out' of 'emit' is not delivered")


def test_working_directory(client: httpx.Client) -> None:
    """The working directory of an app is its own directory."""
    assert "host.json" in client.get("/tryout/files").text.split()


def test_log_names_the_function(client: httpx.Client, host: Host, logged: Logged) -> None:
    """A log record is one line with level, function name and message, also from a worker thread."""
    client.get("/tryout/log")
    assert logged(host, "message from a thread").endswith("INFO    [logged] message from a thread")
    assert not any("Function Type" in line for line in host.logs())


def test_client_disconnects(host: Host, logged: Logged) -> None:
    """A client that disconnects during its request, or before its response, causes no error in the host."""
    port = httpx.URL(host.url).port
    assert port
    for request in (
        b"POST /tryout/teapot HTTP/1.1\r\nHost: host\r\nContent-Length: 100\r\n\r\npart",
        b"GET /tryout/slow?seconds=0.1 HTTP/1.1\r\nHost: host\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            if request.startswith(b"GET"):
                logged(host, "slow started")
    assert logged(host, "slow ended")
    assert not any("Exception in ASGI" in line for line in host.logs())
