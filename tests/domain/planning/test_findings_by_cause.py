"""Findings state the fact with names, and their remedies fit the cause."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.changes.outcome import PassResults
from shared.domain.model.deployment_config import DeploymentConfig, ZoneChoice
from shared.domain.model.errors import UNKNOWN_CAUSE, Cause, CauseKind, System
from shared.domain.model.findings import CATALOGUE, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import Endpoint, ReadFailed
from shared.domain.model.snapshot import (
    ListZones,
    Read,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
    Snapshot,
)
from tests.support.plans import plan_of
from tests.support.worlds import (
    SCOPE,
    deployment,
    endpoint,
    guid,
    interface,
    pe,
    record,
    registered,
    service,
    service_id,
    snapshot,
    zone,
    zone_id,
)

REVOKED = ReadFailed("401: revoked", temporary=False, cause=Cause(CauseKind.INVALID_CREDENTIAL))
DENIED = ReadFailed(
    "403: denied",
    temporary=False,
    cause=Cause(CauseKind.MISSING_PERMISSION, "Microsoft.Network/privateEndpoints/read", "/subscriptions/1"),
)


def finding(seen: Snapshot, code: str, by: DeploymentConfig | None = None, **parts: Any) -> Finding:
    """The only finding of that code."""
    (found,) = [one for one in plan_of(seen, by, **parts).findings if one.code == code]
    return found


@pytest.mark.parametrize(
    ("cause", "system", "words"),
    [
        (Cause(CauseKind.INVALID_CREDENTIAL), System.CLICKHOUSE, "CLICKHOUSE_CLOUD_API_KEY"),
        (Cause(CauseKind.INVALID_CREDENTIAL), System.AZURE, "managed identity"),
        (Cause(CauseKind.MISSING_PERMISSION), System.CLICKHOUSE, "role with the permission to the API key"),
        (
            Cause(CauseKind.MISSING_PERMISSION, "service:view"),
            System.CLICKHOUSE,
            "role with service:view to the API key",
        ),
        (
            Cause(CauseKind.MISSING_PERMISSION, "x/read", "/subscriptions/1"),
            System.AZURE,
            "role with x/read on /subscriptions/1 to the app's identity",
        ),
        (Cause(CauseKind.NOT_FOUND), System.CLICKHOUSE, "CLICKHOUSE_ORG_ID"),
        (Cause(CauseKind.NOT_FOUND), System.AZURE, "ENDPOINT_SCOPES"),
        (Cause(CauseKind.THROTTLED), System.CLICKHOUSE, "CLICKHOUSE_RATE_LIMIT"),
        (Cause(CauseKind.THROTTLED), System.AZURE, "other clients that call ARM"),
        (Cause(CauseKind.SERVER_ERROR), System.CLICKHOUSE, "status.clickhouse.com"),
        (Cause(CauseKind.SERVER_ERROR), System.AZURE, "Azure Service Health"),
        (Cause(CauseKind.TIMED_OUT), System.CLICKHOUSE, "status.clickhouse.com"),
        (Cause(CauseKind.TIMED_OUT), System.AZURE, "Azure Service Health"),
        (Cause(CauseKind.CONNECTION_LOST), System.CLICKHOUSE, "CLICKHOUSE_API_URL"),
        (Cause(CauseKind.CONNECTION_LOST), System.AZURE, "Azure Resource Manager"),
        (Cause(CauseKind.LOCKED), System.AZURE, "lock from the resource or its resource group."),
        (Cause(CauseKind.LOCKED, scope="/subscriptions/1"), System.AZURE, "lock from /subscriptions/1."),
    ],
)
def test_remedies_by_cause(cause: Cause, system: System, words: str) -> None:
    """Each cause has its own remedy, which names the setting, permission, scope or system."""
    assert words in remedy_for(cause, system)
    assert remedy_for(cause, system).endswith(".")


def test_a_cause_without_a_remedy() -> None:
    """Where the cause is not known, the finding keeps the remedy of its code."""
    assert remedy_for(UNKNOWN_CAUSE, System.AZURE) == ""
    seen = snapshot(also={ReadEndpoint(pe(1)): ReadFailed("400: odd", temporary=False)})
    assert finding(seen, "unreadable").remedy == CATALOGUE["unreadable"][1]


@pytest.mark.parametrize(
    ("one", "read", "system"),
    [
        (None, ReadEndpoint(pe(1)), System.AZURE),
        (endpoint(1), ReadAddresses(interface(1)), System.AZURE),
        (endpoint(1), ListZones(SCOPE), System.AZURE),
        (endpoint(1, zone_tag=str(zone_id())), ReadZone(zone_id()), System.AZURE),
        (endpoint(1), ReadServices(), System.CLICKHOUSE),
        (pe(1), ReadRegistrations(), System.CLICKHOUSE),
        (endpoint(1), ReadConfig(service_id("main")), System.CLICKHOUSE),
    ],
)
@pytest.mark.parametrize("error", [REVOKED, DENIED])
def test_unreadable_by_cause(
    one: Endpoint | ResourceId | None, read: Read[Any], system: System, error: ReadFailed
) -> None:
    """The finding on a failed read has its reason and the remedy for its cause, at the system that was called."""
    found = finding(snapshot(*[one] if one else [], also={read: error}), "unreadable")
    assert found.message.endswith(error.reason)
    assert found.remedy == remedy_for(error.cause, system)


def test_an_empty_service_list() -> None:
    """An empty list is no answer to act on; the key may not see the services."""
    found = finding(snapshot(endpoint(1), also={ReadServices(): ()}), "unreadable")
    assert found.message == "ClickHouse Cloud returned an empty service list; no changes made"
    assert "CLICKHOUSE_ORG_ID" in found.remedy


@pytest.mark.parametrize(("one", "state"), [(pe(1), "deleted"), (endpoint(1, None), "untagged")])
def test_a_released_endpoint_is_called_deleted_or_untagged(one: Endpoint | ResourceId, state: str) -> None:
    """What cannot be removed is reported with the reason why it should be."""
    seen = snapshot(one, also={ReadServices(): REVOKED})
    message = f"the endpoint is {state}, but its access is not known and not removed: 401: revoked"
    assert finding(seen, "unreadable").message == message
    left = PassResults(deregistrations_refused=frozenset({guid(1)}))
    found = finding(snapshot(one, registrations=[registered(1)]), "registration-left", results=left)
    assert found.message.startswith(f"the endpoint is {state}, but {guid(1)} is still registered: the API key")


def test_a_recreated_endpoint_keeps_a_former_id() -> None:
    """An endpoint that is neither deleted nor untagged has another id."""
    left = PassResults(deregistrations_refused=frozenset({guid(9)}))
    seen = snapshot(endpoint(1), registrations=[registered(1), registered(9, by=1)])
    found = finding(seen, "registration-left", results=left)
    assert found.message.startswith("the endpoint has another id or region now, but")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("analytcs", "no service on Azure matches analytcs (did you mean analytics?)"),
        ("tag:env=prdo", "no service on Azure matches tag:env=prdo (did you mean tag:env=prod?)"),
        ("tag:evn", "no service on Azure matches tag:evn (did you mean tag:env?)"),
        ("unlike", "no service on Azure matches unlike;"),
        ("Legacy", f"legacy ({service_id('legacy')}) runs on AWS, not on Azure"),
        (service_id("legacy"), f"legacy ({service_id('legacy')}) runs on AWS, not on Azure"),
        ("old", f"old ({service_id('old')}) is being deleted"),
    ],
)
def test_a_selector_that_matches_nothing(tag: str, words: str) -> None:
    """The finding suggests a near name, and says where a service is that is not on Azure."""
    services = [
        service("analytics", env="prod"),
        service("legacy", provider="aws"),
        service("old", state="terminated"),
    ]
    assert finding(snapshot(endpoint(1, tag), services=services), "service-not-found").message.startswith(words)


def test_an_ambiguous_name_lists_the_services() -> None:
    """The ids of the services with that name are named, because one of them is the selector to use."""
    twin = replace(service("twin"), name="main")
    seen = snapshot(endpoint(1, "main,*"), services=[service("main"), twin])
    ids = ", ".join(sorted([service("main").id, twin.id]))
    assert finding(seen, "bad-selector").message.startswith(f"several services are named main: {ids};")


@pytest.mark.parametrize(
    ("status", "listed", "message", "remedy"),
    [
        (
            "Rejected",
            True,
            "its id is on the allow list of main",
            "sync cannot approve a rejected connection",
        ),
        ("Rejected", False, "its id is on no allow list", "Select a service in the tag"),
        ("Pending", True, "its id is on the allow list of main", "approves it within minutes"),
        ("Pending", False, "its id is on no allow list", "Select a service in the tag"),
        ("Disconnected", True, "on the allow list of main", CATALOGUE["endpoint-disconnected"][1]),
    ],
)
def test_connections(status: str, *, listed: bool, message: str, remedy: str) -> None:
    """The remedy for a connection that is not approved depends on the allow lists; none says to run sync."""
    seen = snapshot(endpoint(1, "", status=status), services=[service("main", *[guid(1)] * listed)])
    found = finding(seen, f"endpoint-{status.lower()}")
    assert found.message.endswith(message)
    assert remedy in found.remedy
    assert "Run sync" not in found.remedy


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("Rejected", "Run sync, so that an allow list has the endpoint's id."),
        ("Pending", "Run sync: ClickHouse Cloud approves the connection"),
    ],
)
def test_connection_of_a_granted_service(status: str, remedy: str) -> None:
    """If the tag selects a service and no allow list has the endpoint's id, sync is the remedy."""
    seen = snapshot(endpoint(1, "main", status=status), services=[service("main")])
    assert finding(seen, f"endpoint-{status.lower()}").remedy.startswith(remedy)


