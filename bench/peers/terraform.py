"""The calls of ClickHouse's Terraform provider, at Terraform's default parallelism of 10.

From the source of the provider, v3.25.3: creating a `clickhouse_service_private_endpoints_attachment` is a GET
and a PATCH of the service; refreshing it is a GET; after a 429 it waits for as long as the server asks, and about
two seconds more. The service registers the id.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

from bench.peers.api import Api
from bench.peers.azure import address_of, guid_of, put_wildcard, read_endpoint
from bench.sim import Sim

_PARALLELISM = 10
_PAUSE = 2.0


def connect_each(sim: Sim, endpoints: Sequence[str], services: Sequence[str]) -> None:
    """An attachment for each endpoint and service: each team has its own configuration.

    The provider does not support several attachments to one service, but separate configurations need them.
    """
    api = Api(sim, pause=_PAUSE)
    with ThreadPoolExecutor(_PARALLELISM) as pool:
        guids = list(pool.map(lambda one: _azure(api, one), endpoints))
        list(pool.map(lambda pair: _attach(api, pair[1], [pair[0]]), product(guids, services)))
    api.close()


def connect_all(sim: Sim, endpoints: Sequence[str], services: Sequence[str]) -> None:
    """One attachment with all endpoints for each service: one configuration for all endpoints."""
    api = Api(sim, pause=_PAUSE)
    with ThreadPoolExecutor(_PARALLELISM) as pool:
        guids = list(pool.map(lambda one: _azure(api, one), endpoints))
        list(pool.map(lambda service: _attach(api, service, guids), services))
    api.close()


def calls_for_each(endpoints: int, services: int) -> int:
    """The number of calls to ClickHouse by `connect_each`."""
    return 2 * endpoints * services


def calls_for_all(_endpoints: int, services: int) -> int:
    """The number of calls to ClickHouse by `connect_all`."""
    return 2 * services


def _azure(api: Api, one: str) -> str:
    endpoint = read_endpoint(api, one)
    put_wildcard(api, endpoint, address_of(api, endpoint))
    return guid_of(endpoint)


def _attach(api: Api, service: str, guids: Sequence[str]) -> None:
    known = api.clickhouse("GET", f"/services/{service}")["privateEndpointIds"]
    again = [guid for guid in guids if guid in known]
    body = {"privateEndpointIds": {"add": list(guids), "remove": again}}
    api.clickhouse("PATCH", f"/services/{service}", body)
