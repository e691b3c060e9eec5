"""Private addresses for network interfaces."""

from ipaddress import ip_network

from simulator.azure.errors import ArmError

AZURE_KEEPS = 4  # the network's own address, the gateway and two for DNS


class AddressBook:
    """Hands out each subnet's addresses in order and never one twice, so a recreated endpoint moves."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._taken: set[tuple[str, str]] = set()

    def take(self, subnet: str, address: str) -> str:
        self._taken.add((subnet.lower(), address))
        return address

    def allocate(self, subnet: str, prefix: str) -> str:
        key, network = subnet.lower(), ip_network(prefix)
        for host in range(self._next.get(key, AZURE_KEEPS), network.num_addresses - 1):
            address = str(network[host])
            if (key, address) not in self._taken:
                self._next[key] = host + 1
                return self.take(subnet, address)
        raise ArmError(
            400, "SubnetIsFull", f"Subnet {subnet} does not have enough capacity for 1 IP address."
        )
