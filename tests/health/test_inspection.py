"""What the preflight's own adapters make of Azure's and ClickHouse's answers."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport

from shared.adapters.arm import ArmClients
from shared.adapters.azure_inspection import AzureInspection
from shared.adapters.clickhouse_keys import key_from
from shared.adapters.event_topics import deliveries_from, subscription_from, topics_of
from shared.adapters.retrying import Deadline
from shared.domain.errors import PermanentError, PrivateLinkError
from shared.domain.ids import Scope
from shared.domain.inspected import ApiKey, Deliveries
from shared.domain.model import Unreadable
from shared.inspection import Inspection, inspect
from tests.support.edges import answering, http_answer
from tests.support.fakes import FakeClickHouse, FakeDns, Log
from tests.support.worlds import rules

SUB = "/subscriptions/11111111-1111-1111-1111-111111111111"
TOPIC = f"{SUB}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/topic"


class WithKeys(FakeClickHouse):
    """ClickHouse Cloud, with the list of its keys."""

    async def keys(self) -> tuple[ApiKey, ...]:
        return ()


class Credential:
    """A credential with just this token, or this trouble; None: one that never answers."""

    def __init__(self, told: str | Exception | None) -> None:
        self._told = told

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if self._told is None:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")
        if isinstance(self._told, Exception):
            raise self._told
        return AccessToken(self._told, 2**40)


def token(**claims: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


async def identity(told: str | Exception | None, seconds: float = 5) -> str:
    async with AioHttpTransport() as transport:
        clients = ArmClients("https://management.azure.com", Credential(told), transport, read_only=True)
        return await AzureInspection(clients, Deadline.after(seconds)).identity()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (token(oid="o-1", appid="a-1"), "there is a token for application a-1, object id o-1"),
        (token(upn="me@example.com", oid="o-1"), "there is a token for user me@example.com, object id o-1"),
        ("opaque", "there is a token for an identity that it does not tell"),
        ("a.b!.c", "there is a token for an identity that it does not tell"),
    ],
)
async def test_identity(told: str, expected: str) -> None:
    """Who has the token is told by its own claims; the token is not."""
    assert await identity(told) == expected


async def test_no_identity() -> None:
    """Where no token can be had, the reason is told in one line of bounded length."""
    trouble = ClientAuthenticationError("no credential:\n\tEnvironment: none\n" + "x" * 5000)
    with pytest.raises(PermanentError, match=r"^no credential: Environment: none x") as caught:
        await identity(trouble)
    assert len(str(caught.value)) <= 500


async def test_identity_that_does_not_come() -> None:
    """A credential that does not answer is not waited for longer than there is time."""
    with pytest.raises(PermanentError, match="no token could be had in time"):
        await identity(None, 0.05)


async def test_nothing_is_asked_of_azure_without_an_identity() -> None:
    """Where no token can be had, that is all that the preflight sees of Azure: every question would fail of it."""
    async with AioHttpTransport() as transport:
        trouble = ClientAuthenticationError("no credential")
        clients = ArmClients("https://management.invalid", Credential(trouble), transport, read_only=True)
        azure, log = AzureInspection(clients, Deadline.after(5)), Log()
        asked = Inspection(azure, FakeDns(log), WithKeys(log), None, {}, "key", timedelta(minutes=15))
        seen = await inspect(asked, rules())
    assert seen.identity == Unreadable("no credential", temporary=False)
    assert not seen.endpoints
    assert {call.name for call in log.calls} == {"registrations", "services"}


async def test_endpoint_that_is_not_understood() -> None:
    """An endpoint whose description cannot be understood does not hide the others from the preflight."""
    with answering(http_answer(200, {"value": [{"id": "odd"}]})) as raw:
        async with AioHttpTransport() as transport:
            clients = ArmClients(raw.url, None, transport, read_only=True)
            there = AzureInspection(clients, Deadline.after(5))
            assert await there.endpoints(Scope.parse(SUB)) == ()


async def asked(answer: bytes) -> tuple[Any, int]:
    """What is made of an answer to the question for rights, and how often it was asked."""
    with answering(answer) as raw:
        async with AioHttpTransport() as transport:
            clients = ArmClients(raw.url, None, transport, read_only=True)
            inspection = AzureInspection(clients, Deadline.after(0.5))
            try:
                return await inspection.rights(SUB), raw.calls
            except PrivateLinkError as error:
                return error, raw.calls


@pytest.mark.parametrize(
    "body",
    [b"{", {}, {"value": 1}, {"value": [{"actions": "all"}]}, {"value": [1]}, {"value": [{"actions": [1]}]}],
)
async def test_misshapen_rights(body: Any) -> None:
    """An answer that is not what the API describes gives no rights: it is an error of ours."""
    found, _ = await asked(http_answer(200, body))
    assert isinstance(found, PrivateLinkError)


async def test_next_page_elsewhere() -> None:
    """A next page that is not ARM's own is not asked for: our token would go with the question."""
    body = {"value": [{"actions": ["*"]}], "nextLink": "http://127.0.0.1:9/subscriptions/x"}
    found, calls = await asked(http_answer(200, body))
    assert (len(found), calls) == (1, 1)


