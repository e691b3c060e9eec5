"""The simulator over https, and its cloud metadata and tokens."""

import json
import signal
import ssl
import subprocess
from pathlib import Path
from subprocess import PIPE, Popen

import httpx
import jwt
import pytest

from simulator.azure_cli import as_shell, environment, sign_in
from simulator.client import RunningSimulator
from simulator.tls import make_certificate
from tests.simulator.conftest import NETWORKS, put_endpoint
from tests.simulator.test_command_line import command
from tests.support.paths import ROOT

TOKEN = "/metadata/identity/oauth2/token"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture
def secure(sim: RunningSimulator, arm: httpx.Client, tmp_path: Path) -> httpx.Client:
    """An ARM client over https that trusts only the simulator's certificate authority."""
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate.authority))
    return httpx.Client(base_url=sim.serve_https(certificate), params=arm.params, verify=trust, trust_env=False)


def test_https(sim: RunningSimulator, arm: httpx.Client, secure: httpx.Client) -> None:
    """The simulator serves the same world over https, with a certificate of its authority."""
    put_endpoint(arm)
    with secure:
        assert secure.get(f"{NETWORKS}/privateEndpoints/pe1").is_success
    with (
        httpx.Client(base_url=secure.base_url, trust_env=False) as untrusting,
        pytest.raises(httpx.ConnectError),
    ):
        untrusting.get("/subscriptions")


def test_urls_have_the_scheme_of_the_request(sim: RunningSimulator, arm: httpx.Client, secure: httpx.Client) -> None:
    """URLs to poll and next links have the scheme and host of the request."""
    sim.page_size(1)
    put_endpoint(arm, "pe1")
    put_endpoint(arm, "pe2")
    with secure:
        origin = str(secure.base_url).rstrip("/")
        listed = secure.get(f"{NETWORKS}/privateEndpoints").json()
        assert listed["nextLink"].startswith(f"{origin}/subscriptions/")
        deleted = secure.delete(f"{NETWORKS}/privateEndpoints/pe1")
        for name in ("azure-asyncoperation", "location"):
            assert deleted.headers[name].startswith(f"{origin}/subscriptions/")
            assert secure.get(deleted.headers[name]).is_success


def test_cloud_metadata(sim: RunningSimulator) -> None:
    """The cloud endpoints are those of the simulator and need no authorization."""
    document = httpx.get(f"{sim.url}/metadata/endpoints?api-version=2022-09-01", trust_env=False).json()
    assert (document["name"], document["resourceManager"]) == ("simulator", sim.url)
    assert document["authentication"]["audiences"] == [sim.url]


def test_token(sim: RunningSimulator) -> None:
    """A managed identity token has the requested resource and the tenant of the subscription."""
    headers = {"X-IDENTITY-HEADER": "simulator"}
    query = {"api-version": "2019-08-01", "resource": sim.url}
    document = httpx.get(f"{sim.url}{TOKEN}", params=query, headers=headers, trust_env=False).json()
    claims = jwt.decode(document["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["exp"]) == (sim.url, int(document["expires_on"]))
    assert (
        claims["tid"]
        == httpx.get(f"{sim.url}/subscriptions?api-version=2022-12-01", trust_env=False).json()["value"][0]["tenantId"]
    )


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", f"{TOKEN}?resource=x", {}, 400),
        ("GET", TOKEN, {"X-IDENTITY-HEADER": "simulator"}, 400),
        ("POST", TOKEN, {"X-IDENTITY-HEADER": "simulator"}, 404),
        ("GET", "/metadata/else", {}, 404),
    ],
)
def test_refused(sim: RunningSimulator, method: str, path: str, headers: dict[str, str], status: int) -> None:
    """A token request requires its header and a resource; other paths below /metadata/ return 404."""
    response = httpx.request(method, f"{sim.url}{path}", headers=headers, trust_env=False)
    assert response.status_code == status


def test_command_line(tmp_path: Path) -> None:
    """With --tls the simulator prints its certificate and the Azure CLI commands, and removes its files at the end."""
    with Popen(command("--tls"), cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        document = json.loads(process.stdout.readline())
        authority, https_url = Path(document["certificate"]), document["httpsUrl"]
        expected = as_shell(https_url, authority, authority.parent / "azure").splitlines()
        assert [process.stdout.readline().rstrip() for _ in expected] == expected
        trust = ssl.create_default_context(cafile=str(authority))
        assert httpx.get(f"{https_url}/metadata/endpoints", verify=trust, trust_env=False).is_success
        assert httpx.get(f"{document['url']}/metadata/endpoints", trust_env=False).is_success
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
    assert not authority.parent.exists()


def test_https_port_in_use(sim: RunningSimulator) -> None:
    """An https port in use ends the simulator with exit code 2 and an error with the port."""
    port = sim.url.rpartition(":")[2]
    completed = subprocess.run(  # noqa: S603 -- this repository's simulator
        command("--tls", port), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert completed.returncode == 2
    assert f"port {port}" in completed.stderr


def test_as_shell(tmp_path: Path) -> None:
    """The shell lines set the environment and run the three commands, also with quotes in the path."""
    folder = tmp_path / "it's here"
    lines = as_shell("https://127.0.0.1:1", folder / "a.pem", folder / "azure")
    script = f'az() {{ echo "$@"; }}\n{lines}\nprintenv {" ".join(environment("", folder, folder))}'
    completed = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)  # noqa: S603, S607
    printed = completed.stdout.splitlines()
    assert printed[:3] == [" ".join(one[1:]) for one in sign_in("https://127.0.0.1:1")]
    assert printed[3:] == [*environment("https://127.0.0.1:1", folder / "a.pem", folder / "azure").values()]
