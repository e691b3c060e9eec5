"""The private addresses of an endpoint: its own, or else those of its network interfaces."""

from ipaddress import AddressValueError, IPv4Address

from shared.domain.model.resources import Endpoint, ReadFailed
from shared.domain.model.snapshot import ReadAddresses, Snapshot


def addresses_of(snapshot: Snapshot, endpoint: Endpoint) -> tuple[str, ...] | ReadFailed:
    """The addresses, sorted; none if it has none yet, ReadFailed if an interface could not be read."""
    if endpoint.addresses:
        return tuple(sorted(endpoint.addresses))
    readings = [snapshot.get(ReadAddresses(interface)) for interface in endpoint.interfaces]
    for reading in readings:
        if isinstance(reading, ReadFailed):
            return reading
    return tuple(sorted({a for reading in readings if isinstance(reading, tuple) for a in reading}))


def is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
