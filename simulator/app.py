"""The ASGI application: the control API, and the gate to the simulated systems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from simulator.control.controller import Controller
from simulator.control.routes import routes
from simulator.gate import Gate, HangUp


def make_app(controller: Controller, hang_up: HangUp) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await controller.simulation.grid.close()

    gate = Gate(lambda: controller.simulation, hang_up)
    return Starlette(routes=[*routes(controller), Mount("/", app=gate)], lifespan=lifespan)
