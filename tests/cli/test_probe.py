"""The probe against servers on this machine that do what networks do, and what is read from it."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import trustme

from shared.cli.probing import Prober
from shared.domain.explain.probe_results import Dialled, Lookup, Opening, of_lookups, of_ports, reached
from shared.domain.preflight.steps import Answer
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
    """What a client trusts: the authority of these tests."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """What a server with a certificate for that name shows."""
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
    """Say nothing."""


def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection as Private Link does with one that no allow list permits."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def dialled(port: int, tls: ssl.SSLContext) -> Opening:
    return (await Prober((port,), PATIENCE, tls).dial(HOST, HERE, port)).opening


async def test_open(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """A server with the right certificate opens TLS."""
    async with serving(idle, certified(authority, HOST)) as port:
        assert await dialled(port, tls) is Opening.OPENED


@pytest.mark.parametrize(
    ("handler", "expected"), [(reset, Opening.RESET), (end, Opening.RESET), (idle, Opening.SILENT)]
)
async def test_no_tls(tls: ssl.SSLContext, handler: Handler, expected: Opening) -> None:
    """A connection that is made and then reset, or ended, before TLS opens is a reset; one that stays is silent."""
    async with serving(handler) as port:
        assert await dialled(port, tls) is expected


async def test_untrusted(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """A certificate of somebody else's name, or of nobody whom one trusts, is told, and so is what is no TLS."""
    async with serving(idle, certified(authority, "elsewhere.example")) as port:
        assert await dialled(port, tls) is Opening.UNTRUSTED
    async with serving(idle, certified(trustme.CA(), HOST)) as port:
        assert await dialled(port, tls) is Opening.UNTRUSTED
    async with serving(lambda _, writer: writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert await dialled(port, tls) is Opening.UNTRUSTED


async def test_refused(tls: ssl.SSLContext) -> None:
    """A port where nobody listens refuses."""
    async with serving(idle) as port:
        pass
    assert await dialled(port, tls) is Opening.REFUSED


@contextmanager
def full() -> Iterator[int]:
    """The port of a server that takes no connections any more, and lets those who want one wait."""
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
    """A port that does not answer at all, as behind a network security group, times out."""
    with full() as port:
        assert await dialled(port, tls) is Opening.TIMED_OUT


async def test_lookup(tls: ssl.SSLContext) -> None:
    """A name is looked up as this machine does; one that is not found leads to nothing."""
    prober = Prober(tls=tls)
    assert await prober.look_up(HOST) == Lookup(HOST, (HERE,))
    for unknown in ("nowhere.invalid", "a" * 64 + ".invalid"):
        assert await prober.look_up(unknown) == Lookup(unknown)


async def test_probe(authority: trustme.CA, tls: ssl.SSLContext) -> None:
    """All hosts are looked up, and those that lead to the endpoint are dialled on every port."""
    async with serving(idle, certified(authority, HOST)) as well, serving(reset) as bad:
        steps = await Prober((well, bad), PATIENCE, tls).probe([HOST], frozenset({HERE}))
        assert [step.answer for step in steps] == [Answer.OK, Answer.OK, Answer.NOT_OK]
        assert "allow list" in steps[2].remedy
        astray = await Prober((well,), PATIENCE, tls).probe([HOST], frozenset({"10.0.0.1"}))
        assert [step.answer for step in astray] == [Answer.NOT_OK, Answer.NOT_CHECKED]


@pytest.mark.parametrize(
    ("addresses", "answer", "words"),
    [
        (("10.0.0.1",), Answer.OK, ""),
        (("10.0.0.2",), Answer.NOT_OK, "stands for another endpoint"),
        (("10.0.0.1", "10.0.0.2"), Answer.NOT_OK, "stands for another endpoint"),
        (("20.1.2.3",), Answer.NOT_OK, "168.63.129.16"),
        ((), Answer.NOT_OK, "168.63.129.16"),
    ],
)
def test_reading_of_lookups(addresses: tuple[str, ...], answer: Answer, words: str) -> None:
    """A public address and none mean that the zone is not seen; another private one, that the record is another's."""
    expected = frozenset({"10.0.0.1"})
    step = of_lookups([Lookup("h", addresses)], expected)
    assert (step.answer, reached(Lookup("h", addresses), expected)) == (answer, answer is Answer.OK)
    assert words in step.remedy


@pytest.mark.parametrize("opening", list(Opening))
def test_reading_of_ports(opening: Opening) -> None:
    """Whatever becomes of a port is told in words; all but what is well with what to do."""
    (step,) = of_ports([8443], [Dialled("h", 8443, opening, "system's words")])
    assert step.seen == f"h {opening} (system's words)"
    assert (step.answer is Answer.OK) == (opening is Opening.OPENED) == (not step.remedy)


def test_command(sim: RunningSimulator, run: Run) -> None:
    """explain --probe tells also what it found from here, and nothing of names that are not known."""
    world = sim.state()
    for one in world["clickhouse"]["services"]:
        one["privateDnsHostname"] = f"{one['name']}.invalid"  # no resolver asks anybody for these
    sim.reset(world)
    told = run("explain", ENDPOINT, "--probe")
    assert told.code == 1
    assert "not ok       lookup                analytics.invalid leads to nothing" in told.out
    assert "not checked  port 8443             because of lookup" in told.out
    assert "lookup" not in run("explain", f"{ENDPOINT}x", "--probe").out
    assert "lookup" not in run("explain", ENDPOINT).out
