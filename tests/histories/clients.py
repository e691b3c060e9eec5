"""Histories with the real clients against the simulator."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from shared.domain.model.ids import Kind, ResourceId, Scope
from shared.domain.planning.affected_endpoints import Targets
from shared.reconciler.reconcile import ReconcileRequest
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.histories import oracle
from tests.histories.initial_state import Deployment, Truth
from tests.histories.simulated import OWNER, register_by_hand, truth_of
from tests.support.simulated import (
    ALIAS,
    ENDPOINT,
    SECONDS,
    SUBSCRIPTION,
    delete_endpoint,
    named,
    put_endpoint,
    started_runtime,
    writes,
)

OTHER_ALIAS = ALIAS.replace("westus3-0-0", "westus3-1-0")
ENDPOINTS = (ENDPOINT, ENDPOINT.replace("pe-app", "pe-second"))
DEPLOYMENT = Deployment(OWNER, (Scope(SUBSCRIPTION),), (Scope(SUBSCRIPTION),))

endpoints = st.sampled_from(ENDPOINTS)
tags = st.sampled_from(
    [{}, *({"clickhouse-services": text} for text in ("*", "", "analytics", "tag:env=prod", "sandbox"))]
)
faults = st.sampled_from(
    [
        {"status": 500},
        {"status": 429, "headers": {"X-RateLimit-Reset": "0"}},
        {"drop": "before"},
        {"drop": "after"},
        {"status": 403},
    ]
)
systems = st.sampled_from(["arm", "dns", "clickhouse"])
steps = st.one_of(
    st.tuples(st.just("put"), endpoints, tags, st.sampled_from([ALIAS, ALIAS, OTHER_ALIAS])),
    st.tuples(st.just("put"), endpoints, tags, st.just(ALIAS)),
    st.tuples(st.just("delete"), endpoints),
    st.tuples(st.just("event"), endpoints),
    st.tuples(st.just("event"), endpoints),
    st.tuples(st.just("hand"), endpoints),
    st.tuples(st.just("fault"), faults, systems, st.integers(0, 4)),
    st.tuples(st.just("denied"), st.booleans()),
)


class History:
    """One history on a simulator that is reset first."""

    def __init__(self, sim: RunningSimulator) -> None:
        world = deepcopy(demo())
        world["clickhouse"]["services"][2]["privateLinkService"] = OTHER_ALIAS
        sim.reset(world)
        sim.clear_faults()
        self.sim = sim
        self.known: dict[str, ResourceId] = {}
        self.faults: list[dict[str, Any]] = []
        self.denied = False

    async def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("put", str(at), dict(tags), str(alias)):
                created = put_endpoint(self.sim, tags, endpoint=at, alias=alias)
                slot = ResourceId.parse(at, Kind.PRIVATE_ENDPOINT)
                self.known |= {created["properties"]["resourceGuid"].lower(): slot, at.lower(): slot}
            case ("delete", str(at)) if at in self._endpoints():
                delete_endpoint(self.sim, at)
            case ("hand", str(at)) if at in self._endpoints():
                register_by_hand(self.sim, self._endpoints()[at])
            case ("event", str(at)):
                await self._pass_with_faults(named(at))
            case ("fault", dict(fault), str(system), int(skip)):
                self.faults.append({"match": {"system": system}, "skip": skip, **fault})
            case ("denied", bool(denied)):
                self.denied = denied

    def _endpoints(self) -> dict[str, str]:
        return {one["id"]: one["resourceGuid"] for one in self.sim.state()["azure"]["privateEndpoints"]}

    async def settle(self) -> tuple[Truth, Truth]:
        """Return the truth before and after an audit without faults."""
        before = truth_of(self.sim, self.known)
        await self._pass(ReconcileRequest(Targets(everything=True), max_removals=10**6))
        return before, truth_of(self.sim, self.known)

    async def _pass_with_faults(self, request: ReconcileRequest) -> None:
        """Run a pass with the pending faults, and clear them afterwards."""
        self.sim.deny(*([f"/subscriptions/{SUBSCRIPTION}"] if self.denied else []))
        for fault in self.faults:
            self.sim.fault(**fault)
        await self._pass(request)
        self.faults.clear()
        self.sim.clear_faults()
        self.sim.deny()

    async def _pass(self, request: ReconcileRequest) -> None:
        async with started_runtime(self.sim.url) as runtime:
            await runtime.reconcile(request, SECONDS)


async def run_history(run: History, history: list[tuple[object, ...]]) -> None:
    """Run the steps of a history and check the final state with the oracle."""
    for step in history:
        await run.step(step)
    before, after = await run.settle()
    assert oracle.faults_of(oracle.Case(before, after, DEPLOYMENT)) == []
    run.sim.clear_requests()
    await run.settle()
    assert writes(run.sim) == []


histories = st.lists(steps, min_size=2, max_size=8)
