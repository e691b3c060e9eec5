"""The delivery of one event to one subscription, and Event Grid's retry rules."""

from dataclasses import dataclass, field
from typing import Literal

from simulator.eventgrid.schema import Retry, Subscription
from simulator.wire import Json

type Status = Literal["pending", "delivered", "deadLettered", "dropped", "lost"]

# Responses of a webhook that end delivery.
NOT_RETRIED = frozenset({400, 401, 403, 413})
# The minimum delay in seconds after these responses.
MIN_DELAYS = {404: 300.0, 408: 120.0, 503: 30.0}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the status of the response, or the `error`. `at` is by the request log's clock."""

    at: float
    status: int | None
    error: str | None = None

    def dump(self) -> Json:
        return {"at": self.at, "status": self.status, "error": self.error}

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status <= 204


@dataclass(eq=False, slots=True)
class Delivery:
    """One copy of an event for one subscription."""

    subscription: Subscription
    event: Json
    status: Status = "pending"
    attempts: list[Attempt] = field(default_factory=list)

    def dump(self) -> Json:
        return {
            "subscription": self.subscription.name,
            "status": self.status,
            "attempts": [attempt.dump() for attempt in self.attempts],
        }

    def dead_letter(self) -> Json:
        """Return the event as in the dead-letter store."""
        final = self.attempts[-1]
        rejected = final.status in NOT_RETRIED
        return self.event | {
            "subscriptionName": self.subscription.name,
            "deadLetterReason": "UndeliverableDueToClientError" if rejected else "MaxDeliveryAttemptsExceeded",
            "deliveryAttempts": len(self.attempts),
            "lastHttpStatusCode": final.status,
            "lastDeliveryOutcome": final.error or str(final.status),
        }


def next_delay(retry: Retry, attempts: int, status: int | None) -> float | None:
    """Return the seconds until the next attempt after `attempts` failed ones, or None if there is none."""
    if attempts >= retry.max_attempts or status in NOT_RETRIED:
        return None
    scheduled = retry.delays[min(attempts, len(retry.delays)) - 1]
    return max(scheduled, MIN_DELAYS.get(status or 0, 0.0)) * retry.scale