CENTRAL = deployment(zone_choice=ZoneChoice.CENTRAL)
TAG_BOTH = "Set the tag clickhouse-dns = shared on this endpoint and on pe-1: the record then has all addresses. "


@pytest.mark.parametrize(
    ("first", "second", "by", "remedy"),
    [
        (endpoint(1), endpoint(2), deployment(), "Clients reach its services through pe-1 anyway."),
        (endpoint(1, "main"), endpoint(2), deployment(), "Until then clients do not reach test."),
        (endpoint(1, "main"), endpoint(2, vnet="v2"), CENTRAL, "Until then clients do not reach test."),
        (
            endpoint(1, vnet="v2"),
            endpoint(2),
            deployment(),
            "Its clients reach its services only if their network reaches pe-1.",
        ),
    ],
)
def test_two_endpoints_in_one_network(first: Endpoint, second: Endpoint, by: DeploymentConfig, remedy: str) -> None:
    """The remedy is sharing the record; it says whether clients reach the services until then."""
    services = [service("main"), service("test")]
    seen = snapshot(first, second, services=services, zones=[zone(record(1), vnets=("vnet", "v2"))])
    assert finding(seen, "wildcard-owned-by-other", by).remedy == TAG_BOTH + remedy


def test_a_record_of_an_unread_endpoint() -> None:
    """Sharing is no remedy for a record whose holder could not be read."""
    seen = snapshot(endpoint(2), zones=[zone(record(1))])
    code = "wildcard-owned-by-other"
    assert finding(seen, code).remedy == CATALOGUE[code][1]
