"""The Azure part of every alternative: the address of the endpoint, and its record."""

from bench.peers.api import Api
from bench.worlds import ZONE, Json


def read_endpoint(api: Api, endpoint: str) -> Json:
    return api.arm("GET", endpoint)


def address_of(api: Api, endpoint: Json) -> str:
    interface = api.arm("GET", endpoint["properties"]["networkInterfaces"][0]["id"])
    return str(interface["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"])


def put_wildcard(api: Api, endpoint: Json, address: str) -> None:
    """Write the wildcard record of the zone in the endpoint's resource group."""
    group = endpoint["id"].partition("/providers/")[0]
    record = f"{group}/providers/Microsoft.Network/privateDnsZones/{ZONE}/A/*"
    api.arm("PUT", record, {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": address}]}})


def guid_of(endpoint: Json) -> str:
    return str(endpoint["properties"]["resourceGuid"])
