"""Which events Event Grid delivers to the function, how, and for how long."""

import itertools
from collections.abc import Mapping
from typing import Any

import azure.functions as func
import pytest

from shared.bootstrap import EVENT_SECONDS
from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.triggers.event_grid import endpoint_named_by
from tests.support.snapshots import snapshot

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1/providers"
ENDPOINT = f"{GROUP}/Microsoft.Network/privateEndpoints/pe1"
MACHINE = f"{GROUP}/Microsoft.Compute/virtualMachines/vm1"
CHILD = f"{ENDPOINT}/privateDnsZoneGroups/default"
EXTENSION = f"{ENDPOINT}/providers/Microsoft.Authorization/roleAssignments/r"
OTHER_SIDE = f"{GROUP}/Microsoft.Network/privateLinkServices/s/privateEndpointConnections/c"
TAGS = "/providers/Microsoft.Resources/tags/default"
WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"

type Event = Mapping[str, Any]

OURS = [
    (WRITTEN, "Microsoft.Network/privateEndpoints/write", ENDPOINT),
    (DELETED, "Microsoft.Network/privateEndpoints/delete", ENDPOINT),
    (WRITTEN, "Microsoft.Resources/tags/write", ENDPOINT + TAGS),
    (DELETED, "Microsoft.Resources/tags/delete", ENDPOINT + TAGS),
    (WRITTEN, "Microsoft.Resources/tags/write", ENDPOINT),
    (WRITTEN, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write", CHILD),
    (DELETED, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete", CHILD),
    (WRITTEN, "MICROSOFT.NETWORK/PRIVATEENDPOINTS/WRITE", ENDPOINT.upper()),
    (WRITTEN, "microsoft.network/privateendpoints/write", ENDPOINT.lower()),
]
OTHERS = [
    (WRITTEN, "Microsoft.Resources/tags/write", MACHINE + TAGS),
    (DELETED, "Microsoft.Resources/tags/delete", MACHINE + TAGS),
    (WRITTEN, "Microsoft.Resources/tags/write", f"/subscriptions/x/resourceGroups/rg1{TAGS}"),
    (WRITTEN, "Microsoft.Compute/virtualMachines/write", MACHINE),
    (WRITTEN, "Microsoft.Authorization/roleAssignments/write", EXTENSION),
    (WRITTEN, "Microsoft.Network/privateLinkServices/privateEndpointConnections/write", OTHER_SIDE),
    ("Microsoft.Resources.ResourceWriteFailure", "Microsoft.Network/privateEndpoints/write", ENDPOINT),
    ("Microsoft.Resources.ResourceActionSuccess", "Microsoft.Network/privateEndpoints/write", ENDPOINT),
]


RECORDED: Event = {
    "subject": ENDPOINT,
    "eventType": WRITTEN,
    "id": "f4c20242-cba5-48e4-a050-7d942ae107c0",
    "data": {
        "authorization": {
            "scope": ENDPOINT,
            "action": "Microsoft.Network/privateEndpoints/write",
            "evidence": {"role": "Subscription Admin"},
        },
        "claims": {},
        "correlationId": "714a7b62-ee15-41bd-afd5-020c75108185",
        "httpRequest": {},
        "resourceProvider": "Microsoft.Network",
        "resourceUri": ENDPOINT,
        "operationName": "Microsoft.Network/privateEndpoints/write",
        "status": "Succeeded",
        "subscriptionId": "00000000-0000-0000-0000-000000000001",
        "tenantId": "00000000-0000-0000-0000-0000000000aa",
    },
    "dataVersion": "2",
    "metadataVersion": "1",
    "eventTime": "2025-11-10T15:54:21.4286861Z",
    "topic": "/subscriptions/00000000-0000-0000-0000-000000000001",
}


def delivery(case: str = "events") -> dict[str, Any]:
    return dict(snapshot(case).one("Microsoft.EventGrid/systemTopics/eventSubscriptions")["properties"])


def event_of(kind: str, operation: str, subject: str) -> Event:
    return {
        "id": "1",
        "topic": "/subscriptions/x",
        "subject": subject,
        "eventType": kind,
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "2",
        "data": {"operationName": operation, "resourceUri": subject},
    }


def passes(event: Event) -> bool:
    """Whether the filter lets an event through, by Event Grid's rules: all must hold, in any letter case."""
    rules = delivery()["filter"]
    kinds = [kind.lower() for kind in rules["includedEventTypes"]]
    return event["eventType"].lower() in kinds and all(_holds(one, event) for one in rules["advancedFilters"])


def _holds(rule: Mapping[str, Any], event: Event) -> bool:
    found: Any = event
    for part in rule["key"].split("."):
        found = found[part]
    wanted = [value.lower() for value in rule["values"]]
    match rule["operatorType"]:
        case "StringIn":
            return found.lower() in wanted
        case "StringContains":
            return any(value in found.lower() for value in wanted)
    raise AssertionError(rule["operatorType"])


def accepted(event: Event) -> bool:
    """Whether the function processes an event."""
    arrived = func.EventGridEvent(
        id=event["id"],
        data=event["data"],
        topic=event["topic"],
        subject=event["subject"],
        event_type=event["eventType"],
        event_time=None,
        data_version=event["dataVersion"],
    )
    return endpoint_named_by(arrived) is not None


@pytest.mark.parametrize(("kind", "operation", "subject"), OURS)
def test_what_concerns_a_private_endpoint_is_delivered_and_accepted(kind: str, operation: str, subject: str) -> None:
    """Writes, deletes and tag writes of private endpoints come through, and the function acts on them."""
    event = event_of(kind, operation, subject)
    assert passes(event)
    assert accepted(event)


@pytest.mark.parametrize(("kind", "operation", "subject"), OTHERS)
def test_what_concerns_another_resource_never_reaches_the_function(kind: str, operation: str, subject: str) -> None:
    """Events of other resources, such as tag writes, are not delivered, and the function ignores them."""
    event = event_of(kind, operation, subject)
    assert not passes(event)
    assert not accepted(event)


def test_no_event_that_the_function_would_act_on_is_filtered_out() -> None:
    """For every combination of type, operation and subject: what the function accepts passes the filter."""
    parts = [set(column) for column in zip(*OURS, *OTHERS, strict=True)]
    events = [event_of(*combined) for combined in itertools.product(*parts)]
    assert [event for event in events if accepted(event) and not passes(event)] == []
    assert any(accepted(event) for event in events)


def test_the_filter_is_the_list_that_function_and_preflight_go_by() -> None:
    """Types and operations of the event subscription are those of shared/domain/model/event_filter.py, all of them."""
    rules = delivery()["filter"]
    assert {one.lower() for one in rules["includedEventTypes"]} == EVENT_TYPES
    operations = [one["values"] for one in rules["advancedFilters"] if one["key"] == "data.operationName"]
    assert [{one.lower() for one in values} for values in operations] == [OPERATIONS]


def test_a_recorded_event_is_delivered_and_accepted() -> None:
    """An event in the form that Azure sends passes the filter, and the function acts on it."""
    assert passes(RECORDED)
    assert accepted(RECORDED)


def test_a_filter_stays_within_what_event_grid_allows() -> None:
    """At most 25 advanced filters with 25 values in all."""
    rules = delivery()["filter"]["advancedFilters"]
    assert len(rules) <= 25
    assert sum(len(one["values"]) for one in rules) <= 25


def test_delivery_is_retried_for_a_day_and_then_dead_lettered() -> None:
    """Thirty attempts within 24 hours, and then the dead-letter container, by an identity."""
    assert delivery()["retryPolicy"] == {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
    dead_letters = delivery()["deadLetterWithResourceIdentity"]
    assert dead_letters["identity"]["type"] == "UserAssigned"
    container = dead_letters["deadLetterDestination"]["properties"]["blobContainerName"]
    names = {one["name"].split("/")[-1] for one in snapshot("default").resources if "/containers" in one["type"]}
    assert container in names


def test_dead_letters_pass_a_storage_firewall_by_a_system_assigned_identity() -> None:
    """A user-assigned identity does not pass a storage firewall; that of the topic does, as a trusted service.

    https://learn.microsoft.com/azure/event-grid/handler-storage-queues
    """
    found = snapshot("events-private")
    subscriptions = found.of("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    identities = [one["properties"]["deadLetterWithResourceIdentity"]["identity"] for one in subscriptions]
    assert identities == [{"type": "SystemAssigned"}] * 2
    assert found.one("Microsoft.EventGrid/systemTopics")["identity"] == {"type": "SystemAssigned"}
    scopes = [scope for _, scope in found.assignments()]
    assert {scope.rpartition("/")[2] for scope in scopes} == {"deadletters"}
    assert len(found.of("Microsoft.Authorization/roleAssignments")) == 2


def test_batches_fit_the_function() -> None:
    """Events come in batches to endpoint_changed, which answers before Event Grid stops waiting."""
    destination = delivery()["destination"]
    assert destination["endpointType"] == "AzureFunction"
    assert destination["properties"]["maxEventsPerBatch"] >= 10
    assert destination["properties"]["preferredBatchSizeInKilobytes"] <= 1024
    assert destination["properties"]["resourceId"].endswith("/functions/endpoint_changed")
    assert EVENT_SECONDS < 30
