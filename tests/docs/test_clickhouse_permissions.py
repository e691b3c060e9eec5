"""docs/permissions.md lists each call to ClickHouse Cloud with its permission, and a role with these permissions."""

import json
import re

import httpx

from shared.adapters.clickhouse.client import ClickHouseCloud, Key
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.retry import Budget, Deadline
from shared.domain.model.errors import PermanentError
from shared.domain.model.resources import Registration
from tests.support.pages import read
from tests.support.paths import ROOT

PAGE = read(ROOT / "docs" / "permissions.md")
ROWS = [[cell.strip("`") for cell in row] for row in PAGE.table_of("clickhouse")[1:]]
ROLE = json.loads(next(fence.text for fence in PAGE.fences if fence.language == "json"))
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
# The permissions in ClickHouse's own client (clickhousectl, crate clickhouse-cloud-api); none is known for whoami.
PERMISSIONS = {
    "GET organization": "organization:view",
    "GET organization/services": "service:view",
    "GET organization/services/{id}/privateEndpointConfig": "service:view-private-endpoints",
    "PATCH organization/services/{id}": "service:manage",
    "POST organization/services/{id}/privateEndpoint": "service:manage-private-endpoints",
    "PATCH organization": "organization:manage",
    "GET organization/roles": "organization:manage",
    "GET organization/keys": "organization:view-api-keys",
    "GET /whoami": "–",
}
PUBLIC = {name for name in vars(ClickHouseCloud) if not name.startswith("_")}
FIELDS = {"client", "key", "organization", "rate_limiter", "budget", "urgency"}


async def test_table_lists_the_calls_of_the_client() -> None:
    """The table lists exactly the calls of the client, each with ClickHouse's own permission."""
    requests: set[str] = set()

    def refuse(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1").replace(f"/organizations/{ORGANIZATION}", "organization")
        requests.add(f"{request.method} {re.sub('services/s-1', 'services/{id}', path)}")
        return httpx.Response(403)

    budget, registration = Budget(Deadline.after(5), Deadline.after(5)), Registration("x", "westus3")
    transport = httpx.MockTransport(refuse)
    async with httpx.AsyncClient(base_url="https://clickhouse.invalid/v1", transport=transport) as client:
        api = ClickHouseCloud(client, Key("k", "s"), ORGANIZATION, RateLimiter(100, 1), budget)
        calls = {
            "registrations": api.registrations(),
            "services": api.services(),
            "config": api.config("s-1"),
            "update_registrations": api.update_registrations((registration,), ()),
            "update_allow_list": api.update_allow_list("s-1", ("x",), ()),
            "register_through": api.register_through("s-1", "x", ""),
            "caller": api.caller(),
            "keys": api.keys(),
            "roles": api.roles(),
        }
        for call in calls.values():
            try:
                await call
            except PermanentError:
                continue
    assert calls.keys() == PUBLIC - FIELDS
    assert requests == PERMISSIONS.keys()
    assert [(row[0], row[1]) for row in ROWS] == list(PERMISSIONS.items())


def test_role_has_the_permissions_of_the_table() -> None:
    """The role on the page has exactly the permissions of the calls, each on its kind of resource."""
    required = {f"control-plane:{row[1]}" for row in ROWS if row[1] != "–"}
    granted = {one: policy["resources"] for policy in ROLE["policies"] for one in policy["permissions"]}
    assert granted.keys() == required
    for permission, resources in granted.items():
        kind = "organization/" if ":organization:" in permission else "instance/"
        assert [one for one in resources if not one.startswith(kind)] == []
    assert {policy["allowDeny"] for policy in ROLE["policies"]} == {"ALLOW"}
