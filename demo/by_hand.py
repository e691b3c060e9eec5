"""What people do by hand. Each action is shown as the command that does it in Azure or ClickHouse Cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from demo.initial_state import (
    AGENT,
    ALIAS,
    CONSOLE_KEY,
    DNS_GROUP,
    NETWORK_GROUP,
    NETWORKS,
    ORGANIZATION,
    REGION,
    SERVICE_IDS,
    SPOKE_GROUP,
    SPOKE_NETWORKS,
    SPOKES,
    SUBNET,
    TAG,
    VNET,
    ZONE,
    ZONES,
    Json,
    endpoint_id,
    spoke_id,
)
from demo.show import Show

_VERSION = "2024-05-01"
_SUBNET = f"{NETWORKS}/virtualNetworks/{VNET}/subnets/{SUBNET}"


@contextmanager
def people(url: str, show: Show) -> Iterator["People"]:
    """People at the simulator's `url`, whose commands are shown."""
    with httpx.Client(base_url=url, headers={"User-Agent": AGENT}, trust_env=False) as client:
        yield People(client, show)


@dataclass(frozen=True)
class People:
    """Someone with `az`, and someone in the ClickHouse Cloud console."""

    client: httpx.Client
    show: Show

    def create_endpoint(self, name: str, services: str, alias: str = ALIAS) -> str:
        """The status of its connection, as Azure answered."""
        for command in to_create(name, services, alias):
            self.show.command(*command)
        answer = self._arm("PUT", endpoint_id(name), endpoint_body(alias, services))
        (connection,) = answer.json()["properties"]["manualPrivateLinkServiceConnections"]
        return str(connection["properties"]["privateLinkServiceConnectionState"]["status"])

    def delete_endpoint(self, name: str) -> None:
        self.show.command(to_delete(name))
        self._arm("DELETE", endpoint_id(name))

    def retag(self, name: str, services: str) -> None:
        for command in to_retag(name, services):
            self.show.command(command)
        tags = {"operation": "Merge", "properties": {"tags": {TAG: services}}}
        self._arm("PATCH", f"{endpoint_id(name)}/providers/Microsoft.Resources/tags/default", tags)

    def create_spokes(self, services: str) -> None:
        """A private endpoint in each spoke."""
        self.show.command(f"ALIAS={ALIAS}")
        self.show.command(
            f"for SPOKE in {' '.join(SPOKES)}; do",
            f"  az network private-endpoint create --name pe-$SPOKE --resource-group {SPOKE_GROUP} \\",
            f"      --location {REGION} --vnet-name vnet-$SPOKE --subnet {SUBNET} \\",
            "      --connection-name clickhouse --manual-request true \\",
            f"      --private-connection-resource-id $ALIAS --tags '{TAG}={services}'",
            "done",
        )
        for spoke in SPOKES:
            subnet = f"{SPOKE_NETWORKS}/virtualNetworks/vnet-{spoke}/subnets/{SUBNET}"
            self._arm("PUT", spoke_id(spoke), endpoint_body(ALIAS, services, subnet))

    def strip_tags(self) -> None:
        """A pipeline writes the tags that it knows on the endpoint of every spoke, in place of all others."""
        self.show.command(
            f"for SPOKE in {' '.join(SPOKES)}; do",
            f"  ID=$(az network private-endpoint show -g {SPOKE_GROUP} -n pe-$SPOKE --query id -o tsv)",
            "  az tag update --resource-id $ID --operation Replace --tags cost-center=4711",
            "done",
        )
        tags = {"operation": "Replace", "properties": {"tags": {"cost-center": "4711"}}}
        for spoke in SPOKES:
            self._arm("PATCH", f"{spoke_id(spoke)}/providers/Microsoft.Resources/tags/default", tags)

    def delete_spokes(self) -> None:
        self.show.command(
            f"for SPOKE in {' '.join(SPOKES)}; do",
            f"  az network private-endpoint delete --name pe-$SPOKE --resource-group {SPOKE_GROUP}",
            "done",
        )
        for spoke in SPOKES:
            self._arm("DELETE", spoke_id(spoke))

    def repoint_wildcard(self, address: str) -> None:
        self.show.command(
            f"az network private-dns record-set a update -g {DNS_GROUP} -z {ZONE} \\",
            f"    -n '*' --set 'aRecords[0].ipv4Address={address}'",
        )
        records = {"properties": {"aRecords": [{"ipv4Address": address}]}}
        self._arm("PATCH", f"{ZONES}/{ZONE}/A/*", records)

    def take_off_allow_list(self, service: str, guid: str) -> None:
        self.show.command(f"# in the ClickHouse Cloud console: {guid} taken off {service}")
        path = f"/v1/organizations/{ORGANIZATION}/services/{SERVICE_IDS[service]}"
        self._console(path, {"privateEndpointIds": {"remove": [guid]}})

    def deregister(self, guid: str) -> None:
        self.show.command(f"# in the ClickHouse Cloud console: {guid} removed from the organization")
        gone = {"id": guid, "cloudProvider": "azure", "region": REGION}
        self._console(f"/v1/organizations/{ORGANIZATION}", {"privateEndpoints": {"remove": [gone]}})

    def _console(self, path: str, body: Json) -> None:
        auth = (CONSOLE_KEY["id"], CONSOLE_KEY["secret"])
        self.client.patch(path, json=body, auth=auth).raise_for_status()

    def _arm(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        answer = self.client.request(method, path, json=body, params={"api-version": _VERSION})
        return answer.raise_for_status()


def to_create(name: str, services: str, alias: str = ALIAS) -> tuple[tuple[str, ...], ...]:
    """Commands, each as its lines."""
    return (
        (f"ALIAS={alias}",),
        (
            f"az network private-endpoint create --name {name} --resource-group {NETWORK_GROUP} \\",
            f"    --location {REGION} --vnet-name {VNET} --subnet {SUBNET} \\",
            "    --connection-name clickhouse --manual-request true \\",
            f"    --private-connection-resource-id $ALIAS --tags '{TAG}={services}'",
        ),
    )


def to_retag(name: str, services: str) -> tuple[str, ...]:
    return (
        f"ENDPOINT=$(az network private-endpoint show -g {NETWORK_GROUP} -n {name} --query id -o tsv)",
        f"az tag update --resource-id $ENDPOINT --operation Merge --tags '{TAG}={services}'",
    )


def to_delete(name: str) -> str:
    return f"az network private-endpoint delete --name {name} --resource-group {NETWORK_GROUP}"


def endpoint_body(alias: str, services: str, subnet: str = _SUBNET) -> Json:
    """What `az network private-endpoint create` sends."""
    connection = {"name": "clickhouse", "properties": {"privateLinkServiceId": alias}}
    return {
        "location": REGION,
        "tags": {TAG: services},
        "properties": {
            "subnet": {"id": subnet},
            "manualPrivateLinkServiceConnections": [connection],
        },
    }
