"""The preflight with the real clients against the simulator."""

import asyncio
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import azure.storage.blob.aio  # noqa: F401 -- slow to import: on a busy machine longer than a read may last
import pytest
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.preflight import AzurePreflight
from shared.adapters.retry import Budget
from shared.bootstrap import Runtime
from shared.domain.preflight.check_result import CheckStatus, Step
from shared.domain.preflight.rbac import Permission
from shared.triggers.audit import run_audit
from shared.triggers.health import run_preflight
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.real_clients import answering, http_answer
from tests.support.simulated import ENDPOINT, SUBSCRIPTION, delete_endpoint, one_pass, started_runtime, writes

SUB = f"/subscriptions/{SUBSCRIPTION}"
DNS_GROUP = f"{SUB}/resourceGroups/rg-dns"
LONG = {"Retry-After": "3600"}


async def checked(app: Runtime) -> dict[str, Step]:
    return {step.name: step for step in await run_preflight(app)}


def named(steps: dict[str, Step], status: CheckStatus = CheckStatus.FAILED) -> set[str]:
    return {name for name, step in steps.items() if step.status is status}


async def test_no_problem(subscribed: RunningSimulator, app: Runtime) -> None:
    """Without problems every check passes, with details."""
    steps = await checked(app)
    assert {step.status for step in steps.values()} == {CheckStatus.PASSED}, steps
    assert steps["event subscription"].detail.endswith("/subscription-events/eventSubscriptions/s")
    assert "event-key" not in str(steps)


async def test_it_only_reads(subscribed: RunningSimulator, app: Runtime) -> None:
    """Only GET requests are sent: five to ClickHouse Cloud, and a known number to Azure."""
    await run_preflight(app)
    sent = Counter(one["system"] for one in subscribed.requests())
    assert writes(subscribed) == []
    assert sent["clickhouse"] == 5
    assert sent["arm"] + sent["dns"] == 14


async def test_concurrent_checks(subscribed: RunningSimulator, app: Runtime) -> None:
    """Concurrent checks share their reads; a later check reads again."""
    together = await asyncio.gather(*(run_preflight(app) for _ in range(5)))
    assert all(one == together[0] for one in together)
    assert len(subscribed.requests("clickhouse")) == 5
    await run_preflight(app)
    assert len(subscribed.requests("clickhouse")) == 10


@pytest.mark.parametrize(
    ("denial", "expected"),
    [
        ({"scope": SUB, "type": "privateEndpoints"}, {"private endpoints"}),
        ({"scope": SUB, "type": "networkInterfaces", "access": "read"}, {"network interfaces"}),
        ({"scope": SUB, "type": "privateDnsZones/A", "access": "read"}, {"links and records"}),
        ({"scope": SUB, "type": "virtualNetworkLinks"}, {"links and records"}),
        ({"scope": DNS_GROUP, "type": "privateDnsZones", "access": "write"}, {"write records"}),
        ({"scope": SUB, "type": "privateDnsZones/A", "access": "write"}, {"write records"}),
        ({"scope": SUB, "type": "eventSubscriptions"}, set()),
        ({"scope": SUB, "type": "Microsoft.Insights/metrics"}, set()),
        ({"scope": SUB, "type": "Microsoft.Authorization/permissions"}, set()),
    ],
)
async def test_rights(subscribed: RunningSimulator, app: Runtime, denial: dict[str, Any], expected: set[str]) -> None:
    """A missing permission fails the check that it concerns; permissions that only checks need fail none."""
    subscribed.deny(denial)
    steps = await checked(app)
    assert named(steps) == expected
    if not expected:
        assert named(steps, CheckStatus.UNKNOWN)


async def test_a_list_that_omits_resources(subscribed: RunningSimulator) -> None:
    """A list that was read is no proof: a permission missing at the scope fails the check."""
    subscribed.deny({"scope": SUB, "type": "privateEndpoints", "access": "read"})
    subscribed.fault(match={"path": "/privateEndpoints$"}, status=200, body={"value": []}, count=None)
    async with started_runtime(subscribed.url) as app:
        step = (await checked(app))["private endpoints"]
    assert step.status is CheckStatus.FAILED
    assert "lists omit" in step.detail


async def test_pages(subscribed: RunningSimulator) -> None:
    """All pages of a list are read."""
    for link in ({"nextLink": f"{subscribed.url}{SUB}/next"}, {}):
        page = {"value": [{"actions": ["*"]}], **link}
        subscribed.fault(match={"system": "arm"}, status=200, body=page, count=1)
    async with AioHttpTransport() as transport:
        azure = ArmClients(subscribed.url, None, transport, read_only=True)
        rights = await AzurePreflight(azure, Budget.of(5)).rights(SUB)
    assert rights == (Permission(("*",)), Permission(("*",)))


