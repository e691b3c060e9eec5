"""Serves the ASGI app on a loopback port, and shuts down gracefully."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator

import uvicorn

from localhost.app import create_app
from localhost.errors import AppError
from localhost.timers import Timers
from localhost.worker import Worker

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Open a socket on loopback; port 0 picks a free one. Raises `AppError` if the port is not available."""
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise AppError(f"port {port} cannot be used: {error}") from error


async def serve(
    worker: Worker, sock: socket.socket, ready: Callable[[str], None], *, timers: bool, grace: float
) -> list[str]:
    """Serve a started worker until SIGTERM or SIGINT. Returns the invocations that did not end in `grace` seconds."""
    clock = Timers(worker)
    url = f"http://{HOST}:{sock.getsockname()[1]}"

    def started() -> None:
        if timers:
            clock.start()
        ready(url)

    config = uvicorn.Config(create_app(worker), lifespan="off", log_config=None, access_log=False, log_level="warning")
    server = _Server(config, started, clock.stop, grace)
    with _stopped_by_signals(server):
        await server.serve(sockets=[sock])
    return await worker.stop(server.time_left())


class _Server(uvicorn.Server):
    """A uvicorn server with callbacks for start and stop, and one deadline for the whole shutdown."""

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], stopping: Callable[[], None], grace: float
    ) -> None:
        super().__init__(config)
        self._started, self._stopping, self._grace = started, stopping, grace
        self._deadline: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._deadline = time.monotonic() + self._grace
        self._stopping()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                await super().shutdown(sockets)

    def time_left(self) -> float:
        return self._grace if self._deadline is None else max(0.0, self._deadline - time.monotonic())


@contextlib.contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Handle signals here: uvicorn raises its signal again after shutdown, which would skip the cleanup."""

    def stop(*_: object) -> None:
        server.should_exit = True

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
