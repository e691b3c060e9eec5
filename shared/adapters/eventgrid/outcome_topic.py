"""Publishing outcome events to an Event Grid topic, through azure-eventgrid, in the schema CloudEvents 1.0."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, ClassVar

from shared.adapters.sdk_client import SdkClient
from shared.domain.audit.outcome_events import PREFIX, OutcomeEvent

# The limit is 1 MB per request; this many events are about 100 KB.
MOST_IN_A_REQUEST = 100


@dataclass
class OutcomeTopic(SdkClient):
    """The port `Topic`. The topic must take the CloudEvents schema."""

    service: ClassVar[str] = "the topic"

    owner: str = field(kw_only=True)

    async def publish(self, events: Sequence[OutcomeEvent]) -> None:
        batches = batched(events, MOST_IN_A_REQUEST, strict=False)
        failures = await asyncio.gather(*map(self._send, batches), return_exceptions=True)
        for failure in filter(None, failures):
            raise failure

    async def _send(self, events: Sequence[OutcomeEvent]) -> None:
        cloud_events = list(map(self._cloud_event, events))
        await self._call(f"publishing to {self.url}", lambda client: client.send(cloud_events))

    def _make(self) -> Any:
        from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415 -- slow to import
        from azure.eventgrid.aio import EventGridPublisherClient  # noqa: PLC0415 -- slow to import

        # The client requires a credential, even if none is sent.
        credential = self.credential or AzureKeyCredential("none")
        return EventGridPublisherClient(
            self.url, credential, retry_total=3, retry_backoff_factor=0.2, retry_backoff_max=1
        )

    def _cloud_event(self, event: OutcomeEvent) -> Any:
        from azure.core.messaging import CloudEvent  # noqa: PLC0415 -- loaded with the SDK

        return CloudEvent(
            source=f"/clickhouse-privatelink/{self.owner}",
            type=f"{PREFIX}{event.type}",
            id=event.id,
            subject=event.subject,
            time=event.time,
            data=dict(event.data),
        )
