"""The events Azure raises about its resources, in the Event Grid schema."""

from datetime import UTC, datetime
from uuid import uuid4

from simulator.wire import Json

TENANT = "00000000-0000-0000-0000-0000000000aa"


def change(resource: str, kind: str, verb: str, correlation: str) -> Json:
    """The event of one successful write or delete; it names the resource and says nothing about it."""
    subscription, operation = resource.split("/")[2], f"{kind}/{verb}"
    outcome = "ResourceDeleteSuccess" if verb == "delete" else "ResourceWriteSuccess"
    return {
        "subject": resource,
        "eventType": f"Microsoft.Resources.{outcome}",
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
