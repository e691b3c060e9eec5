"""Publishing outcome events to an Event Grid topic, through azure-eventgrid, in the schema CloudEvents 1.0."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from shared.domain.audit.outcome_events import PREFIX, OutcomeEvent
from shared.domain.model.errors import TemporaryError

# A topic takes 1 MB in one request; these many events are some 100 KB.
MOST_IN_A_REQUEST = 100


@dataclass
class OutcomeTopic:
    """The port `Topic`. The topic must take the CloudEvents schema.

    No credential: none is to be sent. The SDK is loaded in a thread, beside whatever goes on.
    """

    endpoint: str
    owner: str
    credential: Any
    _made: "asyncio.Task[Any] | None" = field(default=None, init=False)

    async def publish(self, events: Sequence[OutcomeEvent]) -> None:
        client = await self._client()
        batches = batched(map(self._cloud_event, events), MOST_IN_A_REQUEST, strict=False)
        sent = await asyncio.gather(*(client.send(list(one)) for one in batches), return_exceptions=True)
        for failure in (one for one in sent if isinstance(one, BaseException)):
            raise _translated(self.endpoint, failure) from failure

    async def close(self) -> None:
        if self._made:
            await (await self._made).close()

    async def _client(self) -> Any:
        self._made = self._made or asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._made)

    def _make(self) -> Any:
        from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415 -- slow to import
        from azure.eventgrid.aio import EventGridPublisherClient  # noqa: PLC0415 -- slow to import

        # The client insists on a credential, also where none is to be sent.
        credential = self.credential or AzureKeyCredential("none")
        return EventGridPublisherClient(
            self.endpoint, credential, retry_total=3, retry_backoff_factor=0.2, retry_backoff_max=1
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


def _translated(endpoint: str, error: BaseException) -> BaseException:
    if isinstance(error, HttpResponseError):
        return TemporaryError(f"publishing to {endpoint}: it answered {error.status_code} {error.reason}")
    if isinstance(error, AzureError):
        return TemporaryError(f"publishing to {endpoint}: {type(error).__name__}: {error.message}")
    return error
