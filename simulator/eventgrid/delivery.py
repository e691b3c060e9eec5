"""One event on its way to one subscription, and what Event Grid makes of each answer."""

from dataclasses import dataclass, field
from typing import Literal

from simulator.eventgrid.schema import Retry, Subscription
from simulator.wire import Json

type Status = Literal["pending", "delivered", "deadLettered", "dropped", "lost"]

# Answers that no retry can cure, for a webhook.
NEVER_RETRIED = frozenset({400, 401, 403, 413})
# Answers after which Event Grid waits at least so long, in seconds.
LEAST_DELAYS = {404: 300.0, 408: 120.0, 503: 30.0}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the answer's status, or in `error` why there was none. `at` is by the request log's clock."""

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
        """The event as it lies in the dead-letter store."""
        final = self.attempts[-1]
        hopeless = final.status in NEVER_RETRIED
        return self.event | {
            "subscriptionName": self.subscription.name,
            "deadLetterReason": "UndeliverableDueToClientError"
            if hopeless
            else "MaxDeliveryAttemptsExceeded",
            "deliveryAttempts": len(self.attempts),
            "lastHttpStatusCode": final.status,
            "lastDeliveryOutcome": final.error or str(final.status),
        }


def next_delay(retry: Retry, tried: int, status: int | None) -> float | None:
    """Seconds until the next attempt after `tried` failed ones; None where there is none."""
    if tried >= retry.max_attempts or status in NEVER_RETRIED:
        return None
    scheduled = retry.delays[min(tried, len(retry.delays)) - 1]
    return max(scheduled, LEAST_DELAYS.get(status or 0, 0.0)) * retry.scale
