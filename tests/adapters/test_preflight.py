"""The adapters of the preflight, and responses of Azure and ClickHouse Cloud."""

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.azure.clients import ArmClients
from shared.adapters.azure.preflight import AzurePreflight, deliveries_from, subscriptions_of, topics_of
from shared.adapters.clickhouse.api_keys import caller_from, key_from
from shared.adapters.clickhouse.client import ClickHouseCloud, Key
from shared.adapters.clickhouse.rate_limiter import RateLimiter
from shared.adapters.retry import Budget, Deadline
from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError
from shared.domain.model.resources import NotFound, ReadFailed
from shared.domain.model.snapshot import ReadRegistrations, ReadServices
from shared.domain.preflight.preflight_snapshot import ApiKey, Caller, Deliveries, PreflightSnapshot
from shared.reconciler.preflight_reader import PreflightSystems, read_preflight
from tests.support.errors import forbidden
from tests.support.fakes import FakeClickHouse, FakeDns, FakeNetwork, Log
from tests.support.real_clients import answering, http_answer
from tests.support.worlds import deployment

SUB = "/subscriptions/11111111-1111-1111-1111-111111111111"
TOPIC = f"{SUB}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/topic"


KNOWN = PreflightSnapshot(at=datetime(2026, 11, 23, tzinfo=UTC), key_id="key", organization="o-1")


async def no_store() -> None:
    """The state of a report store that is not configured."""


class WithKeys(FakeClickHouse):
    """ClickHouse Cloud, with the reads of the preflight."""

    async def caller(self) -> Caller:
        return Caller("k-1", "mine", "o-1")

    async def keys(self) -> tuple[ApiKey, ...]:
        return ()

    async def roles(self) -> int:
        raise forbidden("403")


class Credential:
    """A credential with this token or this error; None: one that never responds."""

    def __init__(self, token: str | Exception | None) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if self._token is None:
            await asyncio.Event().wait()
            raise AssertionError("the event is never set")
        if isinstance(self._token, Exception):
            raise self._token
        return AccessToken(self._token, 2**40)


def token(**claims: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


async def identity(token_or_error: str | Exception | None, seconds: float = 5) -> str:
    async with AioHttpTransport() as transport:
        clients = ArmClients("https://management.azure.com", Credential(token_or_error), transport, read_only=True)
        return await AzurePreflight(clients, Budget.of(seconds)).identity()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (token(oid="o-1", appid="a-1"), "token for application a-1, object id o-1"),
        (token(upn="me@example.com", oid="o-1"), "token for user me@example.com, object id o-1"),
        ("opaque", "token for an identity that its claims do not name"),
        ("a.b!.c", "token for an identity that its claims do not name"),
    ],
)
async def test_identity(value: str, expected: str) -> None:
    """The identity is read from the claims of the token, and the token is not shown."""
    assert await identity(value) == expected


async def test_no_identity() -> None:
    """Without a token the reason is one line of bounded length."""
    error = ClientAuthenticationError("no credential:\n\tEnvironment: none\n" + "x" * 5000)
    with pytest.raises(PermanentError, match=r"^no credential: Environment: none x") as raised:
        await identity(error)
    assert len(str(raised.value)) <= 500


async def test_identity_timeout() -> None:
    """A credential that does not respond times out."""
    with pytest.raises(PermanentError, match="timed out while getting a token"):
        await identity(None, 0.05)


async def test_no_reads_of_azure_without_an_identity() -> None:
    """Without a token nothing else is read from Azure: every read would fail for the same reason."""
    async with AioHttpTransport() as transport:
        error = ClientAuthenticationError("no credential")
        clients = ArmClients("https://management.invalid", Credential(error), transport, read_only=True)
        azure, log = AzurePreflight(clients, Budget.of(5)), Log()
        systems = PreflightSystems(FakeNetwork(log), FakeDns(log), WithKeys(log), azure, no_store)
        snapshot = await read_preflight(systems, deployment(), KNOWN)
    assert snapshot.identity == ReadFailed("no credential", temporary=False)
    assert snapshot.state.answers.keys() == {ReadRegistrations(), ReadServices()}
    assert (snapshot.at, snapshot.key_id, snapshot.caller) == (KNOWN.at, "key", Caller("k-1", "mine", "o-1"))
    assert snapshot.roles == ReadFailed("403", temporary=False, cause=Cause(CauseKind.MISSING_PERMISSION))
    assert {call.name for call in log.calls} == {"registrations", "services"}


async def permissions(response: bytes) -> tuple[Any, int]:
    """The permissions parsed from a response, and the number of requests."""
    with answering(response) as raw:
        async with AioHttpTransport() as transport:
            clients = ArmClients(raw.url, None, transport, read_only=True)
            preflight = AzurePreflight(clients, Budget.of(0.5))
            try:
                return await preflight.rights(SUB), raw.calls
            except PrivateLinkError as error:
                return error, raw.calls


