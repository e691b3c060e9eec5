"""The rights that are given are the rights that are needed: templates, table and calls tell the same."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from shared.adapters.azure.policies import USER_AGENT
from shared.domain.planning.affected_endpoints import Targets
from shared.domain.planning.policy import Policy
from shared.reconciler.reconcile import ReconcileRequest
from shared.triggers.health import check
from simulator.client import RunningSimulator
from simulator.server import running
from simulator.wire import Json
from simulator.worldfile import demo
from tests.support.bicep import INFRA, Template, needs_checker
from tests.support.simulated import (
    SECONDS,
    SUBSCRIPTION,
    delete_endpoint,
    one_pass,
    put_endpoint,
    started_runtime,
    subscribe,
    webhook,
)

TABLE = (INFRA.parent / "docs" / "permissions.md").read_text()
ROLES = json.loads((INFRA / "roles.json").read_text())
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dns"
TAG = {"clickhouse-services": "*"}
NETWORK = "Microsoft.Network"
VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
# What Azure checks on another resource than the one in the path: the call, and the action.
ON_OTHERS = {
    "PUT privateDnsZones/{name}/virtualNetworkLinks/{name}": "Microsoft.Network/virtualNetworks/join/action",
}

type Call = tuple[str, str]
"""The provider, and the call as the table writes it."""


def call_of(entry: Mapping[str, Any]) -> Call:
    """The call in a request log's entry, without scope and names: `GET privateDnsZones/{name}/A`."""
    provider, *parts = entry["path"].rpartition("/providers/")[2].split("/")
    names = ["{name}" if index % 2 else part for index, part in enumerate(parts)]
    return provider, f"{entry['method']} {'/'.join(names)}"


def actions_of(call: Call) -> set[str]:
    """The actions that ARM asks for before it carries out a call."""
    provider, told = call
    method, path = told.split(" ")
    kinds = path.replace("/{name}", "")
    also = {ON_OTHERS[told]} if told in ON_OTHERS else set()
    return {f"{provider}/{kinds}/{VERBS[method]}", *also}


def rows() -> list[tuple[str, str, set[str]]]:
    """Action, role and calls of each row of the table."""
    found = re.findall(r"^\| `(\w+\.\w+/[\w/]+)` \| `(\w+)` \| (.*) \|$", TABLE, re.MULTILINE)
    calls = re.compile(r"`((?:GET|PUT|DELETE|POST) [^`]+)`")
    return [(action, role, set(calls.findall(told))) for action, role, told in found]


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


def slow_zones(sim: RunningSimulator) -> None:
    """From now on zones and links are made as in Azure: told as accepted, with an address to ask."""
    for path in (r"privateDnsZones/[^/]+$", r"virtualNetworkLinks/[^/]+$"):
        status = f"{sim.url}{GROUP}/providers/{NETWORK}/privateDnsOperationStatuses/an-operation"
        headers = {"Azure-AsyncOperation": status, "Retry-After": "0"}
        sim.fault(match={"method": "PUT", "path": path}, status=202, body={}, headers=headers)
    succeeded = {"status": "Succeeded"}
    sim.fault(match={"path": "privateDnsOperationStatuses"}, status=200, body=succeeded, count=None)


async def live(sim: RunningSimulator) -> None:
    """An endpoint's whole life: creation, update, an audit of everything, deletion."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    async with started_runtime(sim.url) as runtime:
        await runtime.reconcile(ReconcileRequest(Targets(everything=True), policy=Policy.SYNC), SECONDS)
    delete_endpoint(sim)
    await one_pass(sim.url)


async def inspect(sim: RunningSimulator) -> None:
    """A preflight, with an event subscription and a zone's group that does not give the right to write."""
    with webhook() as url:
        subscribe(sim, url)
        sim.deny({"scope": GROUP, "type": "privateDnsZones/A", "access": "write"})
        async with started_runtime(sim.url) as runtime:
            await check(runtime)
    sim.deny()


async def linger(sim: RunningSimulator) -> None:
    """A creation in which the making of zone or link takes its time, as it does in Azure."""
    slow_zones(sim)
    put_endpoint(sim, TAG)
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)


