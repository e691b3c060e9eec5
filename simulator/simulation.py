"""The simulated systems and their common entry point."""

from dataclasses import dataclass

from simulator import world
from simulator.azure import metadata
from simulator.azure.errors import ArmError
from simulator.azure.system import Arm
from simulator.clickhouse.system import Cloud
from simulator.eventgrid.grid import Grid
from simulator.eventgrid.topics import Topics
from simulator.faults import Faults, System
from simulator.journal import Journal
from simulator.wire import Json, Reply, Request
from simulator.worldfile import WorldError

_DNS = "/providers/microsoft.network/privatednszones"


@dataclass(frozen=True, slots=True)
class Settings:
    """The start settings of a simulator, which a reset keeps."""

    seed: world.World
    rate_limit: str = "off"
    latency_ms: int = 0


class Simulation:
    """Azure, Event Grid and ClickHouse Cloud. A reset replaces the whole simulation.

    Raises:
        WorldError: the endpoints of the world do not fit into their subnets.
    """

    def __init__(self, settings: Settings, start: world.World | None = None) -> None:
        world_state = start or settings.seed
        self.latency = settings.latency_ms / 1000
        self.grid, self.topics = Grid(), Topics()
        self.faults, self.journal = Faults(), Journal()
        try:
            self.arm = Arm(world_state.azure, self.grid.publish, self.grid)
        except ArmError as error:
            raise WorldError(f"azure: {error.message}") from error
        self.cloud = Cloud(world_state.clickhouse, settings.rate_limit)
        self.settle()

    def answer(self, request: Request, system: System) -> Reply:
        match system:
            case "arm" | "dns":
                reply = self.arm.answer(request)
            case "clickhouse":
                reply = self.cloud.answer(request)
            case "eventgrid-topic":
                return self.topics.answer(request)
            case "metadata":
                return metadata.answer(request)
            case "unknown":
                return Reply(
                    404,
                    {
                        "error": {
                            "code": "NotFound",
                            "message": f"the simulator serves nothing at {request.path}",
                        }
                    },
                )
        if request.method != "GET" and system != "dns":
            self.settle()
        return reply

    def settle(self) -> None:
        """Set the status of all connections from the allow lists."""
        self.arm.state.settle(self.cloud.access())

    def dump(self) -> Json:
        """Return the current state as a world."""
        return world.World(clickhouse=self.cloud.state, azure=self.arm.state.dump()).model_dump(
            mode="json", by_alias=True
        )


def system_of(path: str) -> System:
    """Return the system of a path."""
    lower = path.lower()
    if lower == "/subscriptions" or lower.startswith("/subscriptions/"):
        return "dns" if _DNS in lower else "arm"
    if lower == "/v1" or lower.startswith("/v1/"):
        return "clickhouse"
    if lower.startswith(metadata.PREFIX):
        return "metadata"
    return "eventgrid-topic" if lower.startswith("/topics/") else "unknown"
