"""Which endpoint an event names, for events as Azure sends them and Microsoft's own binding decodes them.

Where no other source is named, the form was read in
https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
"""

import json
import logging
from typing import Any

import azure.functions as func
import pytest
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model.ids import Kind, ResourceId
from shared.telemetry.log import LOGGER
from shared.triggers.event_grid import Event, endpoint_named_by
from tests.support.real_clients import PE, SUBSCRIPTION

WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
ACTED = "Microsoft.Resources.ResourceActionSuccess"
ENDPOINTS = "Microsoft.Network/privateEndpoints"
WRITE, DELETE = f"{ENDPOINTS}/write", f"{ENDPOINTS}/delete"
ZONE_GROUP_WRITE = f"{ENDPOINTS}/privateDnsZoneGroups/write"
ZONE_GROUP_DELETE = f"{ENDPOINTS}/privateDnsZoneGroups/delete"
TAG_WRITE, TAG_DELETE = "Microsoft.Resources/tags/write", "Microsoft.Resources/tags/delete"
MOVE = "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action"
AT = str(PE)
TAGS = "/providers/Microsoft.Resources/tags/default"
ZONE_GROUP = f"{AT}/privateDnsZoneGroups/default"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
EVENT_GRID, CLOUD_EVENTS = "EventGridSchema", "CloudEventSchemaV1_0"
SCHEMAS = (EVENT_GRID, CLOUD_EVENTS)
ARM = "https://management.azure.com"
MOVED = ResourceId(SUBSCRIPTION, "rg-new", PE.type, PE.name)
UNUSUAL = ResourceId(SUBSCRIPTION, "rg_(prod).ü-1", PE.type, "pe_1.west-2_")


def decoded(payload: dict[str, Any]) -> Event:
    event: Event = EventGridEventInConverter.decode(Datum(json.dumps(payload), "json"), trigger_metadata=None)
    return event


def event(schema: str, kind: object, data: object, subject: object = None) -> Event:
    payload = {"id": "1", "subject": subject, "data": data}
    if schema == CLOUD_EVENTS:
        return decoded(payload | {"specversion": "1.0", "type": kind, "source": f"/subscriptions/{SUBSCRIPTION}"})
    return decoded(payload | {"eventType": kind, "topic": f"/subscriptions/{SUBSCRIPTION}", "dataVersion": "2"})


def about(at: object, operation: object, **more: object) -> dict[str, Any]:
    return {"resourceUri": at, "operationName": operation, "status": "Succeeded", **more}


