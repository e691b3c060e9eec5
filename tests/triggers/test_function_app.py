"""The function app on Microsoft's own worker, in a process with nothing in its environment."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.paths import ROOT

FUNCTIONS = {
    "audit": "timerTrigger",
    "endpoint_changed": "eventGridTrigger",
    "health": "httpTrigger",
    "status": "httpTrigger",
    "sync": "httpTrigger",
}
SLOW = (
    "azure.mgmt",
    "azure.identity",
    "azure.core",
    "httpx",
    "pydantic",
    "aiohttp",
    "stamina",
    "shared.triggers.endpoint_changed",
)

SCRIPT = """
import asyncio, json, os, sys

def loaded():
    return sorted(name for name in {slow} if name in sys.modules)

async def main():
    # Imported first, so that the local host's own imports do not count.
    from localhost.worker import Worker
    before = loaded()
    results = {{"environment": sorted(os.environ), "before": before}}
    async with Worker({root!r}, {{"AUDIT_SCHEDULE": "0 0 0 1 1 *"}}) as worker:
        results["errors"] = dict(worker.errors)
        results["functions"] = {{name: function.kind for name, function in worker.functions.items()}}
        results["indexed"] = loaded()
        for event in {events}:
            await worker.event_grid("endpoint_changed", event)
        results["irrelevant"] = loaded()
        try:
            await worker.event_grid("endpoint_changed", {relevant})
        except Exception as error:
            results["relevant"] = str(error)
    print(json.dumps(results))

asyncio.run(main())
"""
WRITE = "Microsoft.Network/privateEndpoints/write"
WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
AT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.Network/privateEndpoints/pe1"
)


def event(kind: str, operation: str, at: str, **cloud: str) -> dict[str, Any]:
    names = {"type": kind, "source": "/s", **cloud} if cloud else {"eventType": kind, "topic": "/s"}
    return {"id": "1", "subject": at, "data": {"operationName": operation, "resourceUri": at}, **names}


IRRELEVANT = [
    event("Microsoft.Resources.ResourceWriteFailure", WRITE, AT),
    event(WRITTEN, "Microsoft.Network/virtualNetworks/write", AT),
    event(WRITTEN, WRITE, "/subscriptions/x"),
    event(WRITTEN, WRITE, "/subscriptions/x", specversion="1.0"),
    {"id": "1"},
    {"id": "1", "specversion": "1.0"},
]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """The results of indexing the app and of the first events in an empty environment."""
    script = SCRIPT.format(slow=SLOW, root=str(ROOT), events=IRRELEVANT, relevant=event(WRITTEN, WRITE, AT))
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def test_all_functions(results: dict[str, Any]) -> None:
    """In an empty environment all functions are found, each with its trigger, and none is in error."""
    assert results["errors"] == {}
    assert FUNCTIONS.items() <= results["functions"].items()


def test_nothing_slow_is_imported(results: dict[str, Any]) -> None:
    """Neither indexing nor an event that concerns nobody imports an SDK, or anything that is slow."""
    assert results["indexed"] == results["before"]
    assert results["irrelevant"] == results["before"]
    assert results["before"] == []


def test_missing_settings_are_reported_when_they_are_needed(results: dict[str, Any]) -> None:
    """The first event that needs settings fails, so that it is delivered again, and names all that is missing."""
    for name in ("CLICKHOUSE_ORG_ID", "CLICKHOUSE_CLOUD_API_SECRET", "OWNER_ID", "ENDPOINT_SCOPES"):
        assert f"{name} is not set. Remedy: " in results["relevant"]