@pytest.mark.parametrize(
    "id_",
    [
        TOPIC,
        TOPIC.upper(),
        f"{TOPIC}/../x",
        "/subscriptions/x/providers/Microsoft.EventGrid/systemTopics/topic",
        "t",
        "",
    ],
)
def test_topics(id_: str) -> None:
    """A system topic's id is built anew from its parts; one of another form is none."""
    told = [
        {"id": id_, "properties": {"source": SUB.upper()}},
        {"id": TOPIC, "properties": {"source": f"{SUB}1"}},
    ]
    expected = id_.lower() == TOPIC.lower()
    assert [one.lower() for one in topics_of(SUB, told)] == ([TOPIC.lower()] if expected else [])


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
    """Where an event subscription sends to is found, with an identity of its own or without."""
    told = subscription_from(
        TOPIC, {"id": "i", "properties": {"provisioningState": "Succeeded", **properties}}
    )
    assert (told.destination, told.types, told.operations) == (destination, frozenset(), frozenset())


def test_filters() -> None:
    """Types and operations are what the filter lets through; filters on other keys are no matter here."""
    advanced = [{"key": "data.operationName", "values": ["w"]}, {"key": "subject", "values": ["s"]}]
    wanted = {"includedEventTypes": ["t"], "advancedFilters": advanced}
    told = subscription_from(TOPIC, {"id": "i", "properties": {"filter": wanted}})
    assert (told.types, told.operations) == (frozenset({"t"}), frozenset({"w"}))


def test_deliveries() -> None:
    """Hours are summed; the last is the end of the last hour in which something was delivered."""
    points = [
        {"timeStamp": f"2026-11-23T{hour}:00:00Z", "total": total}
        for hour, total in (("09", 2.0), ("10", 1.0), ("11", 0.0))
    ]
    told: list[Any] = [
        {"name": {"value": "DeliverySuccessCount"}, "timeseries": [{"data": points}]},
        {"name": {"value": "DroppedEventCount"}, "timeseries": []},
        {
            "name": {"value": "DeadLetteredCount"},
            "timeseries": [{"data": [{"timeStamp": "2026-11-23T09:00:00Z"}]}],
        },
    ]
    assert deliveries_from(told) == Deliveries(3, 0, 0, 0, datetime(2026, 11, 23, 11, tzinfo=UTC))


MINE = {"roleName": "Mine", "roleType": "custom"}
FIRST = "2027-01-01T00:00:00Z"
ADMIN = {"roleName": "Admin", "roleType": "system"}


@pytest.mark.parametrize(
    ("json_", "expected"),
    [
        ({"keySuffix": "abcd", "roles": ["admin"]}, ApiKey("abcd", frozenset({"admin"}))),
        ({"keySuffix": "abcd", "roles": ["admin"], "assignedRoles": [MINE]}, ApiKey("abcd", frozenset(), custom=True)),
        ({"keySuffix": "abcd", "roles": ["developer"], "assignedRoles": [ADMIN]}, ApiKey("abcd", frozenset({"Admin"}))),
        ({"keySuffix": "abcd", "assignedRoles": [{"roleName": "Admin"}]}, ApiKey("abcd", frozenset(), custom=True)),
        ({"keySuffix": "abcd", "expireAt": FIRST}, ApiKey("abcd", frozenset(), expires=datetime.fromisoformat(FIRST))),
        ({"keySuffix": "abcd", "expireAt": None, "assignedRoles": None}, ApiKey("abcd", frozenset())),
    ],
)  # fmt: skip
def test_keys(json_: dict[str, Any], expected: ApiKey) -> None:
    """A key's roles are the assigned ones, or else those of the deprecated list, which is frozen where both are."""
    assert key_from(json_) == expected
