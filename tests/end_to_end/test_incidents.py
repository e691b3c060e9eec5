"""Twenty incidents, against the simulator: what an operator reads in the terminal and on the status page."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from shared.bootstrap import get_runtime
from shared.cli.main import main
from shared.domain.audit.report_model import AuditReport
from shared.status_page import render
from shared.triggers.status import StatusRequest, status
from simulator.client import RunningSimulator
from simulator.worldfile import demo
from tests.support.real_clients import answering, http_answer
from tests.support.simulated import (
    ENDPOINT,
    SUBSCRIPTION,
    delete_endpoint,
    environment,
    put_endpoint,
)

GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
PROVIDER = "providers/Microsoft.Network"
ZONE = f"{GROUPS}/rg-dns/{PROVIDER}/privateDnsZones/westus3.privatelink.azure.clickhouse.cloud"
NOWHERE = "/subscriptions/99999999-1111-1111-1111-111111111111"
SECOND = f"{ENDPOINT}-2"
TAGGED = {"clickhouse-services": "analytics,reporting", "clickhouse-dns": "shared"}
THIRTY = [f"{ENDPOINT}-{number:02}" for number in range(30)]

type Read = Callable[..., str]
"""Runs a command, and returns what it writes to stdout and stderr."""


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    def command(*arguments: str) -> str:
        main(arguments)
        return "".join(capsys.readouterr())

    return command


@pytest.fixture
def sim(
    subscribed: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Read
) -> Iterator[RunningSimulator]:
    """The demo world with a connected endpoint, its event subscription and a stored report."""
    for name, value in environment(subscribed.url, REPORT_STORE=str(tmp_path / "reports")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUDIT_SCHEDULE", "0 */15 * * * *")
    put_endpoint(subscribed, TAGGED)
    read("sync", ENDPOINT)
    read("audit", "--policy", "report")
    get_runtime.cache_clear()
    yield subscribed
    get_runtime.cache_clear()
    subscribed.clear_faults()


def page() -> str:
    """The text of the status page, as a browser shows it, without scripts and styles."""

    async def answer() -> bytes:
        try:
            return (await status(StatusRequest(accept="text/html"))).body
        finally:
            await get_runtime().close()
            get_runtime.cache_clear()

    return text_of(asyncio.run(answer()).decode())


def invalid_page() -> str:
    """The text of the status page where the settings are invalid, so that there is no runtime to close."""
    get_runtime.cache_clear()
    return text_of(asyncio.run(status(StatusRequest(accept="text/html"))).body.decode())


def text_of(html: str) -> str:
    visible = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", visible).split())


def arm(sim: RunningSimulator, method: str, path: str, body: object = None) -> None:
    parameters = {"api-version": "2024-06-01"}
    httpx.request(method, f"{sim.url}{path}", params=parameters, json=body).raise_for_status()


def thirty(sim: RunningSimulator, read: Read) -> None:
    """Connect thirty more endpoints."""
    for one in THIRTY:
        put_endpoint(sim, TAGGED, endpoint=one)
    read("sync", "--all")


def test_key_rotated(sim: RunningSimulator, read: Read) -> None:
    """Every output names both settings of the key; plan reports the refused key once per call."""
    sim.key("demo-key", state="disabled")
    plan = read("plan", ENDPOINT)
    audit = read("audit")
    for out in (plan, read("explain", ENDPOINT), read("check"), audit):
        assert "Set CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET to a key" in out
    assert plan.count("GET organization/services at ClickHouse Cloud returned 401") == 1
    assert "\nproblem " not in audit
    assert "Not everything could be read" in page()


def test_key_without_permission(sim: RunningSimulator, read: Read) -> None:
    """sync and audit name the missing permissions and the organization; no change is said to be in effect."""
    sim.role("Limited", "organization:view", "service:view", "service:manage", "service:view-private-endpoints")
    sim.key("demo-key", role="Limited")
    put_endpoint(sim, TAGGED, endpoint=SECOND)
    needed = "Assign a role with organization:manage, service:manage-private-endpoints on organization 2"
    assert needed in read("sync", SECOND)
    audit = read("audit", "--policy", "upsert")
    assert "Assign a role with organization:manage on organization 2" in audit
    assert "already in effect" not in audit


def test_configs_refused(sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """plan and explain name the permission to read private endpoint configs, once they are not cached."""
    monkeypatch.delenv("REPORT_STORE")
    sim.role("Limited", "organization:view", "organization:manage", "service:view", "service:manage")
    sim.key("demo-key", role="Limited")
    for out in (read("plan", ENDPOINT), read("explain", ENDPOINT)):
        assert "Assign a role with service:view-private-endpoints on organization 2" in out


@pytest.mark.parametrize(
    ("state", "cure"),
    [
        ("Failed", "Find the cause in the Azure activity log, then update or recreate the private endpoint."),
        ("Deleting", "No action needed if it changed recently. If it persists, check the endpoint and its NIC"),
    ],
)
def test_provisioning_state(sim: RunningSimulator, read: Read, state: str, cure: str) -> None:
    """plan, explain and audit name the state and what to do."""
    sim.endpoint(ENDPOINT, provisioningState=state)
    for out in (read("plan", ENDPOINT), read("explain", ENDPOINT), read("audit")):
        assert f"its provisioning state is {state}" in out
        assert cure in out


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (
            "Pending",
            "Its id is on an allow list: recreate the endpoint. If that does not help, contact ClickHouse support.",
        ),
        ("Rejected", "Recreate the private endpoint: sync cannot approve a rejected connection."),
    ],
)
def test_connection_status(
    sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch, status: str, cure: str
) -> None:
    """A connection that is pending for too long, or rejected although its id is allowed, needs a new endpoint."""
    monkeypatch.setenv("PENDING_GRACE", "0")
    sim.connection(ENDPOINT, status)  # type: ignore[arg-type] # one of its values
    assert cure in read("audit")
    assert f"is {status}" in read("explain", ENDPOINT)


def test_dns_write_denied(sim: RunningSimulator, read: Read) -> None:
    """explain and sync name the missing permission and its scope, explain and check the role."""
    arm(sim, "DELETE", f"{ZONE}/A/*")
    sim.deny({"scope": f"{GROUPS}/rg-dns", "access": "write"})
    explain = read("explain", ENDPOINT)
    assert f"sync cannot write it: missing permission Microsoft.Network/privateDnsZones/A/write on {ZONE}" in explain
    assert "What to do: Assign the role records of docs/permissions.md to the app's identity on " in explain
    assert "shared sync" not in explain
    assert f"missing permission Microsoft.Network/privateDnsZones/A/write on {ZONE}" in read("sync", ENDPOINT)
    assert "Assign the role records of docs/permissions.md to the app's identity" in read("check")


@pytest.mark.parametrize("kind", ["privateEndpoints", "networkInterfaces"])
def test_read_denied(sim: RunningSimulator, read: Read, kind: str) -> None:
    """plan and explain name the missing permission, and check does not conclude that there is no problem."""
    sim.deny({"scope": f"{GROUPS}/rg-network", "type": kind})
    for out in (read("plan", ENDPOINT), read("explain", ENDPOINT)):
        assert f"Assign a role with Microsoft.Network/{kind}/read on " in out
    check = read("check")
    assert f"missing permission Microsoft.Network/{kind}/read on {GROUPS}/rg-network" in check
    assert "No problem found" not in check


def test_clickhouse_throttled(sim: RunningSimulator, read: Read) -> None:
    """plan reports the wait; the remedy is about the rate limit and not about the key."""
    sim.fault(match={"system": "clickhouse"}, status=429, headers={"X-RateLimit-Reset": "1.2"}, count=None)
    plan = read("plan", ENDPOINT, "--timeout", "3")
    assert "ClickHouse Cloud asks to wait 1 s (429); 3 s left\n" in plan
    assert "lower CLICKHOUSE_RATE_LIMIT" in plan
    assert "CLICKHOUSE_CLOUD_API_KEY" not in plan


def test_arm_throttled(sim: RunningSimulator, read: Read) -> None:
    """explain reports the wait and ends in time; the endpoint is unknown and not missing."""
    sim.fault(match={"system": "arm"}, status=429, headers={"Retry-After": "2"}, count=None)
    explain = read("explain", ENDPOINT, "--timeout", "3")
    assert "Azure asks to wait 2 s (429); 3 s left\n" in explain
    assert "\n1 check could not be made. Does it exist? Unknown: " in explain
    assert "find the other clients that call ARM" in explain


def test_clickhouse_unavailable(sim: RunningSimulator, read: Read) -> None:
    """A server error is named as one while plan waits; the remedy is the vendor's status page."""
    sim.fault(match={"system": "clickhouse"}, status=503, headers={"Retry-After": "2"}, count=None)
    plan = read("plan", ENDPOINT, "--timeout", "3")
    assert "ClickHouse Cloud returned 503; next attempt in 2 s; 3 s left\n" in plan
    assert "see status.clickhouse.com" in plan


