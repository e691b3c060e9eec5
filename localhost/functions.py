"""The functions of an app: what the worker found, made ready to be served."""

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
        """The one binding that makes the function run."""
        return next(binding for binding in self.bindings if binding["type"].lower().endswith("trigger"))

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])

    @property
    def argument(self) -> str:
        return str(self.trigger["name"])

    @cached_property
    def route(self) -> Route:
        """Where an HTTP function listens; without a route of its own, at its name."""
        return Route.parse(self.trigger.get("route") or self.name, self.trigger.get("methods"))

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.trigger["schedule"])

    def check(self) -> None:
        """Raise `ValueError` where the worker is content but the host would not be."""
        if self.kind == HTTP:
            _ = self.route
        elif self.kind == TIMER:
            _ = self.schedule


def catalogue(
    found: Iterable[RpcFunctionMetadata], settings: Mapping[str, str]
) -> tuple[dict[str, Function], dict[str, str]]:
    """The functions that can be served, and for each of the others why not."""
    functions, errors = {}, {}
    for metadata in found:
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
