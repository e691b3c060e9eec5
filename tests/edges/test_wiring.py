"""What the wiring builds, and when."""

from dataclasses import fields

import pytest

from shared.domain.model import Unreadable
from shared.domain.targets import Targets
from shared.domain.verdicts import Verdict
from shared.domain.world import ReadEndpoint
from shared.reconcile import Order
from shared.wiring import Wiring
from simulator.client import RunningSimulator
from tests.support import simulated
from tests.support.edges import PE

NOWHERE = "https://management.invalid"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process to which only its environment could give an identity, and gives none."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


async def test_nothing_is_built_before_it_is_used(sim: RunningSimulator) -> None:
    """A wiring of a process that has done nothing yet has nothing to close."""
    wiring = Wiring(simulated.settings(sim.url))
    await wiring.close()
    built = set(vars(wiring)) - {field.name for field in fields(Wiring)}
    assert not built


async def test_azure_is_asked_with_the_identity_of_the_process(sim: RunningSimulator, nobody: None) -> None:
    """Azure itself is not asked without a token; the pass decides nothing then, says why, and closes all it made."""
    wiring = Wiring(simulated.settings(sim.url, AZURE_RESOURCE_MANAGER_URL=NOWHERE))
    report = await wiring.reconcile(Order(Targets(frozenset({PE})), dry_run=True), 2.0)
    await wiring.close()
    assert report.plan.verdicts == {PE: Verdict.UNKNOWN}
    told = report.world.get(ReadEndpoint(PE))
    assert isinstance(told, Unreadable)
    assert "EnvironmentCredential" in told.reason
    assert not {"http", "_http_reading", "transport", "_credential"} & set(vars(wiring))
