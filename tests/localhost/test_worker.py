import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from localhost.errors import AppError, InvocationFailedError
from localhost.messages import RpcHttp, TypedData
from localhost.worker import Worker


async def test_http(worker: Worker) -> None:
    """An HTTP function runs in the calling process."""
    request = RpcHttp(method="GET", url="http://host/tryout/echo/1/", params={"id": "1"})
    result = await worker.http("echo", request)
    assert result
    assert result.value
    assert result.value.status_code == "200"


async def test_event_grid_and_timer(worker: Worker, in_process: httpx.AsyncClient) -> None:
    """Event Grid and timer functions run in the calling process."""
    await worker.event_grid("changed", {"id": "1", "data": {"size": 1}})
    await worker.timer("tick", {"IsPastDue": True})
    calls = (await in_process.get("/tryout/calls")).json()
    assert [call["function"] for call in calls] == ["changed", "tick"]
    assert calls[1]["past_due"] is True


async def test_failure(worker: Worker) -> None:
    """An exception in a function raises InvocationFailedError with its message and traceback."""
    with pytest.raises(InvocationFailedError, match=r"Functions\.changed RuntimeError: simulated failure") as error:
        await worker.event_grid("changed", {"id": "1", "data": {"fail": True}})
    assert 'raise RuntimeError("simulated failure")' in error.value.trace


async def test_one_app_at_a_time(worker: Worker, apps: Path) -> None:
    """A second app in the same process is rejected while the first runs; the first continues."""
    with pytest.raises(AppError, match="one app at a time"):
        await Worker(apps / "unset").start()
    await worker.timer("yearly")


async def test_one_app_after_the_other(apps: Path) -> None:
    """A stop removes the app's module and path; another app, or the same one, can start."""
    path = list(sys.path)
    for name in ("sample", "unset", "sample"):
        async with Worker(apps / name, {}) as worker:
            assert worker.functions
            assert sys.modules["function_app"].__file__ == str(apps / name / "function_app.py")
    assert sys.path == path
    assert "function_app" not in sys.modules


async def test_broken_app(apps: Path) -> None:
    """A failed import raises AppError with the traceback; another app can start."""
    with pytest.raises(AppError, match="KeyError: 'REGION'") as error:
        await Worker(apps / "broken").start()
    assert 'REGION = SETTINGS["REGION"]' in error.value.trace
    async with Worker(apps / "sample", {}):
        pass


async def test_missing_module(tmp_path: Path) -> None:
    """The error for a missing module contains only its name."""
    (tmp_path / "function_app.py").write_text("import nosuch")
    with pytest.raises(AppError, match=r"ModuleNotFoundError: No module named 'nosuch'$"):
        await Worker(tmp_path).start()


async def test_no_app(tmp_path: Path) -> None:
    """A directory without an app is rejected."""
    with pytest.raises(AppError, match=r"has no function_app\.py"):
        await Worker(tmp_path).start()


async def test_functions_in_error(apps: Path) -> None:
    """A missing setting, schedule or route error excludes only its own function."""
    async with Worker(apps / "unset", {}) as worker:
        assert list(worker.functions) == ["healthy"]
        assert worker.errors == {
            "audit": "'%AUDIT_SCHEDULE%' does not resolve to a value; set AUDIT_SCHEDULE",
            "bad_schedule": "schedule 'every now and then' is not an NCRONTAB expression: Wrong number of fields",
            "bad_route": worker.errors["bad_route"],
        }
        assert worker.errors["bad_route"].startswith("route constraint 'even' is not supported")


async def test_stop_waits(apps: Path) -> None:
    """A stop waits for running invocations."""
    worker = await Worker(apps / "sample", {}).start()
    task = worker.begin("slow", _slow(0.2))
    assert await worker.stop() == []
    result = (await task).return_value
    assert result
    assert result.value
    assert result.value.body.value == b"done"


async def test_stop_cancels_after_the_grace_period(apps: Path) -> None:
    """After the grace period a stop cancels and returns the invocations that have not ended."""
    worker = await Worker(apps / "sample", {}).start()
    task = worker.begin("slow", _slow(60))
    assert await worker.stop(grace=0.1) == ["slow"]
    assert task.cancelled()


async def test_caller_cancelled(worker: Worker) -> None:
    """An invocation continues after its caller is cancelled."""
    caller = asyncio.create_task(worker.invoke("slow", _slow(0.2)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert worker.current_function() is None
    assert await worker.stop() == []


def _slow(seconds: float) -> TypedData:
    return TypedData(http=RpcHttp(method="GET", query={"seconds": str(seconds)}))
