"""Templates, documentation and calls to Azure name the same permissions."""

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
from shared.triggers.health import run_preflight
from simulator.client import RunningSimulator
from simulator.server import running
from simulator.wire import Json
from simulator.worldfile import demo
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
from tests.support.snapshots import INFRA, cases, snapshot

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
    """The actions that ARM requires for a call."""
    provider, request = call
    method, path = request.split(" ")
    kinds = path.replace("/{name}", "")
    also = {ON_OTHERS[request]} if request in ON_OTHERS else set()
    return {f"{provider}/{kinds}/{VERBS[method]}", *also}


def rows() -> list[tuple[str, str, set[str]]]:
    """Action, role and calls of each row of the table."""
    found = re.findall(r"^\| `(\w+\.\w+/[\w/]+)` \| `(\w+)` \| (.*) \|$", TABLE, re.MULTILINE)
    calls = re.compile(r"`((?:GET|PUT|DELETE|POST) [^`]+)`")
    return [(action, role, set(calls.findall(text))) for action, role, text in found]


@pytest.fixture(scope="module")
def sim() -> Iterator[RunningSimulator]:
    with running() as simulator:
        yield simulator


def slow_zones(sim: RunningSimulator) -> None:
    """From now on zones and links are created as in Azure: accepted, with the address of an operation status."""
    for path in (r"privateDnsZones/[^/]+$", r"virtualNetworkLinks/[^/]+$"):
        status = f"{sim.url}{GROUP}/providers/{NETWORK}/privateDnsOperationStatuses/an-operation"
        headers = {"Azure-AsyncOperation": status, "Retry-After": "0"}
        sim.fault(match={"method": "PUT", "path": path}, status=202, body={}, headers=headers)
    succeeded = {"status": "Succeeded"}
    sim.fault(match={"path": "privateDnsOperationStatuses"}, status=200, body=succeeded, count=None)


async def live(sim: RunningSimulator) -> None:
    """The life of an endpoint: creation, update, an audit of everything, deletion."""
    put_endpoint(sim, TAG)
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)
    async with started_runtime(sim.url) as runtime:
        await runtime.reconcile(ReconcileRequest(Targets(everything=True), policy=Policy.SYNC), SECONDS)
    delete_endpoint(sim)
    await one_pass(sim.url)


async def inspect(sim: RunningSimulator) -> None:
    """A preflight, with an event subscription, and without write permission on the resource group of a zone."""
    with webhook() as url:
        subscribe(sim, url)
        sim.deny({"scope": GROUP, "type": "privateDnsZones/A", "access": "write"})
        async with started_runtime(sim.url) as runtime:
            await run_preflight(runtime)
    sim.deny()


async def linger(sim: RunningSimulator) -> None:
    """A creation in which zone and link take time to create, as in Azure."""
    slow_zones(sim)
    put_endpoint(sim, TAG)
    await one_pass(sim.url, DNS_ZONE_RESOURCE_GROUP=GROUP)


def worlds() -> list[Json]:
    """One with everything, one whose zone is linked to no network, and one without a zone."""
    linked, unlinked, empty = demo(), deepcopy(demo()), deepcopy(demo())
    unlinked["azure"]["privateDnsZones"][0]["links"] = []
    empty["azure"]["privateDnsZones"] = []
    return [linked, unlinked, empty]


async def calls(sim: RunningSimulator) -> set[Call]:
    """Every kind of call that the app makes to ARM in all of these runs."""
    seen: set[Call] = set()
    for world, story in itertools.product(worlds(), (live, linger, inspect)):
        sim.reset(world)
        await story(sim)
        sim.clear_faults()
        made = [one for one in sim.requests() if one["path"].startswith("/subscriptions/")]
        seen |= {call_of(one) for one in made if one["headers"].get("user-agent") == USER_AGENT}
    return seen


async def test_every_call_has_its_action_and_every_action_its_call(sim: RunningSimulator) -> None:
    """The roles have exactly the actions that the calls require."""
    needed = {action for call in await calls(sim) for action in actions_of(call)}
    assert needed == {action for role in ROLES.values() for action in role["actions"]}


async def test_the_table_names_the_calls_that_are_made(sim: RunningSimulator) -> None:
    """The calls of each row are made and require its action, and every call that is made is in a row."""
    seen = await calls(sim)
    for action, _, documented in rows():
        assert {call[1] for call in seen if action in actions_of(call)} == documented, action
    assert {call for _, call in seen} == {call for _, _, documented in rows() for call in documented}


def test_the_table_is_the_roles() -> None:
    """The table contains each action of each role once, with that role."""
    documented = [(action, role) for action, role, _ in rows()]
    assert sorted(documented) == sorted((action, name) for name, role in ROLES.items() for action in role["actions"])


def test_no_role_has_a_wildcard_or_a_right_to_give_rights() -> None:
    """Every action is an action of one resource type, without wildcards."""
    for role in ROLES.values():
        assert role["actions"] == sorted(role["actions"], key=str.lower)
        for action in role["actions"]:
            assert re.fullmatch(
                r"Microsoft\.Network(/\w+)+/(read|write|delete|action)|Microsoft(\.\w+)(/\w+)+/read", action
            )


def test_the_custom_roles_are_those_of_the_file() -> None:
    """Every custom role of every snapshot has the actions of a role in roles.json, and each is used in one."""
    known = [role["actions"] for role in ROLES.values()]
    used = [
        role["properties"]["permissions"][0]["actions"]
        for case in cases()
        for role in snapshot(case.stem).of("Microsoft.Authorization/roleDefinitions")
    ]
    assert all(actions in known for actions in used)
    assert all(actions in used for actions in known)


def test_no_role_is_assigned_on_request() -> None:
    """roleAssignments none: others make every assignment. own: only those on the resources of the deployment."""
    assert snapshot("own-resources").assignments() == set()
    assert all("/resourceGroups/rg-demo/" in scope for _, scope in snapshot("private").assignments())


def test_every_built_in_role_stands_in_the_table() -> None:
    """The built-in roles that the templates assign are those of the table, by id and name."""
    documented = dict(re.findall(r"^\| ([\w ]+) \| `([0-9a-f-]{36})` \|", TABLE, re.MULTILINE))
    used: dict[str, str] = {}
    for path in sorted(INFRA.rglob("*.bicep")):
        used |= {name: id_ for id_, name in re.findall(r"= '([0-9a-f-]{36})' // (.+)", path.read_text())}
        for assigned in re.findall(r"roleDefinitions', (\S+)\)", path.read_text()):
            assert f"var {assigned} = '" in path.read_text(), f"{path.name} assigns a role without its name"
    assert used == documented
    assert not {"Owner", "Contributor", "User Access Administrator"} & set(used)


def test_every_built_in_role_is_listed_for_others() -> None:
    """OWN_ROLE_ASSIGNMENTS lists each role that the templates assign on the resources of the deployment."""
    documented = dict(re.findall(r"^\| ([\w ]+) \| `([0-9a-f-]{36})` \|", TABLE, re.MULTILINE))
    for case in ("default", "settings"):
        listed = re.findall(r"'role', '([\w ]+)'", snapshot(case).outputs["OWN_ROLE_ASSIGNMENTS"])
        assigned = [role.rpartition("/")[2] for role, _ in snapshot(case).assignments()]
        built_in = sorted(role for role in assigned if role in documented.values())
        assert sorted(documented[name] for name in listed) == built_in
