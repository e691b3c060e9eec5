"""The configuration of event delivery."""

from typing import Annotated, Literal

from pydantic import Field

from simulator.schema import Model

# Event Grid's retry schedule in seconds; the last delay repeats.
DELAYS = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)


class Retry(Model):
    """The retry policy. `scale` is a factor for every delay, to shorten tests."""

    delays: Annotated[tuple[float, ...], Field(min_length=1)] = DELAYS
    scale: Annotated[float, Field(ge=0)] = 1.0
    max_attempts: Annotated[int, Field(ge=1, le=30)] = 30
    timeout: Annotated[float, Field(gt=0)] = 30.0


class Subscription(Model):
    """An event subscription with a webhook as its destination."""

    name: Annotated[str, Field(min_length=1)]
    endpoint: Annotated[str, Field(pattern=r"^https?://")]
    event_schema: Annotated[Literal["EventGridSchema", "CloudEventSchemaV1_0"], Field(alias="schema")] = (
        "EventGridSchema"
    )
    included_event_types: tuple[str, ...] = ()
    included_operations: tuple[str, ...] = ()
    subject_begins_with: str = ""
    max_events_per_batch: Annotated[int, Field(ge=1, le=5000)] = 1
    retry: Retry = Retry()
    dead_letter: bool = False


class Disturbance(Model):
    """Delivery problems; the README describes each switch."""

    duplicate: Annotated[int, Field(ge=0)] = 0
    lose: Annotated[int, Field(ge=0)] = 0
    reorder: bool = False
    delay_ms: Annotated[int, Field(ge=0)] = 0
    paused: bool = False
