"""A pass in a separate process that is killed at a chosen outside call.

A fork server has imported the product, so that each process starts in milliseconds.
"""

import asyncio
import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from typing import Any, Literal

import httpx
from azure.core.pipeline.transport import AioHttpTransport

from shared.bootstrap import Runtime
from tests.support.simulated import SECONDS, named, settings

type Moment = Literal["before", "after"]


@dataclass
class Fuse:
    """Kills this process at the `at`-th outside call: before the request or after the response."""

    at: int
    moment: Moment
    calls: int = 0

    def sending(self) -> None:
        self.calls += 1
        self._burn("before")

    def answered(self) -> None:
        self._burn("after")

    def _burn(self, moment: Moment) -> None:
        if self.moment == moment and self.calls >= self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class _Transport(AioHttpTransport):  # type: ignore[misc]  # azure-core has no type for it
    fuse: Fuse

    async def send(self, request: Any, **options: Any) -> Any:
        self.fuse.sending()
        answer = await super().send(request, **options)
        self.fuse.answered()
        return answer


def servers() -> ForkServerContext:
    """A context whose processes have imported the product."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.crash_process"])
    return context


def killed_pass(context: ForkServerContext, url: str, at: int, moment: Moment, **more: str) -> bool:
    """Whether the pass over the demo world's endpoint was killed; False: it ended before that call."""
    process = context.Process(target=_run, args=(url, at, moment, more))
    process.start()
    process.join(timeout=60)
    assert process.exitcode in (0, -signal.SIGKILL), f"the pass ended with {process.exitcode}"
    return process.exitcode != 0


def _run(url: str, at: int, moment: Moment, more: dict[str, str]) -> None:
    asyncio.run(_pass(url, Fuse(at, moment), more))


async def _pass(url: str, fuse: Fuse, more: dict[str, str]) -> None:
    async def sending(_request: httpx.Request) -> None:
        fuse.sending()

    async def answered(_response: httpx.Response) -> None:
        fuse.answered()

    runtime = Runtime(settings(url, **more))
    transport = _Transport()
    transport.fuse = fuse
    runtime.clients.transport = transport
    runtime.clients.http.event_hooks = {"request": [sending], "response": [answered]}
    await runtime.reconcile(named(), SECONDS)
    await runtime.close()
