"""The functions of an app, from the metadata that the worker returns."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localhost.messages import RpcFunctionMetadata
from localhost.routes import Route
from localhost.schedule import Schedule
from localhost.settings import resolve

EVENT_GRID, HTTP, TIMER = "eventGridTrigger", "httpTrigger", "timerTrigger"
SERVED = {EVENT_GRID, HTTP, TIMER}


@dataclass(frozen=True)
class Function:
    name: str
    id: str
    script: str
    bindings: tuple[Mapping[str, Any], ...]

    @cached_property
    def trigger(self) -> Mapping[str, Any]:
        """The trigger binding."""
        return next(binding for binding in self.bindings if binding["type"].lower().endswith("trigger"))

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])

    @property
    def argument(self) -> str:
        return str(self.trigger["name"])

    @cached_property
    def route(self) -> Route:
        """The route of an HTTP function; by default its name."""
        return Route.parse(self.trigger.get("route") or self.name, self.trigger.get("methods"))

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.trigger["schedule"])

    def check(self) -> None:
        """Raise `ValueError` for a binding that the worker accepts but the Functions host rejects."""
        if self.kind == HTTP:
            _ = self.route
        elif self.kind == TIMER:
            _ = self.schedule


def catalogue(
    indexed: Iterable[RpcFunctionMetadata], settings: Mapping[str, str]
) -> tuple[dict[str, Function], dict[str, str]]:
    """Return the functions that can be served, and the error of each of the others."""
    functions, errors = {}, {}
    for metadata in indexed:
        try:
            function = _function(metadata, settings)
            function.check()
        except ValueError as error:
            errors[metadata.name] = str(error)
        else:
            functions[function.name] = function
    return functions, errors


def _function(metadata: RpcFunctionMetadata, settings: Mapping[str, str]) -> Function:
    bindings = tuple(resolve(json.loads(raw), settings) for raw in metadata.raw_bindings)
    return Function(metadata.name, metadata.function_id, metadata.script_file, bindings)