def test_record_deleted(sim: RunningSimulator, read: Read) -> None:
    """explain says that the names resolve to nothing, and prints the command that adds the record."""
    arm(sim, "DELETE", f"{ZONE}/A/*")
    explain = read("explain", ENDPOINT)
    assert "analytics01 resolves to nothing" in explain
    assert re.search(rf"^To make 1 addition: \S+ -m shared sync {ENDPOINT}$", explain, re.MULTILINE)
    read("audit")
    assert "record-drift" in page()


def test_record_changed(sim: RunningSimulator, read: Read) -> None:
    """plan and audit have the address that the record has and the one that it should have."""
    (record,) = sim.state()["azure"]["privateDnsZones"][0]["records"]
    wrong = {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.200"}], "metadata": record["metadata"]}
    arm(sim, "PUT", f"{ZONE}/A/*", {"properties": wrong})
    assert "~ put-record               10.0.1.200 -> 10.0.1.4 in " in read("plan", ENDPOINT)
    assert "has 10.0.1.200, should have 10.0.1.4" in read("audit")


def test_zone_unlinked(sim: RunningSimulator, read: Read) -> None:
    """explain names the network and the zone that is not linked to it; check does not call the zone unused."""
    arm(sim, "DELETE", f"{ZONE}/virtualNetworkLinks/vnet-app")
    assert f"virtualNetworks/vnet-app; not linked: {ZONE}." in read("explain", ENDPOINT)
    check = read("check")
    assert f"{ZONE} is not linked to a virtual network; tagged endpoints exist in westus3" in check
    assert "No problem found" not in check


def test_deleted_without_event(sim: RunningSimulator, read: Read) -> None:
    """explain and audit call the endpoint deleted, with the removals that sync makes."""
    delete_endpoint(sim)
    explain = read("explain", ENDPOINT)
    assert "Does it exist? No: deleted; sync would remove what it still has (4 removals)." in explain
    assert f"but {ENDPOINT.rpartition('/')[2]} is deleted" in read("audit")


def test_two_endpoints_in_one_network(sim: RunningSimulator, read: Read) -> None:
    """The remedy is the tag that shares the record, and says whether clients reach the services meanwhile."""
    put_endpoint(sim, {"clickhouse-services": "analytics"})
    put_endpoint(sim, {"clickhouse-services": "analytics"}, endpoint=SECOND)
    plan = read("plan", SECOND)
    assert "Set the tag clickhouse-dns = shared on this endpoint and on pe-app" in plan
    assert "Clients reach its services through pe-app anyway." in plan
    assert "Select a service in the tag" not in plan
    read("sync", SECOND)
    assert re.search(r"^AUDIT_POLICY=report withholds 1 removal\. .* sync --all$", read("audit"), re.MULTILINE)
    explain = read("explain", SECOND)
    assert re.search(r"^warning  record .*; clients reach the services through it$", explain, re.MULTILINE)


def test_foreign_wildcard(sim: RunningSimulator, read: Read) -> None:
    """The record is not overwritten; its address, the right one and both ways out are named."""
    arm(sim, "PUT", f"{ZONE}/A/*", {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.99"}]}})
    plan = read("plan", ENDPOINT)
    assert "has 10.0.1.99, should have 10.0.1.4; it is not managed by this deployment" in plan
    assert "Delete the record set if it is not needed, or use another private DNS zone" in plan


def test_thirty_deletions(sim: RunningSimulator, read: Read) -> None:
    """Removals over the limit come with the command that makes them; the remedy includes deleted endpoints."""
    thirty(sim, read)
    for one in THIRTY:
        delete_endpoint(sim, one)
    plan = read("plan", "--all")
    assert re.search(r"^MAX_REMOVALS withholds .* sync --all --allow-removals 30$", plan, re.MULTILINE)
    assert "recreate the endpoints that were deleted" in plan
    assert re.search(r"^To make .* for \d+ endpoints: ", read("explain", THIRTY[3]), re.MULTILINE)


def test_tags_stripped(sim: RunningSimulator, read: Read) -> None:
    """Over the limit nothing is removed. A tagged endpoint keeps its address when another one is released."""
    thirty(sim, read)
    sim.strip_tags(endpoints=THIRTY)
    plan = read("plan", "--all")
    assert "30 endpoints would be released, the limit is 20: no removal is made" in plan
    assert "restore the tags" in plan
    read("sync", THIRTY[3])
    (record,) = sim.state()["azure"]["privateDnsZones"][0]["records"]
    assert "10.0.1.4" in record["addresses"]


@pytest.mark.parametrize(
    ("tag", "cause"),
    [
        ("analytics;reporting", "contains a semicolon; separate selectors with commas"),
        ("analitics,reporting", "no service on Azure matches analitics (did you mean analytics?)"),
        ("analytics reporting", "no service on Azure matches analytics reporting; separate selectors with commas"),
        ("region:westus", "no service on Azure matches region:westus (did you mean region:westus3?)"),
        ("tag: env=prod", "'tag: env=prod' is not a selector (did you mean tag:env=prod?)"),
        ("legacy", "runs on AWS, not on Azure"),
    ],
)
def test_typing_error(sim: RunningSimulator, read: Read, tag: str, cause: str) -> None:
    """The mistake is named, nothing is removed, and explain has one failed step."""
    put_endpoint(sim, {**TAGGED, "clickhouse-services": tag})
    plan, explain = read("plan", ENDPOINT), read("explain", ENDPOINT)
    assert cause in plan
    assert ("Remove the service from the tag: no private endpoint reaches it." in plan) == (tag == "legacy")
    assert "nothing is removed for this endpoint until the tag is corrected" in plan
    assert len(re.findall(r"^failed ", explain, re.MULTILINE)) == 1


def test_audit_overdue(sim: RunningSimulator) -> None:
    """The page says since when no audit finished, how many are missing and where to look."""
    report = asyncio.run(get_runtime().report_repository.latest())
    assert isinstance(report, AuditReport)
    text = text_of(render(report, datetime.now(UTC) + timedelta(hours=3)))
    assert "No audit has finished since" in text
    assert "Check in the log of the function audit that it runs" in text


def test_report_store_gone(sim: RunningSimulator, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """audit says that the report store failed, and check what to do; the page does not show an old result."""
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REPORT_STORE", str(tmp_path / "file"))
    audit = read("audit")
    assert audit.count("REPORT_STORE failed: ") == 1
    assert "problem  the report is not stored: " in audit
    remedy = "Give the app write access to REPORT_STORE, or set it to another blob container or folder."
    text = page()
    assert "The report store cannot be read" in text
    assert [remedy in out for out in (audit, read("check"), text)] == [True, True, True]
    assert "\nThe report is not stored. No problems found: 1 private endpoint.\n" in audit


@pytest.mark.parametrize(
    ("status", "code", "cure"),
    [
        (404, "ContainerNotFound", "Create the container, or correct REPORT_STORE."),
        (403, "AuthorizationFailure", "permit the app in the network rules of the storage account."),
    ],
)
def test_container_refused(
    sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch, status: int, code: str, cure: str
) -> None:
    """check, audit and page have the same remedy for a container that is missing or refuses the app."""
    with answering(http_answer(status, "", headers=f"x-ms-error-code: {code}\r\n".encode())) as storage:
        monkeypatch.setenv("REPORT_STORE", f"{storage.url}/account/reports")
        for out in (read("check"), read("audit"), page()):
            assert f"the store returned {status} {code}" in out
            assert cure in out


def test_second_zone(sim: RunningSimulator, read: Read) -> None:
    """A second zone of the name without a link changes nothing, and check names it."""
    second = ZONE.replace("rg-dns", "rg-network")
    arm(sim, "PUT", second, {"location": "global"})
    assert "0 to add, 0 to change, 0 to remove" in read("plan", ENDPOINT)
    check = read("check")
    assert f"{second} is not linked to a virtual network; no tagged endpoint needs it yet" in check
    assert "No problem found. 1 warning." in check


def test_invalid_settings(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command and the page list all invalid settings once, each with what to set."""
    for name in ("CLICKHOUSE_ORG_ID", "ENDPOINT_SCOPES", "MAX_REMOVALS"):
        monkeypatch.setenv(name, "x")
    for out in (read("plan", "--all"), read("audit"), read("check"), read("explain", ENDPOINT), invalid_page()):
        for name in ("CLICKHOUSE_ORG_ID", "ENDPOINT_SCOPES", "MAX_REMOVALS"):
            assert out.count(f"{name} is invalid: ") == 1
        assert out.count("Remedy: ") >= 3


def test_wrong_organization(sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is named, and check names both organizations."""
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "99999999-2222-4222-8222-222222222222")
    assert "Correct CLICKHOUSE_ORG_ID" in read("plan", ENDPOINT)
    audit = read("audit")
    assert audit.count("Correct CLICKHOUSE_ORG_ID: the organization of the API key.") == 1
    assert "Grant the identity" not in audit
    check = read("check")
    assert re.search(r"the key 'demo-key' belongs to organization 2\S+, not 9\S+\.", check)


@pytest.mark.parametrize("setting", ["ENDPOINT_SCOPES", "DNS_ZONE_SCOPES"])
def test_wrong_subscription(sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """check names the scope that ARM does not find, and the setting that has it."""
    monkeypatch.setenv(setting, NOWHERE)
    if setting == "ENDPOINT_SCOPES":
        assert "Correct the subscription and resource group in ENDPOINT_SCOPES" in read("explain", "pe-app")
        assert "outside ENDPOINT_SCOPES: add the subscription or resource group" in read("plan", ENDPOINT)
    check = read("check")
    assert f"not found, or not visible to this identity: {NOWHERE} (" in check
    assert f"Correct {setting}, or assign the identity a role there" in check
    audit = read("audit")
    assert "Correct the subscription and resource group in ENDPOINT_SCOPES or DNS_ZONE_SCOPES." in audit
    assert "Grant the identity" not in audit


def test_control_characters(sim: RunningSimulator, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Control, bidirectional and newline characters of tags, names and errors reach the terminal as escapes."""
    hidden = "ana\x1b[31mlytics\u202e\nboo"
    put_endpoint(sim, {**TAGGED, "clickhouse-services": hidden})
    printed = [read("plan", ENDPOINT), read("explain", ENDPOINT), read("audit")]
    world = demo()
    world["clickhouse"]["services"][0]["name"] = hidden
    sim.reset(world)
    put_endpoint(sim, {"clickhouse-services": "*"})
    printed += [read("plan", ENDPOINT), read("explain", ENDPOINT), read("sync", ENDPOINT), read("audit")]
    sim.fault(match={"system": "clickhouse"}, status=400, body={"error": hidden}, count=None)
    sim.fault(match={"system": "arm"}, status=400, body={"error": {"code": "X", "message": hidden}}, count=None)
    printed += [read("plan", ENDPOINT), read("explain", "pe-app"), read("explain", ENDPOINT), read("check")]
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REPORT_STORE", str(tmp_path / "file" / hidden))
    printed += [read("audit"), read("check")]
    for out in printed:
        assert all(line.isprintable() for line in out.split("\n"))
    assert sum("\\u202e" in out for out in printed) >= 8
