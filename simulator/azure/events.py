"""The events that Azure raises for resources, in the Event Grid schema."""

from datetime import UTC, datetime
from uuid import uuid4

from simulator.wire import Json

TENANT = "00000000-0000-0000-0000-0000000000aa"


def change(resource: str, kind: str, verb: str, correlation: str) -> Json:
    """Return the event of a successful write or delete. It identifies the resource, without its properties."""
    subscription, operation = resource.split("/")[2], f"{kind}/{verb}"
    event_type = "ResourceDeleteSuccess" if verb == "delete" else "ResourceWriteSuccess"
    return {
        "subject": resource,
        "eventType": f"Microsoft.Resources.{event_type}",
        "id": str(uuid4()),
        "data": {
            "authorization": {
                "scope": resource,
                "action": operation,
                "evidence": {"role": "Subscription Admin"},
            },
            "claims": {},
            "correlationId": correlation,
            "httpRequest": {},
            "resourceProvider": kind.split("/", 1)[0],
            "resourceUri": resource,
            "operationName": operation,
            "status": "Succeeded",
            "subscriptionId": subscription,
            "tenantId": TENANT,
        },
        "dataVersion": "2",
        "metadataVersion": "1",
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "topic": f"/subscriptions/{subscription}",
    }