async def test_key(subscribed: RunningSimulator) -> None:
    """A refused key fails with the API's message; a role that the API does not show is unknown."""
    async with started_runtime(subscribed.url, CLICKHOUSE_CLOUD_API_SECRET="wrong-secret") as app:
        steps = await checked(app)
    assert "UNAUTHORIZED: invalid API key" in steps["ClickHouse key"].detail
    assert named(steps) == {"ClickHouse key"}
    assert "wrong-secret" not in str(steps)
    snapshot = subscribed.state()
    snapshot["clickhouse"]["keys"][0]["role"] = "developer"
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        assert (await checked(app))["ClickHouse role"].status is CheckStatus.UNKNOWN


async def test_outage(subscribed: RunningSimulator, app: Runtime) -> None:
    """A system that is down or throttles makes one check unknown, and fails none."""
    subscribed.fault(match={"system": "clickhouse"}, status=503, headers=LONG, count=None)
    assert named(await checked(app), CheckStatus.UNKNOWN) == {"ClickHouse key"}
    subscribed.clear_faults()
    subscribed.fault(match={"system": "dns"}, status=503, headers=LONG, count=None)
    steps = await checked(app)
    assert (named(steps, CheckStatus.UNKNOWN), named(steps)) == ({"private DNS zones"}, set())
    subscribed.clear_faults()
    subscribed.fault(match={"system": "arm"}, status=429, headers=LONG, count=None)
    steps = await checked(app)
    assert (named(steps, CheckStatus.UNKNOWN), named(steps)) == ({"scopes"}, set())


async def test_hidden_in_a_group(subscribed: RunningSimulator, app: Runtime) -> None:
    """A resource group whose network interfaces a list of the subscription omits is found."""
    subscribed.deny({"scope": f"{SUB}/resourceGroups/rg-network", "type": "networkInterfaces", "access": "read"})
    assert named(await checked(app)) == {"network interfaces"}


async def test_hidden_endpoints(subscribed: RunningSimulator, app: Runtime) -> None:
    """A resource group whose endpoints a list of the subscription omits is found."""
    subscribed.deny({"scope": f"{SUB}/resourceGroups/rg-network", "type": "privateEndpoints", "access": "read"})
    assert named(await checked(app)) == {"private endpoints"}


async def test_a_hidden_endpoint(subscribed: RunningSimulator, app: Runtime) -> None:
    """A denial on one endpoint that a registration names fails its check, with the endpoint and the action."""
    await one_pass(subscribed.url)
    subscribed.deny({"scope": ENDPOINT, "type": "privateEndpoints", "access": "read"})
    steps = await checked(app)
    assert named(steps) == {"private endpoints"}
    assert ENDPOINT.lower() in steps["private endpoints"].detail.lower()
    assert "Microsoft.Network/privateEndpoints/read" in steps["private endpoints"].detail
    subscribed.deny()
    delete_endpoint(subscribed)
    assert named(await checked(app)) == set()


async def test_a_hidden_interface(subscribed: RunningSimulator, app: Runtime) -> None:
    """A denial on the interface of a tagged endpoint fails its check, with the interface and the action."""
    interface = subscribed.state()["azure"]["privateEndpoints"][0]["networkInterface"]
    subscribed.deny({"scope": interface, "type": "networkInterfaces", "access": "read"})
    steps = await checked(app)
    assert named(steps) == {"network interfaces"}
    assert interface.lower() in steps["network interfaces"].detail.lower()
    assert "Microsoft.Network/networkInterfaces/read" in steps["network interfaces"].detail


async def test_wrong_scopes(subscribed: RunningSimulator) -> None:
    """A subscription or a resource group that does not exist is one fault, of the setting that names it."""
    unknown = "/subscriptions/99999999-1111-1111-1111-111111111111"
    async with started_runtime(subscribed.url, ENDPOINT_SCOPES=f"{SUB},{unknown}", DNS_ZONE_SCOPES=SUB) as app:
        steps = await checked(app)
    assert named(steps) == {"scopes"}
    assert steps["scopes"].detail.endswith(f"{unknown} (ENDPOINT_SCOPES)")
    async with started_runtime(subscribed.url, DNS_ZONE_SCOPES=f"{SUB}/resourceGroups/nowhere") as app:
        assert "DNS_ZONE_SCOPES" in (await checked(app))["scopes"].remedy


async def test_wrong_organization(subscribed: RunningSimulator) -> None:
    """A wrong organization id is one fault, of CLICKHOUSE_ORG_ID, also without whoami."""
    wrong = "22222222-2222-4222-8222-222222222229"
    subscribed.fault(match={"path": "/whoami"}, status=404, count=1)
    for _ in range(2):
        async with started_runtime(subscribed.url, CLICKHOUSE_ORG_ID=wrong) as app:
            steps = await checked(app)
        assert named(steps) == {"ClickHouse key"}
        assert "CLICKHOUSE_ORG_ID" in steps["ClickHouse key"].remedy


