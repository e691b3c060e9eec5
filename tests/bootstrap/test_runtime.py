"""What the runtime builds, and when."""

import subprocess
import sys
from dataclasses import fields

import pytest

from shared.bootstrap import Runtime
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadEndpoint
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.classification import Verdict
from shared.reconciler.reconcile import ReconcileRequest
from simulator.client import RunningSimulator
from tests.support import simulated
from tests.support.real_clients import PE, answering, http_answer

NOWHERE = "https://management.invalid"
UNNEEDED = (
    "shared.adapters.azure.preflight",
    "shared.adapters.eventgrid.outcome_topic",
    "shared.adapters.storage.report_store",
    "shared.adapters.storage.preflight",
    "shared.reports.outcome_publisher",
    "shared.reports.report_json",
    "shared.domain.audit.report_model",
    "shared.domain.preflight.preflight_snapshot",
    "shared.reconciler.preflight_reader",
    "shared.bootstrap.preflight",
)
"""Needed only by audits, preflights, report stores and topics."""


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose environment provides no identity."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


async def test_nothing_is_built_before_it_is_used(sim: RunningSimulator) -> None:
    """A new runtime has nothing to close."""
    runtime = Runtime(simulated.settings(sim.url))
    await runtime.close()
    built = set(vars(runtime)) - {field.name for field in fields(Runtime)}
    assert not built


async def test_azure_is_asked_with_the_identity_of_the_process(sim: RunningSimulator, nobody: None) -> None:
    """Without a token Azure is not called; the pass changes nothing, reports why, and closes every client."""
    runtime = Runtime(simulated.settings(sim.url, AZURE_RESOURCE_MANAGER_URL=NOWHERE))
    clients = runtime.clients
    report = await runtime.reconcile(ReconcileRequest(Targets(frozenset({PE})), dry_run=True), 2.0)
    await runtime.close()
    assert report.plan.verdicts == {PE: Verdict.UNKNOWN}
    failure = report.snapshot.get(ReadEndpoint(PE))
    assert isinstance(failure, ReadFailed)
    assert "EnvironmentCredential" in failure.reason
    assert not {"http", "http_reading", "transport", "_credential"} & set(vars(clients))


@pytest.mark.parametrize(("proxy", "heeded"), [("", False), ("http://proxy.invalid:3128", True)])
async def test_a_proxy_is_heeded_and_nothing_else_looked_for(
    sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch, proxy: str, *, heeded: bool
) -> None:
    """Requests to Azure use the environment only if it names a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    runtime = Runtime(simulated.settings(sim.url))
    transport = runtime.clients.transport
    await transport.open()
    assert transport.session
    assert transport.session.trust_env is heeded
    await runtime.close()


async def test_reports_in_a_container(sim: RunningSimulator) -> None:
    """A REPORT_STORE that is a URL is a blob container, not a folder."""
    with answering(http_answer(200, b'{"schemaVersion": 1}')) as raw:
        runtime = Runtime(simulated.settings(sim.url, REPORT_STORE=f"{raw.url}/account/reports"))
        await runtime.archive.latest()
        await runtime.close()
    assert raw.calls == 1


def test_a_pass_loads_only_what_it_needs(sim: RunningSimulator) -> None:
    """Without a report store or a topic, a pass imports nothing that only those, audits and preflights need."""
    simulated.put_endpoint(sim, {"ClickHouse-Services": "*"})
    script = f"""
import asyncio, sys
import shared.triggers.endpoint_changed
from tests.support.simulated import one_pass
report = asyncio.run(one_pass({sim.url!r}))
print({{o.status.value for o in report.outcomes}}, [name for name in {UNNEEDED} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    assert done.stdout.strip() == "{'done'} []"
