"""The control API as Python methods, for tests and the demo."""

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

TIMEOUT = 60.0  # seconds to wait for the simulator's event loop


class RunningSimulator:
    """The control API as methods. Documents are those of the HTTP control API, with camelCase keys.

    Methods can be called from any thread, which they block. If a webhook runs on the caller's event loop, call
    `subscribe` and `idle` through `asyncio.to_thread`.
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
        """Also serve https, on a separate port. Returns its URL."""
        return self._await(self._serve_https(certificate))

    def reset(self, start: Json | None = None, *, keep_subscriptions: bool = False) -> None:
        """Reset to a world; default: the world that the simulator started with."""
        self._await(self._controller.reset(start, keep_subscriptions=keep_subscriptions))

    def state(self) -> Json:
        return self._call(self._controller.state)

    def requests(self, system: str | None = None, method: str | None = None) -> list[Json]:
        """Return the request log, optionally of one system ("arm", "dns", "clickhouse", …) or method."""
        return [
            entry
            for entry in self._call(self._controller.requests)
            if system in (None, entry["system"]) and method in (None, entry["method"])
        ]

    def clear_requests(self) -> None:
        self._call(self._controller.clear_requests)

    def fault(self, **rule: Any) -> None:
        """Add a fault rule: `fault(match={"method": "PATCH"}, status=500, count=2)`."""
        fault = Fault.model_validate(rule)
        self._call(lambda: self._controller.add_faults(fault))

    def faults(self) -> list[Json]:
        return self._call(self._controller.faults)

    def clear_faults(self) -> None:
        self._call(self._controller.clear_faults)

    def subscribe(self, **subscription: Any) -> None:
        """Add an event subscription. Raises HandshakeError if the webhook does not pass the handshake."""
        self._await(self._controller.subscribe(Subscription.model_validate(subscription)))

    def unsubscribe(self, name: str) -> bool:
        return self._call(lambda: self._controller.unsubscribe(name))

    def delivery(self, **disturbance: Any) -> None:
        """Set all delivery switches; those that are not named get their defaults."""
        switches = Disturbance.model_validate(disturbance)
        self._call(lambda: self._controller.disturb(switches))

    def emit(self, event: Json) -> None:
        self._call(lambda: self._controller.emit(event))

    def events(self) -> list[Json]:
        return self._call(self._controller.events)

    def dead_letters(self) -> list[Json]:
        return self._call(self._controller.dead_letters)

    def idle(self, timeout: float = 10.0) -> bool:
        """Wait until no delivery is in progress, retries included. Returns False on timeout."""
        return bool(self._await(self._controller.idle(Idle(timeout=timeout)), timeout + TIMEOUT)["idle"])

    def topic(self, name: str) -> list[Json]:
        return self._call(lambda: self._controller.topic(name))

    def deny(self, *denied: str | Json) -> None:
        """Replace the denied scopes; without arguments nothing is denied."""
        body = Denied.model_validate({"denied": denied})
        self._call(lambda: self._controller.deny(body))

    def lock(self, *locks: str | Json) -> None:
        """Replace the locks; without arguments nothing is locked."""
        body = Locks.model_validate({"locks": locks})
        self._call(lambda: self._controller.lock(body))

    def hold(self, **switches: Any) -> None:
        """Hold new endpoints (`creation`, `missing`) or deleted ones (`deletion`); omitted switches are off."""
        body = world.Hold.model_validate(switches)
        self._call(lambda: self._controller.hold(body))

    def release(self, endpoint: str | None = None, *, event: bool = False) -> list[str]:
        """Finish the held operation of one endpoint, or of all. Returns their ids."""
        body = Release(endpoint=endpoint, event=event)
        return self._call(lambda: self._controller.release(body))

    def endpoint(self, endpoint: str, **changes: Any) -> Json:
        """Change `provisioningState` or `missing` of an endpoint, without an event."""
        change = EndpointChange.model_validate({"endpoint": endpoint, **changes})
        return self._call(lambda: self._controller.endpoint(change))

    def strip_tags(self, *tags: str, endpoints: Sequence[str] | None = None) -> list[str]:
        """Remove tags (default: all) from endpoints (default: all), with an event for each. Returns their ids."""
        body = TagsStripped(tags=tags or None, endpoints=None if endpoints is None else tuple(endpoints))
        return self._call(lambda: self._controller.strip_tags(body))

    def metadata(self, bad_names: Literal["refuse", "drop"]) -> None:
        """Refuse or drop metadata names that are not valid in Azure."""
        body = BadMetadataNames(bad_names=bad_names)
        self._call(lambda: self._controller.metadata(body))

    def page_size(self, size: int) -> None:
        body = PageSize(page_size=size)
        self._call(lambda: self._controller.page_size(body))

    def connection(
        self, endpoint: str, status: Literal["Approved", "Rejected", "Disconnected", "Pending"] | None
    ) -> Json:
        """Hold a connection in a status; None releases it to follow the allow lists."""
        change = ConnectionChange(endpoint=endpoint, status=status)
        return self._call(lambda: self._controller.connection(change))

    def address(self, endpoint: str, address: str) -> Json:
        """Change the address of an endpoint, with a write event."""
        change = AddressChange(endpoint=endpoint, address=address)
        return self._call(lambda: self._controller.address(change))

    def switches(self, **switches: Any) -> Json:
        """Change the named ClickHouse switches."""
        named = world.Switches.model_validate(switches)
        return self._call(lambda: self._controller.switch(named))

    def role(self, name: str, *permissions: str, services: Sequence[str] | None = None) -> Json:
        """Define a custom role, for these services or for all."""
        role = world.Role(name=name, permissions=permissions, services=services and tuple(services))
        return self._call(lambda: self._controller.role(role))

    def key(self, key: str, **changes: Any) -> Json:
        """Change the named fields of an API key: role, state, expiry, IP access list."""
        change = KeyChange.model_validate({"id": key, **changes})
        return self._call(lambda: self._controller.key(change))

    def service(self, service: str, **changes: Any) -> Json:
        """Change the named fields of a ClickHouse service: state, config status, omitted keys."""
        change = ServiceChange.model_validate({"service": service, **changes})
        return self._call(lambda: self._controller.service(change))

    def _call[T](self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self._await(run())

    def _await[T](self, work: Coroutine[Any, Any, T], seconds: float = TIMEOUT) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)
