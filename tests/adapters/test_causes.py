"""The causes of failed calls, which determine the remedies."""

from typing import Any

import pytest

from shared.domain.model.errors import Cause, CauseKind, PrivateLinkError, System
from shared.domain.model.remedies import remedy_for
from simulator.client import RunningSimulator
from tests.support.real_clients import (
    ORGANIZATION,
    PE,
    SUBSCRIPTION,
    Adapters,
    adapters_for,
    answering,
    http_answer,
)

READ = "Microsoft.Network/privateEndpoints/read"
JOIN = "Microsoft.Network/virtualNetworks/join/action"
LINKED = (
    "The client with object id 'x' has permission to perform action"
    " 'Microsoft.Network/privateDnsZones/virtualNetworkLinks/write' on scope '/subscriptions/a'; however, it does"
    " not have permission to perform action(s) '{}' on the linked scope(s) '{}' (respectively) or the linked"
    " scope(s) are invalid."
)


async def cause_of(adapters: Adapters, name: str) -> Cause:
    with pytest.raises(PrivateLinkError) as raised:
        await adapters.calls()[name]()
    return raised.value.cause


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 400}, CauseKind.UNKNOWN),
        ({"status": 401}, CauseKind.INVALID_CREDENTIAL),
        ({"status": 403}, CauseKind.MISSING_PERMISSION),
        ({"status": 404}, CauseKind.NOT_FOUND),
        ({"status": 429}, CauseKind.THROTTLED),
        ({"status": 500}, CauseKind.SERVER_ERROR),
        ({"status": 503}, CauseKind.SERVER_ERROR),
        ({"drop": "before"}, CauseKind.CONNECTION_LOST),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["zones", "endpoint", "services", "update_registrations"])
async def test_kinds(sim: RunningSimulator, name: str, fault: dict[str, Any], kind: CauseKind) -> None:
    """The status determines the kind of cause, for Azure and for ClickHouse Cloud."""
    sim.fault(count=None, **fault)
    async with adapters_for(sim.url, 0.3) as adapters:
        cause = await cause_of(adapters, name)
        assert (cause.kind, cause.status) == (kind, fault.get("status"))


@pytest.mark.parametrize("name", ["zones", "services"])
async def test_timeout(sim: RunningSimulator, name: str) -> None:
    """Without a response before the deadline, the cause is a timeout."""
    sim.fault(delay_ms=3_000, count=None)
    async with adapters_for(sim.url, 0.2) as adapters:
        assert await cause_of(adapters, name) == Cause(CauseKind.TIMED_OUT)


@pytest.mark.parametrize("name", ["endpoint", "services"])
@pytest.mark.parametrize("body", ["[1]", '{"value": [', '{"result": 1}'])
async def test_unexpected_responses(body: str, name: str) -> None:
    """A response that does not match the API has the cause UNEXPECTED_RESPONSE."""
    with answering(http_answer(200, body)) as server:
        async with adapters_for(server.url, 0.2) as adapters:
            assert await cause_of(adapters, name) == Cause(CauseKind.UNEXPECTED_RESPONSE)


async def test_missing_permission_in_azure(sim: RunningSimulator, adapters: Adapters) -> None:
    """The cause of a 403 from ARM has the action and the scope of the response."""
    sim.deny(f"/subscriptions/{SUBSCRIPTION}")
    assert await cause_of(adapters, "endpoint") == Cause(CauseKind.MISSING_PERMISSION, READ, str(PE), status=403)


async def test_missing_permission_on_a_linked_scope(sim: RunningSimulator, adapters: Adapters) -> None:
    """For a linked scope, the cause has the missing action, not the permitted one."""
    network = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub"
    body = {"error": {"code": "LinkedAuthorizationFailed", "message": LINKED.format(JOIN, network)}}
    sim.fault(match={"method": "PUT"}, status=403, body=body)
    assert await cause_of(adapters, "link") == Cause(CauseKind.MISSING_PERMISSION, JOIN, network, status=403)


async def test_missing_permission_in_clickhouse(sim: RunningSimulator, adapters: Adapters) -> None:
    """The cause of a 403 from ClickHouse Cloud, and its remedy, name the permission that the call requires.

    The config of one service may be refused for that service, so its 403 fails no other read.
    """
    sim.fault(status=403, count=None)
    required = {
        "registrations": "organization:view",
        "services": "service:view",
        "config": "service:view-private-endpoints",
        "update_registrations": "organization:manage",
        "update_allow_list": "service:manage",
        "register_through": "service:manage-private-endpoints",
    }
    causes = {name: await cause_of(adapters, name) for name in required}
    scope = f"organization {ORGANIZATION}"
    kinds = dict.fromkeys(required, CauseKind.MISSING_PERMISSION) | {"config": CauseKind.REFUSED}
    assert causes == {name: Cause(kinds[name], required[name], scope, status=403) for name in required}
    remedies = {name: remedy_for(cause, System.CLICKHOUSE) for name, cause in causes.items()}
    assert all(f"Assign a role with {required[name]} on {scope}" in remedies[name] for name in required)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (409, "ScopeLocked", "the scope is locked", CauseKind.LOCKED),
        (409, "Conflict", "a CNAME record already exists", CauseKind.NAME_TAKEN),
        (412, "PreconditionFailed", "the etag does not match", CauseKind.CHANGED),
    ],
)
async def test_refused_writes(
    sim: RunningSimulator, adapters: Adapters, status: int, code: str, message: str, kind: CauseKind
) -> None:
    """A lock, a name in use and a lost race are causes of their own, and are not retried within the pass."""
    sim.fault(match={"method": "PUT"}, status=status, body={"code": code, "message": message}, count=None)
    assert await cause_of(adapters, "put") == Cause(kind, status=status)
    assert len(sim.requests()) == 1
