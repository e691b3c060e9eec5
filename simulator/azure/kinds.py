"""The served resource types and their handlers."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.azure import aliases, endpoints, groups, lifecycle, networks, nics, record_sets, zones
from simulator.azure.paths import Target
from simulator.azure.state import State
from simulator.wire import Reply, Request

type Handler = Callable[[State, Target, Request], Reply]


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type; methods without a handler return 405."""

    type: str
    get: Handler | None = None
    listing: Handler | None = None
    put: Handler | None = None
    patch: Handler | None = None
    delete: Handler | None = None

    def handler(self, method: str, *, collection: bool) -> Handler | None:
        if collection:
            return self.listing if method == "GET" else None
        return {"GET": self.get, "PUT": self.put, "PATCH": self.patch, "DELETE": self.delete}.get(method)


_ALL = (
    Kind(endpoints.TYPE, endpoints.get, endpoints.listing, endpoints.put, delete=endpoints.delete),
    Kind("Microsoft.Network/locations/operations", lifecycle.operation),
    Kind("Microsoft.Network/locations/operationResults", lifecycle.operation_result),
    Kind(nics.TYPE, nics.get, nics.listing),
    Kind(networks.TYPE, networks.get, networks.listing, networks.put),
    Kind(networks.SUBNET_TYPE, networks.get_subnet, networks.list_subnets, networks.put_subnet),
    Kind(zones.TYPE, zones.get, zones.listing, zones.put, delete=zones.delete),
    Kind(zones.LINK_TYPE, zones.get_link, zones.list_links, zones.put_link, delete=zones.delete_link),
    Kind(
        record_sets.TYPE,
        record_sets.get,
        record_sets.listing,
        record_sets.put,
        record_sets.patch,
        record_sets.delete,
    ),
    Kind(aliases.TYPE, aliases.get, aliases.listing, aliases.put, delete=aliases.delete),
    Kind(record_sets.SOA_TYPE, record_sets.get_soa),
    Kind(f"{zones.TYPE}/ALL", listing=record_sets.list_all),
    Kind(groups.TYPE, groups.get, groups.listing, groups.put),
    Kind(groups.SUBSCRIPTION_TYPE, groups.get_subscription, groups.list_subscriptions),
)

KINDS = {kind.type.lower(): kind for kind in _ALL}
