"""The validation handshake of webhooks."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx

from simulator.eventgrid.schema import Subscription

ORIGIN = "eventgrid.azure.net"


class HandshakeError(Exception):
    """The webhook did not pass the handshake."""


async def shake_hands(client: httpx.AsyncClient, subscription: Subscription) -> None:
    """Raise HandshakeError unless the webhook passes the handshake."""
    try:
        if subscription.event_schema == "EventGridSchema":
            await _validation_event(client, subscription)
        else:
            await _abuse_protection(client, subscription)
    except httpx.HTTPError as error:
        raise HandshakeError(f"{subscription.endpoint} could not be reached: {error!r}") from error


async def _validation_event(client: httpx.AsyncClient, subscription: Subscription) -> None:
    code = str(uuid4())
    event = {
        "id": str(uuid4()),
        "topic": "/subscriptions/simulated",
        "subject": "",
        "data": {"validationCode": code, "validationUrl": f"https://{ORIGIN}/validate?id={code}"},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": datetime.now(UTC).isoformat(),
        "metadataVersion": "1",
        "dataVersion": "2",
    }
    headers = {"aeg-event-type": "SubscriptionValidation", "aeg-subscription-name": subscription.name.upper()}
    response = await client.post(subscription.endpoint, json=[event], headers=headers)
    if response.status_code != 200:
        raise HandshakeError(f"the validation event was answered {response.status_code}, not 200")
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or answer.get("validationResponse") != code:
        raise HandshakeError("the answer to the validation event has no validationResponse equal to the code")


async def _abuse_protection(client: httpx.AsyncClient, subscription: Subscription) -> None:
    headers = {"WebHook-Request-Origin": ORIGIN, "WebHook-Request-Rate": "120"}
    response = await client.options(subscription.endpoint, headers=headers)
    if not response.is_success:
        raise HandshakeError(f"OPTIONS was answered {response.status_code}")
    if response.headers.get("webhook-allowed-origin") not in (ORIGIN, "*"):
        raise HandshakeError(f"the answer to OPTIONS has no WebHook-Allowed-Origin of '{ORIGIN}' or '*'")
