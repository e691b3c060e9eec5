"""Private IP addresses of network interfaces."""

from ipaddress import ip_address, ip_network

from simulator.azure.errors import ArmError, bad_request

RESERVED = 4  # the network address, the gateway and two for DNS


class AddressBook:
    """Allocates the addresses of each subnet in ascending order, so a recreated endpoint gets a new address."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._taken: set[tuple[str, str]] = set()

    def take(self, subnet: str, address: str) -> str:
        self._taken.add((subnet.lower(), address))
        return address

    def release(self, subnet: str, address: str) -> None:
        """Make an address available for static assignment. Dynamic allocation does not reuse it."""
        self._taken.discard((subnet.lower(), address))

    def check(self, subnet: str, prefix: str, address: str) -> None:
        """Raise ArmError if the address is not available."""
        if ip_address(address) not in ip_network(prefix):
            raise bad_request(f"{address} does not belong to subnet {subnet}.", "PrivateIPAddressNotInSubnet")
        if (subnet.lower(), address) in self._taken:
            raise bad_request(f"{address} is already in use in subnet {subnet}.", "PrivateIPAddressInUse")

    def allocate(self, subnet: str, prefix: str) -> str:
        key, network = subnet.lower(), ip_network(prefix)
        for host in range(self._next.get(key, RESERVED), network.num_addresses - 1):
            address = str(network[host])
            if (key, address) not in self._taken:
                self._next[key] = host + 1
                return self.take(subnet, address)
        raise ArmError(400, "SubnetIsFull", f"Subnet {subnet} does not have enough capacity for 1 IP address.")
