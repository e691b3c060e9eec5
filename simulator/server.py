"""Runs the simulator in this process, for tests and the demo, or as a separate process."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import uvicorn

from simulator import world
from simulator.app import make_app
from simulator.clickhouse.limit import parse_limit
from simulator.client import RunningSimulator
from simulator.control.controller import Controller
from simulator.simulation import Settings
from simulator.tls import Certificate
from simulator.worldfile import DEMO, parse_world, read_world

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Https:
    """The certificate and the port of https; port 0 picks a free one."""

    certificate: Certificate
    port: int = 0


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a simulator."""

    url: str
    https_url: str | None = None


class Server(uvicorn.Server):
    """A uvicorn server on loopback that reports when it is ready and can drop connections.

    With a certificate it also serves https, on a separate port.
    """

    def __init__(
        self,
        controller: Controller,
        port: int,
        on_ready: Callable[[Addresses], None],
        https: Https | None = None,
    ) -> None:
        app = make_app(controller, self._hang_up)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._socket = _loopback_socket(port)
        self._https = https
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        https_url = await self.serve_https(self._https) if self._https else None
        self._on_ready(Addresses(_url("http", self._socket), https_url))

    async def serve_https(self, https: Https) -> str:
        """Also serve https. Returns its URL. Raises OSError if the port is in use."""
        bound = _loopback_socket(https.port)
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_server(self._protocol, sock=bound, ssl=https.certificate.context))
        return _url("https", bound)

    def listen(self) -> None:
        """Serve until a signal or `should_exit`."""
        self.run(sockets=[self._socket])

    def _protocol(self) -> asyncio.Protocol:
        factory = cast("Any", self.config.http_protocol_class)
        protocol: asyncio.Protocol = factory(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    def _hang_up(self, client: Any) -> None:
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                cast("Any", connection).transport.abort()


def _loopback_socket(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only if the protocol is explicit; otherwise each response takes 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((_LOOPBACK, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"port {port}: {error.strerror}") from error
    return bound


def _url(scheme: str, bound: socket.socket) -> str:
    return f"{scheme}://{_LOOPBACK}:{bound.getsockname()[1]}"


def serve(settings: Settings, port: int, on_ready: Callable[[Addresses], None], https: Https | None = None) -> None:
    """Serve in this thread until a signal."""
    Server(Controller(settings), port, on_ready, https).listen()


@contextmanager
def running(
    start: Mapping[str, Any] | None = None,
    *,
    rate_limit: str = "off",
    latency_ms: int = 0,
) -> Iterator[RunningSimulator]:
    """Run a simulator on a free loopback port in a separate thread, which ends with the context.

    The default world is `worlds/demo.json`. `reset()` returns to the world of the start.
    """
    seed = parse_world(start) if start else read_world(DEMO)
    controller = Controller(make_settings(seed, rate_limit, latency_ms))
    ready: list[tuple[str, asyncio.AbstractEventLoop]] = []
    started = threading.Event()

    def on_ready(addresses: Addresses) -> None:
        ready.append((addresses.url, asyncio.get_running_loop()))
        started.set()

    server = Server(controller, 0, on_ready)
    thread = threading.Thread(target=server.listen, name="simulator", daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("the simulator did not start within 10 seconds")
    try:
        url, loop = ready[0]
        yield RunningSimulator(url, controller, loop, lambda certificate: server.serve_https(Https(certificate)))
    finally:
        server.should_exit = True
        thread.join()


def make_settings(seed: world.World, rate_limit: str, latency_ms: int) -> Settings:
    """Return settings with a valid rate limit. Raises ValueError if it is not valid."""
    parse_limit(rate_limit, lambda: 0.0)
    return Settings(seed, rate_limit, latency_ms)