async def test_zones(subscribed: RunningSimulator) -> None:
    """A zone that a tagged endpoint needs is reported by name if it is missing, unless sync creates it."""
    snapshot = deepcopy(demo())
    snapshot["azure"]["privateDnsZones"] = []
    snapshot["azure"]["privateEndpoints"] = subscribed.state()["azure"]["privateEndpoints"]
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        steps = await checked(app)
        assert "westus3.privatelink.azure.clickhouse.cloud" in steps["zones and networks"].detail
        assert named(steps) == {"zones and networks"}
    async with started_runtime(subscribed.url, DNS_ZONE_RESOURCE_GROUP=DNS_GROUP) as app:
        steps = await checked(app)
        assert named(steps) == set()
        assert steps["create zones"].status is CheckStatus.PASSED


async def test_links(subscribed: RunningSimulator) -> None:
    """A second zone without a link is a warning, and a tagged endpoint's network without a link fails: both by name."""
    snapshot = subscribed.state()
    (zone,) = (one for one in snapshot["azure"]["privateDnsZones"] if "/westus3." in one["id"])
    second = {**zone, "id": zone["id"].replace("rg-dns", "rg-second"), "links": []}
    snapshot["azure"]["privateDnsZones"].append(second)
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        step = (await checked(app))["zones and networks"]
        assert (step.status, second["id"] in step.detail) == (CheckStatus.WARNING, True)
    network = snapshot["azure"]["virtualNetworks"][0]
    hub = {**network, "id": network["id"].replace("vnet-app", "vnet-hub")}
    snapshot["azure"]["virtualNetworks"].append(hub)
    for one in snapshot["azure"]["privateDnsZones"]:
        for link in one["links"]:
            link["virtualNetwork"] = link["virtualNetwork"].replace("vnet-app", "vnet-hub")
    subscribed.reset(snapshot, keep_subscriptions=True)
    async with started_runtime(subscribed.url) as app:
        steps = await checked(app)
    assert named(steps) == {"zones and networks"}
    assert "/virtualNetworks/vnet-app of tagged endpoints" in steps["zones and networks"].detail


async def test_deliveries(subscribed: RunningSimulator, app: Runtime) -> None:
    """Deliveries are reported with the time of the last one; a missing event subscription fails."""
    assert subscribed.idle()
    assert "delivered (last before" in (await checked(app))["deliveries"].detail
    subscribed.unsubscribe("s")
    assert named(await checked(app)) == {"event subscription"}


async def test_report_store(subscribed: RunningSimulator, tmp_path: Path) -> None:
    """A store is known to be writable by its reports; a folder also before, without creating it."""
    place = tmp_path / "reports" / "here"
    async with started_runtime(subscribed.url, REPORT_STORE=str(place)) as app:
        step = (await checked(app))["report store"]
        assert (step.status, "it is writable" in step.detail) == (CheckStatus.WARNING, True)
        assert not place.parent.exists()
        await run_audit(app)
        assert (await checked(app))["report store"].status is CheckStatus.PASSED
    async with started_runtime(subscribed.url, REPORT_STORE=str(place), OWNER_ID="another") as app:
        assert "the report belongs to deployment demo" in (await checked(app))["report store"].detail
    async with started_runtime(subscribed.url, REPORT_STORE=str(place / "latest.json" / "below")) as app:
        assert (await checked(app))["report store"].status is CheckStatus.FAILED


@pytest.mark.parametrize(
    ("status", "code", "expected", "remedy"),
    [
        (403, "AuthorizationPermissionMismatch", CheckStatus.FAILED, "Storage Blob Data Contributor"),
        (403, "AuthorizationFailure", CheckStatus.FAILED, "network rules of the storage account"),
        (404, "ContainerNotFound", CheckStatus.FAILED, "Create the container, or correct REPORT_STORE."),
        (404, "ResourceNotFound", CheckStatus.FAILED, "Create the container, or correct REPORT_STORE."),
    ],
)
async def test_refused_container(
    subscribed: RunningSimulator, status: int, code: str, expected: CheckStatus, remedy: str
) -> None:
    """A container that refuses reads is reported with the code, and the remedy is that of the cause."""
    with answering(http_answer(status, "", headers=f"x-ms-error-code: {code}\r\n".encode())) as storage:
        async with started_runtime(subscribed.url, REPORT_STORE=f"{storage.url}/account/reports") as app:
            step = (await checked(app))["report store"]
    assert (step.status, f"returned {status} {code}" in step.detail, remedy in step.remedy) == (expected, True, True)


async def test_unreachable_container(subscribed: RunningSimulator) -> None:
    """A storage account without a connection is unknown, and the remedy names the setting and the network."""
    with answering(b"") as storage:
        pass
    async with started_runtime(subscribed.url, REPORT_STORE=f"{storage.url}/account/reports") as app:
        step = (await checked(app))["report store"]
    assert (step.status, "ServiceRequestError" in step.detail) == (CheckStatus.UNKNOWN, True)
    assert step.remedy.startswith("Correct REPORT_STORE, or permit outbound HTTPS")
