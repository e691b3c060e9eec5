"""Running the simulator: in this process for tests and the demo, or as a process of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import uvicorn

from simulator import world
from simulator.app import make_app
from simulator.clickhouse.limit import parse_limit
from simulator.client import RunningSimulator
from simulator.control.controller import Controller
from simulator.simulation import Settings
from simulator.worldfile import DEMO, parse_world, read_world

_LOOPBACK = "127.0.0.1"


class Server(uvicorn.Server):
    """A uvicorn server on loopback that says when it is ready and can hang up on a client."""

    def __init__(self, controller: Controller, port: int, on_ready: Callable[[str], None]) -> None:
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
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready(f"http://{_LOOPBACK}:{self._socket.getsockname()[1]}")

    def listen(self) -> None:
        """Serve until told to stop."""
        self.run(sockets=[self._socket])

    def _hang_up(self, client: Any) -> None:
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                cast("Any", connection).transport.abort()


def _loopback_socket(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer takes 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((_LOOPBACK, port))
    return bound


def serve(settings: Settings, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve in this thread until a signal ends it."""
    Server(Controller(settings), port, on_ready).listen()


@contextmanager
def running(
    start: Mapping[str, Any] | None = None, *, rate_limit: str = "off", latency_ms: int = 0
) -> Iterator[RunningSimulator]:
    """A simulator on a free loopback port in a thread of its own; nothing is left of it afterwards.

    Without a world it starts from `worlds/demo.json`; a later `reset()` goes back to where it started.
    """
    seed = parse_world(start) if start else read_world(DEMO)
    controller = Controller(make_settings(seed, rate_limit, latency_ms))
    ready: list[tuple[str, asyncio.AbstractEventLoop]] = []
    started = threading.Event()

    def on_ready(url: str) -> None:
        ready.append((url, asyncio.get_running_loop()))
        started.set()

    server = Server(controller, 0, on_ready)
    thread = threading.Thread(target=server.listen, name="simulator", daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("the simulator did not start within 10 seconds")
    try:
        yield RunningSimulator(ready[0][0], controller, ready[0][1])
    finally:
        server.should_exit = True
        thread.join()


def make_settings(seed: world.World, rate_limit: str, latency_ms: int) -> Settings:
    """Settings whose rate limit is known to be readable; raises ValueError where it is not."""
    parse_limit(rate_limit, lambda: 0.0)
    return Settings(seed, rate_limit, latency_ms)
