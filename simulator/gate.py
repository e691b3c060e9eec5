"""The ASGI entry point of the simulated systems: request log, faults and latency, then the response."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from simulator.simulation import Simulation, system_of
from simulator.wire import Reply, Request

type HangUp = Callable[[Any], None]


class Gate:
    """Passes each request to the current simulation.

    `hang_up` closes the connection of a client (host and port) without a response.
    """

    def __init__(self, current: Callable[[], Simulation], hang_up: HangUp) -> None:
        self._current, self._hang_up = current, hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        reply = await self._answer(request)
        if reply is None:
            self._hang_up(scope["client"])
            await _wait_for_disconnect(receive)
        else:
            await _write(send, reply)

    async def _answer(self, request: Request) -> Reply | None:
        """Return the reply, or None if a fault drops the connection."""
        simulation, system = self._current(), system_of(request.path)
        entry = simulation.journal.open(request, system)
        fault = simulation.faults.take(request, system)
        wait = simulation.latency + (fault.delay_ms / 1000 if fault else 0)
        if wait:
            await asyncio.sleep(wait)
        reply: Reply | None = fault.reply(system) if fault else None
        if reply is None and not (fault and fault.drop == "before"):
            reply = simulation.answer(request, system)
        if fault and fault.drop:
            reply = None
        entry.close(reply.status if reply else None)
        return reply


async def _read(scope: Scope, receive: Receive) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    request = Request(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        origin=f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}",
        client=scope["client"][0],
    )
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return replace(request, body=bytes(body))


async def _write(send: Send, reply: Reply) -> None:
    body = b"" if reply.body is None else json.dumps(reply.body).encode()
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if body:
        headers.append((b"content-type", b"application/json; charset=utf-8"))
    if reply.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _wait_for_disconnect(receive: Receive) -> None:
    """Return when the server has noticed the disconnect."""
    while (await receive())["type"] != "http.disconnect":
        pass
