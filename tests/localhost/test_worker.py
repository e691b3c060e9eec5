import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from localhost.errors import AppError, InvocationFailedError
from localhost.messages import RpcHttp, TypedData
from localhost.worker import Worker


async def test_http(worker: Worker) -> None:
    """An HTTP function is invoked in this process."""
    request = RpcHttp(method="GET", url="http://host/tryout/echo/1/", params={"id": "1"})
    returned = await worker.http("echo", request)
    assert returned
    assert returned.value
    assert returned.value.status_code == "200"


async def test_event_grid_and_timer(worker: Worker, inside: httpx.AsyncClient) -> None:
    """Event Grid and timer functions are invoked in this process; the ASGI app shows what they noted."""
    await worker.event_grid("changed", {"id": "1", "data": {"size": 1}})
    await worker.timer("tick", {"IsPastDue": True})
    notes = (await inside.get("/tryout/seen")).json()
    assert [note["function"] for note in notes] == ["changed", "tick"]
    assert notes[1]["past_due"] is True


async def test_failure(worker: Worker) -> None:
    """What a function raises comes back as a failure with its message and trace."""
    with pytest.raises(
        InvocationFailedError, match=r"Functions\.changed RuntimeError: asked to fail"
    ) as caught:
        await worker.event_grid("changed", {"id": "1", "data": {"fail": True}})
    assert 'raise RuntimeError("asked to fail")' in caught.value.trace


async def test_one_app_at_a_time(worker: Worker, apps: Path) -> None:
    """A second app in the same process is refused while the first runs, and the first runs on."""
    with pytest.raises(AppError, match="one app per process"):
        await Worker(apps / "unset").start()
    await worker.timer("yearly")


async def test_one_app_after_the_other(apps: Path) -> None:
    """A stopped app leaves no module and no path behind, and another, or the same anew, may follow."""
    path = list(sys.path)
    for name in ("sample", "unset", "sample"):
        async with Worker(apps / name, {}) as worker:
            assert worker.functions
            assert sys.modules["function_app"].__file__ == str(apps / name / "function_app.py")
    assert sys.path == path
    assert "function_app" not in sys.modules


async def test_broken_app(apps: Path) -> None:
    """An app that fails at import says so with its trace, and the next may start all the same."""
    with pytest.raises(AppError, match="KeyError: 'REGION'") as caught:
        await Worker(apps / "broken").start()
    assert 'REGION = SETTINGS["REGION"]' in caught.value.trace
    async with Worker(apps / "sample", {}):
        pass


async def test_missing_module(tmp_path: Path) -> None:
    """A module that is missing is named, without further advice."""
    (tmp_path / "function_app.py").write_text("import nosuch")
    with pytest.raises(AppError, match=r"ModuleNotFoundError: No module named 'nosuch'$"):
        await Worker(tmp_path).start()


async def test_no_app(tmp_path: Path) -> None:
    """A directory without an app says so."""
    with pytest.raises(AppError, match=r"no function_app.py in "):
        await Worker(tmp_path).start()


async def test_functions_in_error(apps: Path) -> None:
    """A function with a missing setting, a bad schedule or a bad route is in error by name; the others are served."""
    async with Worker(apps / "unset", {}) as worker:
        assert list(worker.functions) == ["well"]
        assert worker.errors == {
            "audit": "'%AUDIT_SCHEDULE%' does not resolve to a value; set AUDIT_SCHEDULE",
            "vague": "schedule 'every now and then' is no NCRONTAB expression: Wrong number of fields",
            "even": worker.errors["even"],
        }
        assert worker.errors["even"].startswith("route constraint 'even' is not known here")


async def test_stop_waits(apps: Path) -> None:
    """Stopping waits for invocations under way."""
    worker = await Worker(apps / "sample", {}).start()
    task = worker.begin("slow", _slow(0.2))
    assert await worker.stop() == []
    returned = (await task).return_value
    assert returned
    assert returned.value
    assert returned.value.body.value == b"done"


async def test_stop_gives_up(apps: Path) -> None:
    """Stopping waits only so long; the invocation that did not end is cancelled and named."""
    worker = await Worker(apps / "sample", {}).start()
    task = worker.begin("slow", _slow(60))
    assert await worker.stop(grace=0.1) == ["slow"]
    assert task.cancelled()


async def test_caller_cancelled(worker: Worker) -> None:
    """An invocation goes on when the one who asked for it has gone."""
    caller = asyncio.create_task(worker.invoke("slow", _slow(0.2)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert worker.current_function() is None
    assert await worker.stop() == []


def _slow(seconds: float) -> TypedData:
    return TypedData(http=RpcHttp(method="GET", query={"seconds": str(seconds)}))
