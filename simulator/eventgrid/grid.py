"""Event Grid: at-least-once, unordered delivery to webhooks."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from itertools import batched

import httpx

from simulator.eventgrid.delivery import Attempt, Delivery, Status, next_delay
from simulator.eventgrid.event_schemas import encode, matches
from simulator.eventgrid.handshake import shake_hands
from simulator.eventgrid.schema import Disturbance, Subscription
from simulator.journal import now
from simulator.wire import Json

REORDER_WINDOW = 0.02  # seconds in which events are collected before they are delivered in reverse order


@dataclass(eq=False, slots=True)
class Published:
    """An event with all its deliveries."""

    event: Json
    deliveries: list[Delivery] = field(default_factory=list)

    def dump(self) -> Json:
        return {"event": self.event, "deliveries": [delivery.dump() for delivery in self.deliveries]}


@dataclass(eq=False, slots=True)
class _Queue:
    """The deliveries of one subscription that wait for their first attempt."""

    subscription: Subscription
    waiting: list[Delivery] = field(default_factory=list)
    draining: bool = False


class Grid:
    """Subscriptions, published events and their deliveries, on one event loop."""

    def __init__(self) -> None:
        self.published: list[Published] = []
        self.dead_letters: list[Json] = []
        self.disturbance = Disturbance()
        self._queues: dict[str, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._changed = asyncio.Event()
        self._clients: dict[str, httpx.AsyncClient] = {}

    @property
    def subscriptions(self) -> list[Subscription]:
        return [queue.subscription for queue in self._queues.values()]

    def deliveries(self) -> Iterator[Delivery]:
        """Yield every delivery of every event."""
        return (delivery for event in self.published for delivery in event.deliveries)

    async def subscribe(self, subscription: Subscription) -> None:
        """Add or replace a subscription. Raises HandshakeError if its webhook does not pass the handshake."""
        await shake_hands(self._http(subscription), subscription)
        self._queues[subscription.name] = _Queue(subscription)

    def adopt(self, subscriptions: list[Subscription]) -> None:
        """Add subscriptions without a handshake."""
        self._queues.update({one.name: _Queue(one) for one in subscriptions})

    def unsubscribe(self, name: str) -> bool:
        return self._queues.pop(name, None) is not None

    def disturb(self, disturbance: Disturbance) -> None:
        self.disturbance = disturbance
        self._notify()

    def publish(self, event: Json) -> None:
        """Store an event and deliver it to every matching subscription."""
        published = Published(event)
        self.published.append(published)
        lost = self.disturbance.lose > 0
        if lost:
            self.disturbance = self.disturbance.model_copy(update={"lose": self.disturbance.lose - 1})
        for queue in self._queues.values():
            if matches(queue.subscription, event):
                published.deliveries += self._enqueue(queue, event, lost=lost)

    async def idle(self, timeout: float) -> bool:  # noqa: ASYNC109 - the timeout is part of the control API
        """Wait until no delivery is in progress, retries included. Returns False on timeout."""
        try:
            async with asyncio.timeout(timeout):
                while self._pending:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Cancel all deliveries."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _enqueue(self, queue: _Queue, event: Json, *, lost: bool) -> list[Delivery]:
        if lost:
            return [Delivery(queue.subscription, event, status="lost")]
        copies = [Delivery(queue.subscription, event) for _ in range(1 + self.disturbance.duplicate)]
        queue.waiting += copies
        self._pending += len(copies)
        if not queue.draining:
            queue.draining = True
            self._start(self._drain(queue))
        return copies

    async def _drain(self, queue: _Queue) -> None:
        """Deliver the waiting events in concurrent batches."""
        await asyncio.sleep(REORDER_WINDOW if self.disturbance.reorder else 0)
        while self.disturbance.paused:
            await self._changed.wait()
        waiting, queue.waiting, queue.draining = queue.waiting, [], False
        if self.disturbance.reorder:
            waiting.reverse()
        for batch in batched(waiting, queue.subscription.max_events_per_batch, strict=False):
            self._start(self._deliver(queue.subscription, batch))

    async def _deliver(self, subscription: Subscription, batch: tuple[Delivery, ...]) -> None:
        await asyncio.sleep(self.disturbance.delay_ms / 1000)
        while True:
            attempt = await self._attempt(subscription, batch)
            if attempt.succeeded:
                return self._settle(batch, "delivered")
            delay = next_delay(subscription.retry, len(batch[0].attempts), attempt.status)
            if delay is None:
                return self._give_up(subscription, batch)
            await asyncio.sleep(delay)

    async def _attempt(self, subscription: Subscription, batch: tuple[Delivery, ...]) -> Attempt:
        body, content_type = encode(subscription, [delivery.event for delivery in batch])
        headers = {
            "content-type": content_type,
            "aeg-event-type": "Notification",
            "aeg-subscription-name": subscription.name.upper(),
            "aeg-delivery-count": str(len(batch[0].attempts)),
            "aeg-data-version": "2",
            "aeg-metadata-version": "1",
        }
        timeout, started = httpx.Timeout(subscription.retry.timeout, pool=None), now()
        try:
            response = await self._http(subscription).post(
                subscription.endpoint, content=body, headers=headers, timeout=timeout
            )
            attempt = Attempt(started, response.status_code)
        except httpx.HTTPError as error:
            attempt = Attempt(started, None, repr(error))
        for delivery in batch:
            delivery.attempts.append(attempt)
        return attempt

    def _give_up(self, subscription: Subscription, batch: tuple[Delivery, ...]) -> None:
        if not subscription.dead_letter:
            return self._settle(batch, "dropped")
        self.dead_letters += [delivery.dead_letter() for delivery in batch]
        return self._settle(batch, "deadLettered")

    def _settle(self, batch: tuple[Delivery, ...], status: Status) -> None:
        for delivery in batch:
            delivery.status = status
        self._pending -= len(batch)
        self._notify()

    def _notify(self) -> None:
        """Wake all waiting tasks; a new event object serves the next change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _http(self, subscription: Subscription) -> httpx.AsyncClient:
        """Return the client of a subscription. Separate clients keep a slow webhook from delaying others."""
        if subscription.name not in self._clients:
            # Webhooks are local: a proxy in the environment must not be used.
            limits = httpx.Limits(max_connections=64)
            self._clients[subscription.name] = httpx.AsyncClient(trust_env=False, limits=limits)
        return self._clients[subscription.name]
