"""The probe, against servers on this machine that behave as networks do, and its interpretation."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import trustme

from shared.cli.probe import Prober
from shared.domain.explain.probe_results import (
    Lookup,
    TlsAttempt,
    TlsResult,
    lookup_step,
    port_steps,
    resolves,
)
from shared.domain.preflight.check_result import CheckStatus
from simulator.client import RunningSimulator
from tests.cli.conftest import Run
from tests.support.simulated import ENDPOINT

HOST, HERE = "localhost", "127.0.0.1"
PATIENCE = 0.3
type Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """A client's trust: the certificate authority of these tests."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """A server's certificate for that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on this machine; its port."""
    writers: list[asyncio.StreamWriter] = []

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        handler(reader, writer)

    server = await asyncio.start_server(serve, HERE, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


def idle(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Send nothing."""


def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection as Private Link does without an allow list entry."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def attempt(port: int, tls: ssl.SSLContext) -> TlsResult:
    return (await Prober((port,), PATIENCE, tls).connect(HOST, HERE, port)).result


async def test_open(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """A server with the right certificate opens TLS."""
    async with serving(idle, certified(authority, HOST)) as port:
        assert await attempt(port, tls) is TlsResult.OPENED


@pytest.mark.parametrize(
    ("handler", "expected"), [(reset, TlsResult.RESET), (end, TlsResult.RESET), (idle, TlsResult.SILENT)]
)
async def test_no_tls(tls: ssl.SSLContext, handler: Handler, expected: TlsResult) -> None:
    """A connection that is reset or closed before TLS opens is a reset; one that stays open is silent."""
    async with serving(handler) as port:
        assert await attempt(port, tls) is expected


async def test_untrusted(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """A certificate for another name or of an unknown authority is untrusted, and so is a response that is not TLS."""
    async with serving(idle, certified(authority, "elsewhere.example")) as port:
        assert await attempt(port, tls) is TlsResult.UNTRUSTED
    async with serving(idle, certified(trustme.CA(), HOST)) as port:
        assert await attempt(port, tls) is TlsResult.UNTRUSTED
    async with serving(lambda _, writer: writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert await attempt(port, tls) is TlsResult.UNTRUSTED


async def test_refused(tls: ssl.SSLContext) -> None:
    """A port without a listener refuses the connection."""
    async with serving(idle) as port:
        pass
    assert await attempt(port, tls) is TlsResult.REFUSED


@contextmanager
def full() -> Iterator[int]:
    """The port of a server with a full backlog: new connections wait."""
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex((HERE, port))
        yield port
        for one in waiting:
            one.close()


async def test_time_out(tls: ssl.SSLContext) -> None:
    """A port that does not respond, as behind a network security group, times out."""
    with full() as port:
        assert await attempt(port, tls) is TlsResult.TIMED_OUT


async def test_lookup(tls: ssl.SSLContext) -> None:
    """A name is resolved by this machine's resolver; an unknown one resolves to nothing."""
    prober = Prober(tls=tls)
    assert await prober.look_up(HOST) == Lookup(HOST, (HERE,))
    for unknown in ("nowhere.invalid", "a" * 64 + ".invalid"):
        assert await prober.look_up(unknown) == Lookup(unknown)


async def test_probe(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """All hosts are looked up, and every port is tried on those that resolve to the endpoint."""
    async with serving(idle, certified(authority, HOST)) as well, serving(reset) as bad:
        steps = await Prober((well, bad), PATIENCE, tls).probe([HOST], frozenset({HERE}))
        assert [step.status for step in steps] == [CheckStatus.PASSED, CheckStatus.PASSED, CheckStatus.FAILED]
        assert "allow list" in steps[2].remedy
        astray = await Prober((well,), PATIENCE, tls).probe([HOST], frozenset({"10.0.0.1"}))
        assert [step.status for step in astray] == [CheckStatus.FAILED, CheckStatus.SKIPPED]


@pytest.mark.parametrize(
    ("addresses", "status", "words"),
    [
        (("10.0.0.1",), CheckStatus.PASSED, ""),
        (("10.0.0.2",), CheckStatus.FAILED, "is for another endpoint"),
        (("10.0.0.1", "10.0.0.2"), CheckStatus.FAILED, "is for another endpoint"),
        (("20.1.2.3",), CheckStatus.FAILED, "168.63.129.16"),
        ((), CheckStatus.FAILED, "168.63.129.16"),
    ],
)
def test_lookup_step(addresses: tuple[str, ...], status: CheckStatus, words: str) -> None:
    """A public address or none means that the zone is not used; another private one, that the record is wrong."""
    expected = frozenset({"10.0.0.1"})
    step = lookup_step([Lookup("h", addresses)], expected)
    assert (step.status, resolves(Lookup("h", addresses), expected)) == (status, status is CheckStatus.PASSED)
    assert words in step.remedy


@pytest.mark.parametrize("result", list(TlsResult))
def test_port_steps(result: TlsResult) -> None:
    """Every result of a port has a text, and a remedy unless TLS opens."""
    (step,) = port_steps([8443], [TlsAttempt("h", 8443, result, "error text")])
    assert step.detail == f"h: {result} (error text)"
    assert (step.status is CheckStatus.PASSED) == (result is TlsResult.OPENED) == (not step.remedy)


def test_command(sim: RunningSimulator, run: Run) -> None:
    """explain --probe adds the steps of the probe, unless the host names are unknown."""
    world = sim.state()
    for one in world["clickhouse"]["services"]:
        one["privateDnsHostname"] = f"{one['name']}.invalid"  # no resolver asks anybody for these
    sim.reset(world)
    result = run("explain", ENDPOINT, "--probe")
    assert result.code == 1
    assert "failed   lookup                analytics.invalid resolves to nothing" in result.out
    assert "skipped  port 8443             depends on lookup" in result.out
    assert "lookup" not in run("explain", f"{ENDPOINT}x", "--probe").out
    assert "lookup" not in run("explain", ENDPOINT).out