def worlds() -> list[Json]:
    """One with everything there, one whose zone is linked to no network, and one without a zone."""
    linked, unlinked, empty = demo(), deepcopy(demo()), deepcopy(demo())
    unlinked["azure"]["privateDnsZones"][0]["links"] = []
    empty["azure"]["privateDnsZones"] = []
    return [linked, unlinked, empty]


async def calls(sim: RunningSimulator) -> set[Call]:
    """Every kind of call that the product makes to ARM, seen while it does all it can do."""
    seen: set[Call] = set()
    for world, story in itertools.product(worlds(), (live, linger, inspect)):
        sim.reset(world)
        await story(sim)
        sim.clear_faults()
        made = [one for one in sim.requests() if one["path"].startswith("/subscriptions/")]
        seen |= {call_of(one) for one in made if one["headers"].get("user-agent") == USER_AGENT}
    return seen


async def test_every_call_has_its_action_and_every_action_its_call(sim: RunningSimulator) -> None:
    """The roles hold what the calls ask for, no action less and none more."""
    needed = {action for call in await calls(sim) for action in actions_of(call)}
    assert needed == {action for role in ROLES.values() for action in role["actions"]}


async def test_the_table_names_the_calls_that_are_made(sim: RunningSimulator) -> None:
    """Each row's calls were seen and ask for its action, and every call that was seen stands in a row."""
    seen = await calls(sim)
    for action, _, told in rows():
        assert {call[1] for call in seen if action in actions_of(call)} == told, action
    assert {call for _, call in seen} == {call for _, _, told in rows() for call in told}


def test_the_table_is_the_roles() -> None:
    """The table tells each action of each role once, and under that role."""
    told = [(action, role) for action, role, _ in rows()]
    assert sorted(told) == sorted(
        (action, name) for name, role in ROLES.items() for action in role["actions"]
    )


def test_no_role_has_a_wildcard_or_a_right_to_give_rights() -> None:
    """Every action is one action of a resource that the product is about."""
    for role in ROLES.values():
        assert role["actions"] == sorted(role["actions"], key=str.lower)
        for action in role["actions"]:
            assert re.fullmatch(
                r"Microsoft\.Network(/\w+)+/(read|write|delete|action)|Microsoft(\.\w+)(/\w+)+/read", action
            )


@needs_checker
def test_every_role_is_given_and_nothing_else() -> None:
    """main.bicep gives just the roles of roles.json, and the rights to make zones only where one may be made."""
    granted = Template("main.bicep").value("var", "granted")
    assert [one["role"] for one in granted] == list(ROLES)
    scopes = {one["role"]: one["scopes"] for one in granted}
    assert scopes["endpoints"] == "union(endpointsAt, [])"
    assert scopes["records"] == "union(zonesAt, madeAt)"
    assert scopes["zones"] == "madeAt"
    no_link = "empty(madeAt) || dnsZoneChoice == 'central'"  # central zones are linked by hand
    assert scopes["networks"] == f"{no_link} ? [] : union(networksAt, [])"
    subscriptions = "map(endpointsAt, scope => '/subscriptions/${split(scope, '/')[2]}')"
    assert scopes["preflight"] == f"union({subscriptions}, zonesAt, madeAt)"


def test_every_built_in_role_stands_in_the_table() -> None:
    """The built-in roles that templates assign are those of the table, by id and by name."""
    told = dict(re.findall(r"^\| ([\w ]+) \| `([0-9a-f-]{36})` \|", TABLE, re.MULTILINE))
    used: dict[str, str] = {}
    for path in sorted(INFRA.rglob("*.bicep")):
        used |= {name: id_ for id_, name in re.findall(r"= '([0-9a-f-]{36})' // (.+)", path.read_text())}
        for assigned in re.findall(r"roleDefinitions', (\S+)\)", path.read_text()):
            assert f"var {assigned} = '" in path.read_text(), f"{path.name} assigns a role without its name"
    assert used == told
    assert not {"Owner", "Contributor", "User Access Administrator"} & set(used)
