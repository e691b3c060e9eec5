"""Publishing outcome events to an Event Grid topic, through azure-eventgrid, in the schema CloudEvents 1.0."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from shared.adapters.http_errors import cause_kind
from shared.domain.audit.outcome_events import PREFIX, OutcomeEvent
from shared.domain.model.errors import Cause, CauseKind, TemporaryError

# The limit is 1 MB per request; this many events are about 100 KB.
MOST_IN_A_REQUEST = 100


@dataclass
class OutcomeTopic:
    """The port `Topic`. The topic must take the CloudEvents schema.

    Without a credential none is sent. The SDK is imported in a thread.
    """

    endpoint: str
    owner: str
    credential: Any
    _made: "asyncio.Task[Any] | None" = field(default=None, init=False)

    async def publish(self, events: Sequence[OutcomeEvent]) -> None:
        client = await self._client()
        batches = batched(map(self._cloud_event, events), MOST_IN_A_REQUEST, strict=False)
        sent = await asyncio.gather(*(client.send(list(batch)) for batch in batches), return_exceptions=True)
        for failure in (result for result in sent if isinstance(result, BaseException)):
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

        # The client requires a credential, even if none is sent.
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
        cause = Cause(cause_kind(error.status_code))
        text = f"publishing to {endpoint}: the topic returned {error.status_code} {error.reason}"
        return TemporaryError(text, cause=cause)
    if isinstance(error, AzureError):
        lost = Cause(CauseKind.CONNECTION_LOST)
        return TemporaryError(f"publishing to {endpoint}: {type(error).__name__}: {error.message}", cause=lost)
    return error
