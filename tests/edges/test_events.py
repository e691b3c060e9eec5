"""Which endpoint an event names, for real event objects of both schemas."""

import json
from typing import Any

import azure.functions as func
import pytest
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ids import Kind, ResourceId
from shared.events import Event, endpoint_named_by
from tests.support.edges import PE, SUBSCRIPTION

WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
WRITE = "Microsoft.Network/privateEndpoints/write"
DELETE = "Microsoft.Network/privateEndpoints/delete"
TAG_WRITE = "Microsoft.Resources/tags/write"
TAG_DELETE = "Microsoft.Resources/tags/delete"
AT = str(PE)
TAGS = "/providers/Microsoft.Resources/tags/default"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network"
SCHEMAS = ("EventGridSchema", "CloudEventSchemaV1_0")


def event(schema: str, kind: object, data: object, subject: object = None) -> Event:
    """The event as Microsoft's own binding makes it of what Event Grid delivers."""
    told = {"id": "1", "subject": subject, "data": data}
    if schema == "CloudEventSchemaV1_0":
        told |= {"specversion": "1.0", "type": kind, "source": f"/subscriptions/{SUBSCRIPTION}"}
    else:
        told |= {"eventType": kind, "topic": f"/subscriptions/{SUBSCRIPTION}", "dataVersion": "2"}
    decoded: Event = EventGridEventInConverter.decode(Datum(json.dumps(told), "json"), trigger_metadata=None)
    return decoded


def about(at: str, operation: str) -> dict[str, Any]:
    return {"resourceUri": at, "operationName": operation, "status": "Succeeded"}


def test_schemas() -> None:
    """The two schemas are two classes, with names of their own for the type."""
    assert isinstance(event("EventGridSchema", WRITTEN, {}), func.EventGridEvent)
    assert isinstance(event("CloudEventSchemaV1_0", WRITTEN, {}), func.CloudEvent)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("kind", "at", "operation"),
    [
        (WRITTEN, AT, WRITE),
        (DELETED, AT, DELETE),
        (WRITTEN, AT + TAGS, TAG_WRITE),
        (DELETED, AT + TAGS, TAG_DELETE),
        (WRITTEN, AT + TAGS, TAG_DELETE),
        (WRITTEN, AT, TAG_WRITE),
    ],
)
@pytest.mark.parametrize("spelt", [str, str.upper, str.lower, str.title, str.swapcase])
def test_concerning(schema: str, kind: str, at: str, operation: str, spelt: Any) -> None:
    """Writes, deletes and retags of an endpoint name it, in any letter case and either schema."""
    assert endpoint_named_by(event(schema, spelt(kind), about(spelt(at), spelt(operation)))) == PE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("data", [{"operationName": WRITE}, about("", WRITE), {**about(AT, WRITE), "x": 1}])
def test_subject(schema: str, data: dict[str, Any]) -> None:
    """Where the data does not name the resource, the subject does."""
    assert endpoint_named_by(event(schema, WRITTEN, data, subject=AT)) == PE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    ("kind", "at", "operation"),
    [
        ("Microsoft.Resources.ResourceWriteFailure", AT, WRITE),
        ("Microsoft.Resources.ResourceWriteCancel", AT, WRITE),
        ("Microsoft.Resources.ResourceActionSuccess", AT, WRITE),
        ("Microsoft.EventGrid.SubscriptionValidationEvent", AT, WRITE),
        ("Microsoft.Storage.BlobCreated", AT, WRITE),
        ("ClickHouse.PrivateLink.EndpointRegistered", AT, WRITE),
        ("", AT, WRITE),
        (None, AT, WRITE),
        (7, AT, WRITE),
        (WRITTEN, AT, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write"),
        (WRITTEN, AT, "Microsoft.Network/privateEndpoints/read"),
        (WRITTEN, AT, "Microsoft.Network/networkInterfaces/write"),
        (WRITTEN, AT, ""),
        (WRITTEN, AT, None),
        (WRITTEN, AT, ["x"]),
        (WRITTEN, AT + "/privateDnsZoneGroups/default", WRITE),
        (WRITTEN, f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-app{TAGS}", TAG_WRITE),
        (WRITTEN, f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic1", WRITE),
        (WRITTEN, f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a", WRITE),
        (WRITTEN, GROUP + TAGS, TAG_WRITE),
        (WRITTEN, GROUP, WRITE),
        (WRITTEN, f"/subscriptions/{SUBSCRIPTION}", WRITE),
        (WRITTEN, AT + "/", WRITE),
        (WRITTEN, AT + "/..", WRITE),
        (WRITTEN, AT.replace("rg-network", ".."), WRITE),
        (WRITTEN, AT.replace("rg-network", "a/b"), WRITE),
        (WRITTEN, AT.replace("pe1", "pe%2f1"), WRITE),
        (WRITTEN, AT.replace("pe1", "pe\n1"), WRITE),
        (WRITTEN, AT.replace(SUBSCRIPTION, "me"), WRITE),
        (WRITTEN, AT + TAGS + TAGS, TAG_WRITE),
        (WRITTEN, {"id": AT}, WRITE),
        (WRITTEN, None, WRITE),
    ],
)
def test_irrelevant(schema: str, kind: str, at: str, operation: str) -> None:
    """Every other event names nobody."""
    assert endpoint_named_by(event(schema, kind, about(at, operation))) is None


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("data", [None, [], "text", 7, True, [about(AT, WRITE)], {}])
def test_odd_data(schema: str, data: object) -> None:
    """An event whose data is no object names nobody, whatever its subject."""
    assert endpoint_named_by(event(schema, WRITTEN, data, subject=AT)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from([WRITTEN, DELETED, WRITE, TAG_WRITE, AT, AT + TAGS, GROUP, "", None])


@given(
    schema=st.sampled_from(SCHEMAS),
    kind=LIKELY | JSON,
    data=JSON
    | st.fixed_dictionaries({}, optional={"resourceUri": LIKELY | JSON, "operationName": LIKELY | JSON}),
    subject=LIKELY | JSON,
)
def test_any_event(schema: str, kind: object, data: object, subject: object) -> None:
    """Whatever JSON an event is made of, it names a private endpoint or nobody, and nothing is raised."""
    named = endpoint_named_by(event(schema, kind, data, subject))
    assert named is None or (isinstance(named, ResourceId) and named.type == Kind.PRIVATE_ENDPOINT.value)
