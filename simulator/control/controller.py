"""The operations of the control API, without HTTP. They run on the simulator's event loop."""

from collections.abc import Mapping
from typing import Any

from simulator import world
from simulator.azure import lifecycle
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
from simulator.eventgrid.schema import Disturbance, Subscription
from simulator.faults import Fault
from simulator.schema import Model, guid
from simulator.simulation import Settings, Simulation
from simulator.wire import Json
from simulator.worldfile import parse_world


def named(change: Model, *excluded: str) -> Mapping[str, Any]:
    """Return the fields that the caller set, without the excluded ones."""
    return {name: getattr(change, name) for name in change.model_fields_set if name not in excluded}


class Controller:
    """Holds the current simulation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.simulation = Simulation(settings)

    async def reset(self, document: Any = None, *, keep_subscriptions: bool = False) -> None:
        """Reset to a world or to the seed. Raises WorldError without any change if the world is not valid."""
        start = parse_world(document) if document else None
        previous, self.simulation = self.simulation, Simulation(self._settings, start)
        if keep_subscriptions:
            self.simulation.grid.adopt(previous.grid.subscriptions)
        await previous.grid.close()

    def state(self) -> Json:
        return self.simulation.dump()

    def requests(self) -> list[Json]:
        return self.simulation.journal.dump()

    def clear_requests(self) -> None:
        self.simulation.journal.clear()

    def faults(self) -> list[Json]:
        return self.simulation.faults.dump()

    def add_faults(self, *faults: Fault) -> None:
        self.simulation.faults.add(*faults)

    def clear_faults(self) -> None:
        self.simulation.faults.clear()

    async def subscribe(self, subscription: Subscription) -> list[Json]:
        await self.simulation.grid.subscribe(subscription)
        return self.subscriptions()

    def subscriptions(self) -> list[Json]:
        return [subscription.dump() for subscription in self.simulation.grid.subscriptions]

    def unsubscribe(self, name: str) -> bool:
        return self.simulation.grid.unsubscribe(name)

    def emit(self, event: Json) -> None:
        self.simulation.grid.publish(event)

    def events(self) -> list[Json]:
        return [published.dump() for published in self.simulation.grid.published]

    def dead_letters(self) -> list[Json]:
        return list(self.simulation.grid.dead_letters)

    def disturb(self, disturbance: Disturbance) -> Json:
        self.simulation.grid.disturb(disturbance)
        return disturbance.dump()

    async def idle(self, bound: Idle) -> Json:
        return {"idle": await self.simulation.grid.idle(bound.timeout)}

    def topic(self, name: str) -> list[Json]:
        return list(self.simulation.topics.events.get(name, ()))

    def deny(self, body: Denied) -> Json:
        self.simulation.arm.state.denied = body.denied
        return body.dump()

    def lock(self, body: Locks) -> Json:
        self.simulation.arm.state.locks = body.locks
        return body.dump()

    def hold(self, body: world.Hold) -> Json:
        self.simulation.arm.state.hold = body
        return body.dump()

    def release(self, body: Release) -> list[str]:
        """Finish held operations. Returns the ids of their endpoints."""
        state = self.simulation.arm.state
        selected = [self._endpoint(body.endpoint)] if body.endpoint else list(state.endpoints.values())
        held = [one for one in selected if one.provisioning_state != "Succeeded" or one.missing]
        for endpoint in held:
            lifecycle.release(state, endpoint.id.lower())
            if body.event:
                deleted = endpoint.provisioning_state == "Deleting"
                self.simulation.arm.touch(endpoint, "delete" if deleted else "write")
        return [one.id for one in held]

    def endpoint(self, change: EndpointChange) -> Json:
        endpoint = self._endpoint(change.endpoint)
        changed = endpoint.model_copy(update={**named(change, "endpoint"), "etag": guid()})
        self.simulation.arm.state.endpoints[endpoint.id.lower()] = changed
        return changed.dump()

    def strip_tags(self, body: TagsStripped) -> list[str]:
        """Remove tags from endpoints as a deployment pipeline could: one write each. Returns their ids."""
        state, removed = self.simulation.arm.state, {name.lower() for name in body.tags or ()}
        selected = [self._endpoint(one) for one in body.endpoints or [e.id for e in state.endpoints.values()]]
        stripped = []
        for endpoint in selected:
            kept = {k: v for k, v in endpoint.tags.items() if body.tags is not None and k.lower() not in removed}
            if kept != endpoint.tags:
                changed = endpoint.model_copy(update={"tags": kept, "etag": guid()})
                state.endpoints[endpoint.id.lower()] = changed
                self.simulation.arm.touch(changed)
                stripped.append(endpoint.id)
        return stripped

    def metadata(self, body: BadMetadataNames) -> Json:
        self.simulation.arm.state.bad_metadata_names = body.bad_names
        return body.dump()

    def page_size(self, body: PageSize) -> Json:
        self.simulation.arm.state.page_size = body.page_size
        return body.dump()

    def connection(self, change: ConnectionChange) -> Json:
        endpoint = self._endpoint(change.endpoint)
        update = {"connection": change.status or endpoint.connection, "pinned": change.status is not None}
        changed = endpoint.model_copy(update={**update, "etag": guid()})
        self.simulation.arm.state.endpoints[endpoint.id.lower()] = changed
        self.simulation.settle()
        return self._endpoint(change.endpoint).dump()

    def address(self, change: AddressChange) -> Json:
        """Change the address of an endpoint's network interface, with a write event."""
        endpoint = self._endpoint(change.endpoint)
        moved = self.simulation.arm.state.move_endpoint(endpoint.id.lower(), change.address)
        self.simulation.arm.touch(moved)
        return moved.dump()

    def switch(self, changed: world.Switches) -> Json:
        """Change the named ClickHouse switches."""
        self.simulation.cloud.switch(named(changed))
        return self.simulation.cloud.state.switches.dump()

    def key(self, change: KeyChange) -> Json:
        return self.simulation.cloud.change_key(change.id, named(change, "id")).dump()

    def role(self, role: world.Role) -> Json:
        return self.simulation.cloud.define(role).dump()

    def service(self, change: ServiceChange) -> Json:
        return self.simulation.cloud.change_service(change.service, named(change, "service")).dump()

    def _endpoint(self, arm_id: str) -> world.PrivateEndpoint:
        endpoint = self.simulation.arm.state.endpoints.get(arm_id.lower())
        if endpoint is None:
            raise LookupError(f"no private endpoint {arm_id}")
        return endpoint
