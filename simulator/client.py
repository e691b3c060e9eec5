"""A running simulator as its tests and the demo see it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

from simulator import world
from simulator.control.bodies import (
    AddressChange,
    BadMetadataNames,
    ConnectionChange,
    Denied,
    EndpointChange,
    Idle,
    KeyChange,
    Locks,
    PageSize,
    Release,
    ServiceChange,
    TagsStripped,
)
from simulator.control.controller import Controller
from simulator.eventgrid.schema import Disturbance, Subscription
from simulator.faults import Fault
from simulator.tls import Certificate
from simulator.wire import Json

PATIENCE = 60.0  # seconds after which a simulator that does not answer is taken for dead


class RunningSimulator:
    """The control API as methods; documents are those of the HTTP control API, keys in camelCase.

    They may be called from any thread and block it for their time: where the webhook of `subscribe` or
    `idle` lives on the caller's own event loop, call them through `asyncio.to_thread`.
    """

    def __init__(
        self,
        url: str,
        controller: Controller,
        loop: asyncio.AbstractEventLoop,
        serve_https: Callable[[Certificate], Coroutine[Any, Any, str]],
    ) -> None:
        self.url = url
        self._controller, self._loop, self._serve_https = controller, loop, serve_https

    def serve_https(self, certificate: Certificate) -> str:
        """Answer https as well from now on, on a port of its own; the URL of it."""
        return self._await(self._serve_https(certificate))

    def reset(self, start: Json | None = None, *, keep_subscriptions: bool = False) -> None:
        """Begin anew from a world, or from the one the simulator started with."""
        self._await(self._controller.reset(start, keep_subscriptions=keep_subscriptions))

    def state(self) -> Json:
        return self._call(self._controller.state)

    def requests(self, system: str | None = None, method: str | None = None) -> list[Json]:
        """The request log, perhaps of one system ("arm", "dns", "clickhouse", …) or method only."""
        return [
            entry
            for entry in self._call(self._controller.requests)
            if system in (None, entry["system"]) and method in (None, entry["method"])
        ]

    def clear_requests(self) -> None:
        self._call(self._controller.clear_requests)

    def fault(self, **rule: Any) -> None:
        """Add one fault rule: `fault(match={"method": "PATCH"}, status=500, count=2)`."""
        fault = Fault.model_validate(rule)
        self._call(lambda: self._controller.add_faults(fault))

    def faults(self) -> list[Json]:
        return self._call(self._controller.faults)

    def clear_faults(self) -> None:
        self._call(self._controller.clear_faults)

    def subscribe(self, **subscription: Any) -> None:
        """Add an event subscription; raises HandshakeError where its webhook does not agree."""
        self._await(self._controller.subscribe(Subscription.model_validate(subscription)))

    def unsubscribe(self, name: str) -> bool:
        return self._call(lambda: self._controller.unsubscribe(name))

    def delivery(self, **disturbance: Any) -> None:
        """Set every delivery switch; those not named go back to their defaults."""
        wanted = Disturbance.model_validate(disturbance)
        self._call(lambda: self._controller.disturb(wanted))

    def emit(self, event: Json) -> None:
        self._call(lambda: self._controller.emit(event))

    def events(self) -> list[Json]:
        return self._call(self._controller.events)

    def dead_letters(self) -> list[Json]:
        return self._call(self._controller.dead_letters)

    def idle(self, timeout: float = 10.0) -> bool:
        """Wait until no delivery is under way, retries included; False where that took longer."""
        return bool(self._await(self._controller.idle(Idle(timeout=timeout)), timeout + PATIENCE)["idle"])

    def topic(self, name: str) -> list[Json]:
        return self._call(lambda: self._controller.topic(name))

    def deny(self, *denied: str | Json) -> None:
        """Deny these scopes instead of the former ones; without any, deny nothing."""
        wanted = Denied.model_validate({"denied": denied})
        self._call(lambda: self._controller.deny(wanted))

    def lock(self, *locks: str | Json) -> None:
        """Lock these scopes instead of the former ones; without any, none."""
        wanted = Locks.model_validate({"locks": locks})
        self._call(lambda: self._controller.lock(wanted))

    def hold(self, **switches: Any) -> None:
        """From now on hold new endpoints (`creation`, `missing`) or deleted ones (`deletion`); those not named: no."""
        wanted = world.Hold.model_validate(switches)
        self._call(lambda: self._controller.hold(wanted))

    def release(self, endpoint: str | None = None, *, event: bool = False) -> list[str]:
        """Finish what this endpoint, or every one, is held in; the ids of those that were."""
        wanted = Release(endpoint=endpoint, event=event)
        return self._call(lambda: self._controller.release(wanted))

    def endpoint(self, endpoint: str, **changes: Any) -> Json:
        """Change what is named of an endpoint, without an event: `provisioningState`, `missing`."""
        change = EndpointChange.model_validate({"endpoint": endpoint, **changes})
        return self._call(lambda: self._controller.endpoint(change))

    def strip_tags(self, *tags: str, endpoints: Sequence[str] | None = None) -> list[str]:
        """Take these tags (without any: all) off these endpoints (without any: all), with an event for each."""
        wanted = TagsStripped(tags=tags or None, endpoints=None if endpoints is None else tuple(endpoints))
        return self._call(lambda: self._controller.strip_tags(wanted))

    def metadata(self, bad_names: Literal["refuse", "drop"]) -> None:
        """What happens to metadata names that Azure does not take."""
        wanted = BadMetadataNames(bad_names=bad_names)
        self._call(lambda: self._controller.metadata(wanted))

    def page_size(self, size: int) -> None:
        wanted = PageSize(page_size=size)
        self._call(lambda: self._controller.page_size(wanted))

    def connection(
        self, endpoint: str, status: Literal["Approved", "Rejected", "Disconnected", "Pending"] | None
    ) -> Json:
        """Hold a connection in a status; None lets it follow the allow lists again."""
        change = ConnectionChange(endpoint=endpoint, status=status)
        return self._call(lambda: self._controller.connection(change))

    def address(self, endpoint: str, address: str) -> Json:
        """Move an endpoint to another address, raising the event of a write."""
        change = AddressChange(endpoint=endpoint, address=address)
        return self._call(lambda: self._controller.address(change))

    def switches(self, **switches: Any) -> Json:
        """Change the ClickHouse switches that are named."""
        named = world.Switches.model_validate(switches)
        return self._call(lambda: self._controller.switch(named))

    def role(self, name: str, *permissions: str, services: Sequence[str] | None = None) -> Json:
        """Define a custom role, for these services or for all."""
        role = world.Role(name=name, permissions=permissions, services=services and tuple(services))
        return self._call(lambda: self._controller.role(role))

    def key(self, key: str, **changes: Any) -> Json:
        """Change what is named of an API key: its role, state, expiry or IP access list."""
        change = KeyChange.model_validate({"id": key, **changes})
        return self._call(lambda: self._controller.key(change))

    def service(self, service: str, **changes: Any) -> Json:
        """Change what is named of a ClickHouse service: its state, the status of its config, what it omits."""
        change = ServiceChange.model_validate({"service": service, **changes})
        return self._call(lambda: self._controller.service(change))

    def _call[T](self, work: Callable[[], T]) -> T:
        async def on_the_loop() -> T:
            return work()

        return self._await(on_the_loop())

    def _await[T](self, work: Coroutine[Any, Any, T], seconds: float = PATIENCE) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)
