"""A script with the steps of ClickHouse's guide for Azure Private Link, for one endpoint after the other."""

from collections.abc import Sequence

from bench.peers.api import Api
from bench.peers.azure import address_of, guid_of, put_wildcard, read_endpoint
from bench.sim import Sim
from bench.worlds import REGION


def connect(sim: Sim, endpoints: Sequence[str], services: Sequence[str]) -> None:
    """For each endpoint: two reads and a record in Azure, one PATCH of the organization, one of each service."""
    api = Api(sim)
    for one in endpoints:
        endpoint = read_endpoint(api, one)
        put_wildcard(api, endpoint, address_of(api, endpoint))
        named = {
            "id": guid_of(endpoint),
            "cloudProvider": "azure",
            "region": REGION,
            "description": "by hand",
        }
        api.clickhouse("PATCH", body={"privateEndpoints": {"add": [named]}})
        for service in services:
            body = {"privateEndpointIds": {"add": [guid_of(endpoint)]}}
            api.clickhouse("PATCH", f"/services/{service}", body)
    api.close()


def calls(endpoints: int, services: int) -> int:
    """The number of calls to ClickHouse."""
    return endpoints * (1 + services)
