"""Runs Microsoft's Python worker library in this process."""

import asyncio
import json
import logging
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, ClassVar, Self

import azure_functions_runtime as runtime  # type: ignore[import-untyped] # Microsoft ships it without types

from localhost import messages
from localhost.app_module import AppModule
from localhost.errors import AppError, InvocationFailedError
from localhost.functions import Function, catalogue
from localhost.messages import InvocationRequest, InvocationResponse, RpcHttp, TypedData
from localhost.settings import route_prefix

log = logging.getLogger(__name__)

CANCEL_SECONDS = 1.0
TROUBLESHOOTING_TEXT = ". Cannot find module. Please check"


class Worker:
    """One function app, indexed and run by the worker library.

    The library keeps its state in module globals, so a process runs one app at a time: starting a second one
    raises `AppError`. After a stop, another app can start.
    """

    _started: ClassVar["Worker | None"] = None

    def __init__(self, app_dir: Path | str, settings: Mapping[str, str] | None = None) -> None:
        """`settings` resolve `%NAME%` in bindings; default: the environment."""
        self.app_dir = Path(app_dir).resolve()
        self.settings = dict(os.environ if settings is None else settings)
        self.functions: dict[str, Function] = {}
        self.errors: dict[str, str] = {}
        self.route_prefix = ""
        self._module = AppModule(self.app_dir)
        self._running: dict[str, tuple[Function, asyncio.Task[InvocationResponse]]] = {}

    async def start(self) -> Self:
        """Import the app and index its functions. A failed import raises `AppError` with the traceback."""
        if Worker._started:
            raise AppError(f"this process already runs {Worker._started.app_dir}; a process runs one app at a time")
        if not self._module.script.is_file():
            raise AppError(f"{self.app_dir} has no {self._module.script.name}")
        self.route_prefix = route_prefix(self.app_dir)
        Worker._started = self
        self._module.enter()
        runtime.start_threadpool_executor()
        try:
            self.functions, self.errors = catalogue(await self._index(), self.settings)
        except BaseException:
            await self.stop()
            raise
        return self

    async def stop(self, grace: float = 10.0) -> list[str]:
        """Wait for running invocations, then cancel and return those that have not ended after `grace` seconds.

        Threads cannot be cancelled, so a returned invocation may still be running.
        """
        if Worker._started is not self:
            return []
        unfinished = await self._drain(grace)
        if unfinished:
            runtime.get_threadpool_executor().shutdown(wait=False, cancel_futures=True)
        else:
            await asyncio.to_thread(runtime.stop_threadpool_executor)
        self._module.leave()
        Worker._started = None
        return unfinished

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def http(self, name: str, request: RpcHttp) -> TypedData | None:
        """Run an HTTP function and return its result."""
        return (await self.invoke(name, TypedData(http=request))).return_value

    async def event_grid(self, name: str, event: Mapping[str, Any]) -> None:
        """Pass one event, in either schema, to an Event Grid function."""
        await self.invoke(name, TypedData(json=json.dumps(event)))

    async def timer(self, name: str, timer: Mapping[str, Any] | None = None) -> None:
        """Run a timer function; `timer` is the host's data (`IsPastDue`, `ScheduleStatus`)."""
        await self.invoke(name, TypedData(json=json.dumps(timer or {})))

    async def invoke(self, name: str, data: TypedData) -> InvocationResponse:
        """Run a function to its end, even if the caller is cancelled. Raises `InvocationFailedError`."""
        response = await asyncio.shield(self.begin(name, data))
        if failure := response.result.exception:
            raise InvocationFailedError(name, failure.message, failure.stack_trace)
        return response

    def begin(self, name: str, data: TypedData) -> asyncio.Task[InvocationResponse]:
        """Start an invocation in the background. A failure is in the response and in the log."""
        function, invocation_id = self.functions[name], str(uuid.uuid4())
        task = asyncio.create_task(self._run(function, invocation_id, data), name=name)
        self._running[invocation_id] = function, task
        task.add_done_callback(lambda _task: self._running.pop(invocation_id))
        return task

    def current_function(self) -> str | None:
        """Return the function that the current coroutine or worker thread runs."""
        running = self._running.get(runtime.invocation_id_cv.get())
        return running[0].name if running else None

    async def _run(self, function: Function, invocation_id: str, data: TypedData) -> InvocationResponse:
        # The worker sets this for threads; the host sets it for coroutines.
        runtime.invocation_id_cv.set(invocation_id)
        log.info("Executing 'Functions.%s' (Id=%s)", function.name, invocation_id)
        start_time = time.monotonic()
        response: InvocationResponse = await runtime.invocation_request(
            _envelope(invocation_request=_invocation(function, invocation_id, data))
        )
        _report(function, response, time.monotonic() - start_time)
        return response

    async def _index(self) -> list[messages.RpcFunctionMetadata]:
        init = SimpleNamespace(capabilities={}, function_app_directory=str(self.app_dir))
        response: messages.WorkerInitResponse = await runtime.worker_init_request(
            _envelope({"protos": messages, "host": "127.0.0.1"}, worker_init_request=init)
        )
        script = self._module.script
        if failure := response.result.exception:
            # For a missing module, the library appends advice about Azure and sys.path to the cause.
            message, trace = (
                text.partition(TROUBLESHOOTING_TEXT)[0] for text in (failure.message, failure.stack_trace)
            )
            raise AppError(f"{script} cannot be loaded: {message}", trace)
        if "HttpUri" in response.capabilities:
            raise AppError(
                f"{script} uses HTTP streaming (the fastapi extension), which the local host does not support"
            )
        indexed: messages.FunctionMetadataResponse = await runtime.functions_metadata_request(_envelope())
        return list(indexed.function_metadata_results or ())

    async def _drain(self, grace: float) -> list[str]:
        running = {task for _function, task in self._running.values()}
        if not running:
            return []
        _done, unfinished = await asyncio.wait(running, timeout=grace)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=CANCEL_SECONDS)
        return sorted(task.get_name() for task in unfinished)


def _envelope(properties: Mapping[str, Any] | None = None, **request: Any) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(**request), properties=properties or {})


def _invocation(function: Function, invocation_id: str, data: TypedData) -> InvocationRequest:
    trace = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    argument = messages.ParameterBinding(function.argument, data)
    return InvocationRequest(invocation_id, function.id, [argument], messages.TraceContext(trace))


def _report(function: Function, response: InvocationResponse, seconds: float) -> None:
    for output in response.output_data:
        log.warning("Output binding '%s' of '%s' is not delivered by the local host", output.name, function.name)
    failure = response.result.exception
    status = "Failed" if failure else "Succeeded"
    run = f"({status}, Id={response.invocation_id}, Duration={seconds * 1000:.0f}ms)"
    if failure:
        trace = failure.stack_trace.rstrip()
        log.error("Executed 'Functions.%s' %s: %s\n%s", function.name, run, failure.message, trace)
    else:
        log.info("Executed 'Functions.%s' %s", function.name, run)