@pytest.mark.parametrize(
    "body",
    [b"{", {}, {"value": 1}, {"value": [{"actions": "all"}]}, {"value": [1]}, {"value": [{"actions": [1]}]}],
)
async def test_malformed_permissions(body: Any) -> None:
    """A malformed response is an error, not an empty list of permissions."""
    result, _ = await permissions(http_answer(200, body))
    assert isinstance(result, PrivateLinkError)


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "ResourceGroupNotFound"])
async def test_permissions_at_a_missing_scope(code: str) -> None:
    """A 404 means that the scope does not exist or is not visible; other refusals are errors."""
    assert await permissions(http_answer(404, {"error": {"code": code, "message": "m"}})) == (NotFound(), 1)
    result, _ = await permissions(http_answer(403, {"error": {"code": "AuthorizationFailed"}}))
    assert isinstance(result, PermanentError)
    assert result.cause.forbidden


async def test_next_page_on_another_host() -> None:
    """A next page outside ARM is not read, because the request would contain the token, and the list is not known."""
    body = {"value": [{"actions": ["*"]}], "nextLink": "http://127.0.0.1:9/subscriptions/x"}
    result, calls = await permissions(http_answer(200, body))
    assert isinstance(result, PermanentError)
    assert ("referred to another host" in str(result), calls) == (True, 1)


def test_topics() -> None:
    """The system topics of a subscription are those whose source it is, in any letter case."""
    topics: list[Any] = [
        {"id": TOPIC, "properties": {"source": SUB.upper()}},
        {"id": f"{TOPIC}2", "properties": {"source": f"{SUB}1"}},
        {"id": f"{TOPIC}3"},
    ]
    assert topics_of(SUB, topics) == [TOPIC]


@pytest.mark.parametrize(
    ("properties", "destination"),
    [
        ({"destination": {"properties": {"resourceId": "f"}}}, "f"),
        ({"destination": {"properties": {"endpointBaseUrl": "u"}}}, "u"),
        ({"deliveryWithResourceIdentity": {"destination": {"properties": {"resourceId": "f"}}}}, "f"),
        ({}, ""),
    ],
)
def test_event_subscription(properties: dict[str, Any], destination: str) -> None:
    """The destination is read, with a delivery identity or without."""
    json_ = {"id": "i", "properties": {"provisioningState": "Succeeded", **properties}}
    (parsed,) = subscriptions_of(TOPIC, [json_])
    assert (parsed.destination, parsed.types, parsed.operations) == (destination, frozenset(), frozenset())


def test_filters() -> None:
    """Types and operations come from the filter; filters on other keys are ignored."""
    advanced = [{"key": "data.operationName", "values": ["w"]}, {"key": "subject", "values": ["s"]}]
    event_filter = {"includedEventTypes": ["t"], "advancedFilters": advanced}
    (parsed,) = subscriptions_of(TOPIC, [{"id": "i", "properties": {"filter": event_filter}}])
    assert (parsed.types, parsed.operations) == (frozenset({"t"}), frozenset({"w"}))


def test_deliveries() -> None:
    """Hours are summed; `last` is the end of the last hour with a delivery."""
    points = [
        {"timeStamp": f"2026-11-23T{hour}:00:00Z", "total": total}
        for hour, total in (("09", 2.0), ("10", 1.0), ("11", 0.0))
    ]
    metrics: list[Any] = [
        {"name": {"value": "DeliverySuccessCount"}, "timeseries": [{"data": points}]},
        {"name": {"value": "DroppedEventCount"}, "timeseries": []},
        {
            "name": {"value": "DeadLetteredCount"},
            "timeseries": [{"data": [{"timeStamp": "2026-11-23T09:00:00Z"}]}],
        },
    ]
    assert deliveries_from(metrics) == Deliveries(3, 0, 0, 0, datetime(2026, 11, 23, 11, tzinfo=UTC))


MINE = {"roleName": "Mine", "roleType": "custom"}
FIRST = "2027-01-01T00:00:00Z"
ADMIN = {"roleName": "Admin", "roleType": "system"}
IS_ADMIN = ApiKey("abcd", frozenset({"Admin"}))
IS_MINE = ApiKey("abcd", frozenset({"Mine (custom)"}))