def ignored(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reasons in the log lines about malformed events."""
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == LOGGER]
    return [line["reason"] for line in lines if line["event"] == "ignored"]


def test_schemas() -> None:
    """The two schemas are two classes with different names for the type."""
    assert isinstance(event(EVENT_GRID, WRITTEN, {}), func.EventGridEvent)
    assert isinstance(event(CLOUD_EVENTS, WRITTEN, {}), func.CloudEvent)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("kind", "at", "operation"),
    [
        (WRITTEN, AT, WRITE),
        (DELETED, AT, DELETE),
        # Operations: https://learn.microsoft.com/azure/role-based-access-control/permissions/networking
        (WRITTEN, ZONE_GROUP, ZONE_GROUP_WRITE),
        (DELETED, ZONE_GROUP, ZONE_GROUP_DELETE),
        (WRITTEN, AT, ZONE_GROUP_WRITE),
        # PUT, and PATCH with Merge, Replace or Delete: https://learn.microsoft.com/rest/api/resources/tags/update-at-scope
        (WRITTEN, AT + TAGS, TAG_WRITE),
        # DELETE: https://learn.microsoft.com/rest/api/resources/tags/delete-at-scope
        (DELETED, AT + TAGS, TAG_DELETE),
        (WRITTEN, AT + TAGS, TAG_DELETE),
        # Tag writes that name the resource itself: the events in the Azure tests of github.com/mia-platform/ibdm
        (WRITTEN, AT, TAG_WRITE),
        (DELETED, AT, TAG_DELETE),
        (WRITTEN, ZONE_GROUP + TAGS, TAG_WRITE),
    ],
)
@pytest.mark.parametrize("spelt", [str, str.upper, str.lower, str.title, str.swapcase])
def test_concerning(schema: str, kind: str, at: str, operation: str, spelt: Any) -> None:
    """Writes and deletes of an endpoint, its tags and its zone group name it, in any letter case and schema."""
    assert endpoint_named_by(event(schema, spelt(kind), about(spelt(at), spelt(operation)))) == PE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    "data",
    [
        {"operationName": WRITE},
        about("", WRITE),
        about(None, WRITE),
        about(7, WRITE),
        about("x", WRITE),
        # Deployments are seen first under a name of their own: https://github.com/MicrosoftDocs/azure-docs/issues/12166
        about(f"{GROUP}/deployments/Microsoft.PrivateEndpoint-20180721223827", WRITE),
    ],
)
def test_subject(schema: str, data: dict[str, Any]) -> None:
    """If the data does not name the endpoint, the subject does."""
    assert endpoint_named_by(event(schema, WRITTEN, data, subject=AT)) == PE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_all_properties(schema: str, method: str) -> None:
    """Optional properties, such as `httpRequest` and evidence, change nothing."""
    role = {"role": "Contributor", "roleAssignmentScope": GROUP, "principalType": "ServicePrincipal"}
    kind, operation = (DELETED, DELETE) if method == "DELETE" else (WRITTEN, WRITE)
    more = {
        "authorization": {"scope": AT, "action": operation, "evidence": role},
        "claims": {"http://schemas.microsoft.com/identity/claims/scope": "user_impersonation"},
        "httpRequest": {"method": method, "url": f"{ARM}{AT}?api-version=2024-05-01"},
        "resourceProvider": "Microsoft.Network",
    }
    assert endpoint_named_by(event(schema, kind, about(AT, operation, **more), subject=AT)) == PE


@pytest.mark.parametrize(
    "more",
    [
        {"subject": AT, "time": "2023-07-28T20:13:10.8418063Z", "datacontenttype": "application/json"},
        {"subject": None},
        {"dataschema": "#", "time": "2019-11-18T15:13:39Z"},
        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "aegextra": 1},
    ],
)
def test_cloud_event(more: dict[str, Any]) -> None:
    """A CloudEvent names its endpoint with or without the attributes that are optional, its subject included.

    https://learn.microsoft.com/azure/event-grid/cloud-event-schema
    """
    payload = {"specversion": "1.0", "id": "1", "source": f"/subscriptions/{SUBSCRIPTION}", "type": WRITTEN}
    assert endpoint_named_by(decoded(payload | {"data": about(AT, WRITE)} | more)) == PE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("at", "named"),
    [
        (AT + "/", PE),
        (f" {AT}\n", PE),
        (AT + TAGS + "/", PE),
        (ZONE_GROUP + "/", PE),
        (AT.replace("resourceGroups", "resourcegroups"), PE),
        (AT.replace("resourceGroups", "ResourceGroups"), PE),
        (ARM + AT, PE),
        (f"{ARM}{AT}?api-version=2024-05-01", PE),
        (f"http://management.azure.com:80{AT}{TAGS}?api-version=2021-04-01", PE),
        (str(UNUSUAL), UNUSUAL),
        (str(UNUSUAL) + TAGS, UNUSUAL),
    ],
)
def test_uri(schema: str, at: str, named: ResourceId) -> None:
    """A resource URI may end in a slash, be the URL of the request, and have every character Azure allows in names.

    The property is documented as a URI; the samples show ids, and URLs in `httpRequest` only. Names:
    https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
    """
    assert endpoint_named_by(event(schema, WRITTEN, about(at, WRITE))) == named


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("kind", "at", "operation", "named"),
    [
        (ACTED, GROUP, MOVE, None),
        (ACTED, GROUP, "Microsoft.Resources/moveResources/action", None),
        (ACTED, GROUP, MOVE.replace("moveResources", "validateMoveResources"), None),
        ("Microsoft.Resources.ResourceActionFailure", GROUP, MOVE, None),
        (WRITTEN, str(MOVED), WRITE, MOVED),
        (DELETED, AT, DELETE, PE),
    ],
)
def test_move(schema: str, kind: str, at: str, operation: str, named: ResourceId | None) -> None:
    """A move is an action on a group that names no endpoint; events of the old and the new id each name theirs.

    Which events the moved resources raise is not documented, so the audit has to find them in any case:
    https://learn.microsoft.com/azure/azure-resource-manager/management/move-resource-group-and-subscription
    """
    assert endpoint_named_by(event(schema, kind, about(at, operation), subject=at)) == named


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("kind", "at", "operation"),
    [
        ("Microsoft.Resources.ResourceWriteFailure", AT, WRITE),
        ("Microsoft.Resources.ResourceWriteCancel", AT, WRITE),
        ("Microsoft.Resources.ResourceDeleteFailure", AT, DELETE),
        ("Microsoft.Resources.ResourceDeleteCancel", AT, DELETE),
        (ACTED, AT, WRITE),
        (ACTED, f"{NETWORK}/privateLinkServices/s", "Microsoft.Network/privateLinkServices/notify/action"),
        ("Microsoft.Resources.ResourceActionCancel", AT, WRITE),
        # https://learn.microsoft.com/azure/event-grid/event-schema-resources
        ("Microsoft.ResourceNotifications.Resources.CreatedOrUpdated", AT, WRITE),
        ("Microsoft.ResourceNotifications.Resources.Deleted", AT, DELETE),
        ("Microsoft.EventGrid.SubscriptionValidationEvent", AT, WRITE),
        ("Microsoft.EventGrid.SubscriptionDeletedEvent", AT, WRITE),
        ("Microsoft.Storage.BlobCreated", AT, WRITE),
        ("ClickHouse.PrivateLink.EndpointRegistered", AT, WRITE),
        ("", AT, WRITE),
        (None, AT, WRITE),
        (7, AT, WRITE),
        (WRITTEN, AT, f"{ENDPOINTS}/read"),
        (WRITTEN, AT, f"{ENDPOINTS}/privateLinkServiceProxies/write"),
        (WRITTEN, AT + "/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks/write"),
        (WRITTEN, AT + "/providers/Microsoft.Insights/diagnosticSettings/d",
         "Microsoft.Insights/diagnosticSettings/write"),
        (WRITTEN, f"{NETWORK}/privateLinkServices/s/privateEndpointConnections/c",
         "Microsoft.Network/privateLinkServices/privateEndpointConnections/write"),
        (WRITTEN, f"{NETWORK}/networkInterfaces/nic1", "Microsoft.Network/networkInterfaces/write"),
        (WRITTEN, f"{GROUP}/providers/Microsoft.Resources/deployments/d", "Microsoft.Resources/deployments/write"),
        (WRITTEN, GROUP, "Microsoft.Resources/subscriptions/resourcegroups/write"),
        (DELETED, GROUP, "Microsoft.Resources/subscriptions/resourcegroups/delete"),
        (WRITTEN, f"{NETWORK}/virtualNetworks/vnet-app{TAGS}", TAG_WRITE),
        (WRITTEN, f"{NETWORK}/networkInterfaces/nic1", TAG_WRITE),
        (WRITTEN, f"/subscriptions/{SUBSCRIPTION}{TAGS}", TAG_WRITE),
        (DELETED, GROUP + TAGS, TAG_DELETE),
        (WRITTEN, AT, ""),
    ],
)  # fmt: skip
def test_irrelevant(schema: str, kind: str, at: str, operation: str, caplog: pytest.LogCaptureFixture) -> None:
    """Failures, cancellations, actions, other resources and other topics name no endpoint and are not logged."""
    caplog.set_level(logging.DEBUG)
    assert endpoint_named_by(event(schema, kind, about(at, operation), subject=at)) is None
    assert ignored(caplog) == []


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("at", "operation"),
    [
        (GROUP, WRITE),
        (f"/subscriptions/{SUBSCRIPTION}", WRITE),
        (f"{NETWORK}/networkInterfaces/nic1", WRITE),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a", DELETE),
        (f"{GROUP}/deployments/Microsoft.PrivateEndpoint-20180721223827", WRITE),
        (f"{ZONE_GROUP}/x", ZONE_GROUP_WRITE),
        (AT + "//", WRITE),
        (AT + "/..", WRITE),
        (AT + "#x", WRITE),
        (AT + TAGS + TAGS, TAG_WRITE),
        (AT.replace("rg-network", ".."), WRITE),
        (AT.replace("rg-network", "a/b"), WRITE),
        (AT.replace("pe1", "pe%2f1"), WRITE),
        (AT.replace("pe1", "pe%2f1") + TAGS, TAG_DELETE),
        (AT.replace("pe1", "pe\n1"), WRITE),
        (AT.replace("pe1", "pé"), WRITE),
        (AT.replace("pe1", "p" * 300), WRITE),
        (AT.replace(SUBSCRIPTION, "me"), WRITE),
        ("ftp://management.azure.com" + AT, WRITE),
        ("https://" + AT.removeprefix("/"), WRITE),
        ("", WRITE),
        ({"id": AT}, WRITE),
        (None, WRITE),
    ],
)
def test_no_endpoint(schema: str, at: str, operation: str, caplog: pytest.LogCaptureFixture) -> None:
    """A private endpoint event without a valid id names no endpoint and is logged in one line."""
    caplog.set_level(logging.INFO)
    assert endpoint_named_by(event(schema, WRITTEN, about(at, operation))) is None
    assert ignored(caplog) == ["neither data.resourceUri nor subject is the id of a private endpoint"]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    "data",
    [
        None, [], "text", json.dumps(about(AT, WRITE)), 7, True, [about(AT, WRITE)], {},
        about(AT, None), about(AT, ["x"]), about(AT, {"value": WRITE}),
    ],
)  # fmt: skip
def test_odd_data(schema: str, data: object, caplog: pytest.LogCaptureFixture) -> None:
    """An event without an operation names no endpoint, whatever its subject, and is logged in one line."""
    caplog.set_level(logging.INFO)
    assert endpoint_named_by(event(schema, WRITTEN, data, subject=AT)) is None
    assert ignored(caplog) == ["data.operationName is missing or not a string"]


@pytest.mark.parametrize(
    "payload",
    [
        {"eventType": WRITTEN, "subject": AT},
        {"type": WRITTEN, "specversion": "1.0"},
        {"type": WRITTEN, "specversion": "1.0", "subject": AT},
        {"type": WRITTEN, "specversion": "1.0", "data_base64": "e30="},
    ],
)
def test_no_data(payload: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """An event without data names no endpoint and is logged in one line.

    CloudEvents may do without: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#event-data
    """
    caplog.set_level(logging.INFO)
    assert endpoint_named_by(decoded(payload)) is None
    assert len(ignored(caplog)) == 1


def test_logged_values_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    """The line about a malformed event quotes at most 200 characters of it."""
    caplog.set_level(logging.INFO)
    assert endpoint_named_by(event(EVENT_GRID, WRITTEN, "x" * 10_000)) is None
    (line,) = (one.getMessage() for one in caplog.records)
    assert "x" * 200 in line
    assert len(line) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from([WRITTEN, DELETED, WRITE, TAG_WRITE, AT, AT + TAGS, ZONE_GROUP, ARM + AT, GROUP, "", None])


@given(
    schema=st.sampled_from(SCHEMAS),
    kind=LIKELY | JSON,
    data=JSON | st.fixed_dictionaries({}, optional={"resourceUri": LIKELY | JSON, "operationName": LIKELY | JSON}),
    subject=LIKELY | JSON,
)
def test_any_event(schema: str, kind: object, data: object, subject: object) -> None:
    """Any JSON names a private endpoint or none, and nothing is raised."""
    named = endpoint_named_by(event(schema, kind, data, subject))
    assert named is None or (isinstance(named, ResourceId) and named.type == Kind.PRIVATE_ENDPOINT.value)