@pytest.mark.parametrize(
    ("json_", "expected"),
    [
        ({"roles": ["admin"]}, ApiKey("abcd", frozenset({"admin"}))),
        ({"roles": ["admin"], "assignedRoles": [MINE]}, IS_MINE),
        ({"roles": ["developer"], "assignedRoles": [ADMIN]}, IS_ADMIN),
        ({"assignedRoles": [{"roleName": "Admin"}]}, ApiKey("abcd", frozenset({"Admin (custom)"}))),
        ({"assignedRoles": [{"roleType": "custom"}]}, ApiKey("abcd", frozenset({"without a name (custom)"}))),
        ({"roles": [""]}, ApiKey("abcd", frozenset({"without a name"}))),
        ({"expireAt": FIRST}, ApiKey("abcd", expires=datetime.fromisoformat(FIRST))),
        ({"expireAt": "", "id": "k-1"}, ApiKey("abcd", id="k-1")),
        ({"expireAt": None, "assignedRoles": None}, ApiKey("abcd")),
    ],
)
def test_keys(json_: dict[str, Any], expected: ApiKey) -> None:
    """A key's roles are the assigned ones; the deprecated list counts only without them."""
    assert key_from({"keySuffix": "abcd", **json_}) == expected


WHOAMI = {"actorType": "apiKey", "keyId": "k-1", "name": "mine", "organizationId": "o-1"}


@pytest.mark.parametrize(
    ("json_", "expected"),
    [
        (WHOAMI, Caller("k-1", "mine", "o-1")),
        ({"actorType": "user", "userId": "u", "email": "e", "organizations": []}, Caller("", "", "")),
        ({"keyId": None, "name": None, "organizationId": None}, Caller("", "", "")),
    ],
)
def test_callers(json_: dict[str, Any], expected: Caller) -> None:
    """The caller is parsed leniently: the API is in beta, and may omit each field."""
    assert caller_from(json_) == expected


async def read_clickhouse(responses: dict[str, httpx.Response]) -> tuple[PreflightSnapshot, list[str]]:
    """Return the result and the paths of the preflight's reads of ClickHouse Cloud. Other paths return 404."""
    paths: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        not_found = httpx.Response(404, json={"status": 404, "error": "NOT_FOUND", "requestId": "r"})
        return responses.get(request.url.path, not_found)

    key, budget = Key("demo-key", "demo-secret"), Budget(Deadline.after(5), Deadline.after(5))
    transport = httpx.MockTransport(respond)
    async with (
        httpx.AsyncClient(base_url="https://clickhouse.invalid/v1", transport=transport) as client,
        AioHttpTransport() as azure_transport,
    ):
        credential = Credential(ClientAuthenticationError("no credential"))
        clients = ArmClients("https://management.invalid", credential, azure_transport, read_only=True)
        azure = AzurePreflight(clients, Budget.of(5))
        api = ClickHouseCloud(client, key, "o-1", RateLimiter(100, 1), budget)
        systems = PreflightSystems(FakeNetwork(Log()), FakeDns(Log()), api, azure, no_store)
        return await read_preflight(systems, deployment(), KNOWN), sorted(paths)


def result(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "requestId": "r", "result": value})


async def test_whoami_and_roles() -> None:
    """The preflight sends five requests, each once: whoami, and four for the organization."""
    organization = "/v1/organizations/o-1"
    responses = {
        "/v1/whoami": result(WHOAMI),
        organization: result({"privateEndpoints": []}),
        f"{organization}/services": result([]),
        f"{organization}/keys": result([{"id": "k-1", "keySuffix": "-key", "assignedRoles": [MINE]}]),
        f"{organization}/roles": result([{"id": "r-1", "name": "Mine", "type": "custom"}]),
    }
    snapshot, paths = await read_clickhouse(responses)
    assert snapshot.caller == Caller("k-1", "mine", "o-1")
    assert snapshot.keys == (ApiKey("-key", frozenset({"Mine (custom)"}), id="k-1"),)
    assert snapshot.roles == 1
    assert paths == sorted(responses)


async def test_without_whoami() -> None:
    """If whoami, roles and keys fail, only these are unreadable, and none is read twice."""
    organization = "/v1/organizations/o-1"
    responses = {
        organization: result({"privateEndpoints": []}),
        f"{organization}/services": result([]),
        f"{organization}/keys": result(None, 403),
    }
    snapshot, paths = await read_clickhouse(responses)
    assert (snapshot.state.answers, len(paths)) == ({ReadRegistrations(): (), ReadServices(): ()}, 5)
    for unread, denied in ((snapshot.caller, False), (snapshot.keys, True), (snapshot.roles, False)):
        assert isinstance(unread, ReadFailed)
        assert (unread.temporary, unread.cause.forbidden) == (False, denied)
    assert isinstance(snapshot.caller, ReadFailed)
    assert snapshot.caller.reason.startswith("GET /whoami at ClickHouse Cloud returned 404")


@pytest.mark.parametrize("body", [None, 1, "text", [], [{}]])
async def test_malformed_whoami(body: Any) -> None:
    """A whoami that is not an object is unreadable, and fails nothing else."""
    snapshot, _ = await read_clickhouse({"/v1/whoami": result(body)})
    assert isinstance(snapshot.caller, ReadFailed)
