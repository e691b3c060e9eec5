"""The ClickHouse Cloud adapter against the simulator."""

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.clickhouse.client import Key
from shared.domain.model.errors import (
    UNKNOWN_CAUSE,
    ForbiddenError,
    PermanentError,
    RefusedError,
    TemporaryError,
)
from shared.domain.model.resources import Config, ReadFailed, Registration, Service
from shared.reconciler.reader import read_failed
from simulator.client import RunningSimulator
from tests.support.real_clients import (
    ALIAS,
    ANALYTICS,
    CLICKHOUSE_CALLS,
    CLICKHOUSE_WRITES,
    KEY_AS_SENT,
    ORGANIZATION,
    REPORTING,
    SCOPE,
    Adapters,
    adapters_for,
)

ENDPOINT = "4c8ad43e-195c-4673-9cc0-e26969210f4f"
OURS = Registration(ENDPOINT, "westus3", "clickhouse-privatelink/edges /subscriptions/x")


async def test_services(adapters: Adapters) -> None:
    """Services of all clouds are told with name, region, state, tags and allow list."""
    services = {service.name: service for service in await adapters.clickhouse.services()}
    assert sorted(services) == ["analytics", "legacy", "own-account", "reporting", "sandbox"]
    assert services["analytics"] == Service(
        id=ANALYTICS, name="analytics", provider="azure", region="westus3", tags={"env": "prod"}
    )
    assert (services["sandbox"].state, services["legacy"].provider) == ("idle", "aws")


async def test_config(adapters: Adapters) -> None:
    """A service's config tells its alias and its private host name."""
    config = await adapters.clickhouse.config(ANALYTICS)
    assert config == Config(ALIAS, "analytics01.westus3.privatelink.azure.clickhouse.cloud")


async def test_registrations(sim: RunningSimulator, adapters: Adapters) -> None:
    """Registrations are added and removed by deltas, and all of them are told afterwards."""
    assert await adapters.clickhouse.registrations() == ()
    assert await adapters.clickhouse.update_registrations((OURS,), ()) == (OURS,)
    assert await adapters.clickhouse.registrations() == (OURS,)
    other = Registration("other", "westus3")
    assert await adapters.clickhouse.update_registrations((other,), (OURS,)) == (other,)
    bodies = [request["body"] for request in sim.requests("clickhouse", "PATCH")]
    named = {"id": ENDPOINT, "cloudProvider": "azure", "region": "westus3"}
    assert bodies[0] == {"privateEndpoints": {"add": [{**named, "description": OURS.description}]}}
    assert bodies[1]["privateEndpoints"]["remove"] == [named]


async def test_allow_list(sim: RunningSimulator, adapters: Adapters) -> None:
    """An allow list is changed by deltas in one call, and the service is told afterwards."""
    others = Registration("other", "westus3")
    await adapters.clickhouse.update_registrations((OURS, others), ())
    service = await adapters.clickhouse.update_allow_list(ANALYTICS, (ENDPOINT, "other"), ())
    assert service
    assert service.allow_list == {ENDPOINT, "other"}
    service = await adapters.clickhouse.update_allow_list(ANALYTICS, (), ("other",))
    assert service
    assert service.allow_list == {ENDPOINT}
    bodies = [request["body"] for request in sim.requests("clickhouse", "PATCH")][1:]
    assert bodies == [
        {"privateEndpointIds": {"add": [ENDPOINT, "other"]}},
        {"privateEndpointIds": {"remove": ["other"]}},
    ]


async def test_register_through(adapters: Adapters) -> None:
    """One call registers an endpoint with its description and lets it into the service."""
    await adapters.clickhouse.register_through(REPORTING, ENDPOINT, OURS.description)
    assert await adapters.clickhouse.registrations() == (OURS,)
    allowed = {one.name: one.allow_list for one in await adapters.clickhouse.services() if one.allow_list}
    assert allowed == {"reporting": {ENDPOINT}}


@pytest.mark.parametrize("name", CLICKHOUSE_WRITES)
async def test_dry_run_writes_nothing(sim: RunningSimulator, name: str) -> None:
    """Clients for a dry run refuse every write before it is on the wire, and read all the same."""
    async with adapters_for(sim.url, read_only=True) as adapters:
        with pytest.raises(PermanentError, match=r"a dry run sends no (PATCH|POST)"):
            await adapters.calls()[name]()
        assert sim.requests() == []
        assert await adapters.clickhouse.services()


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 422, 451])
@pytest.mark.parametrize("name", CLICKHOUSE_CALLS)
async def test_refusal(sim: RunningSimulator, adapters: Adapters, name: str, status: int) -> None:
    """A 4xx is permanent after exactly one call, in the API's own words and with its request id."""
    body = {"status": status, "error": "BAD: because", "requestId": "r-17"}
    sim.fault(match={"system": "clickhouse"}, status=status, body=body, count=None)
    with pytest.raises(PermanentError, match=rf"returned {status}: BAD: because \(request r-17\)") as caught:
        await adapters.calls()[name]()
    assert caught.value.request_id == "r-17"
    of_the_service = name == "config" and status != 401
    assert isinstance(caught.value, RefusedError) is of_the_service
    assert isinstance(caught.value, ForbiddenError) is (status in (401, 403) and not of_the_service)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize("status", [408, 424, 425, 429, 500, 503])
@pytest.mark.parametrize("name", ["services", "config", "update_registrations", "register_through"])
async def test_what_may_go_through_later(
    sim: RunningSimulator, adapters: Adapters, name: str, status: int
) -> None:
    """A status that passes by itself, 424 of an idle service among them, is temporary: the call is made again."""
    sim.fault(match={"system": "clickhouse"}, status=status)
    await adapters.calls()[name]()
    assert len(sim.requests()) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, ReadFailed("", temporary=False, refused=True)),
        (404, ReadFailed("", temporary=False, refused=True)),
        (401, ReadFailed("", temporary=False, forbidden=True)),
        (302, ReadFailed("", temporary=False)),
    ],
)
async def test_a_refused_config(
    sim: RunningSimulator, adapters: Adapters, status: int, expected: ReadFailed
) -> None:
    """A config that is refused is that service's matter and no failed event; a key that is refused is everybody's."""
    sim.fault(match={"system": "clickhouse"}, status=status, count=None)
    with pytest.raises(PermanentError) as caught:
        await adapters.clickhouse.config(ANALYTICS)
    assert replace(read_failed(caught.value), reason="", cause=UNKNOWN_CAUSE) == expected
    assert expected.retryable is (status == 401)


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("part", ["endpointServiceId", "privateDnsHostname"])
async def test_a_config_without_values(
    sim: RunningSimulator, adapters: Adapters, part: str, value: str | None
) -> None:
    """A config whose values are still to come is temporary, and is not waited for within the pass."""
    told = {"endpointServiceId": ALIAS, "privateDnsHostname": "a.westus3.privatelink.azure.clickhouse.cloud"}
    body = {"status": 200, "requestId": "r", "result": told | {part: value}}
    sim.fault(match={"system": "clickhouse"}, status=200, body=body, count=None)
    with pytest.raises(TemporaryError, match="has no value yet"):
        await adapters.clickhouse.config(ANALYTICS)
    assert len(sim.requests()) == 1


async def test_wrong_key(sim: RunningSimulator) -> None:
    """A key that the API does not know is a PermanentError that does not tell the secret."""
    async with adapters_for(sim.url, key=Key("demo-key", "mistyped")) as adapters:
        with pytest.raises(PermanentError, match="401") as caught:
            await adapters.clickhouse.services()
    assert "mistyped" not in str(caught.value)


@pytest.mark.parametrize(
    "echo",
    [
        {"error": "bad key demo-key:demo-secret, Basic " + KEY_AS_SENT, "requestId": "demo-secret"},
        {"error": {"sent": ["demo-secret", KEY_AS_SENT]}, "requestId": ["demo-secret"]},
        {"error": "x" * 490 + "demo-secret", "requestId": "x" * 490 + KEY_AS_SENT},
    ],
)
@pytest.mark.parametrize("status", [400, 429])
async def test_secret_is_never_told(
    sim: RunningSimulator, caplog: pytest.LogCaptureFixture, echo: dict[str, Any], status: int
) -> None:
    """The secret, plain or as it was sent, is in no error, repr or log, even where the answer repeats it."""
    caplog.set_level(0)
    sim.fault(match={"system": "clickhouse"}, status=status, body=echo, count=None)
    async with adapters_for(sim.url, 0.2) as adapters:
        with pytest.raises((PermanentError, TemporaryError)) as caught:
            await adapters.clickhouse.services()
        told = [repr(adapters), str(caught.value), repr(caught.value), repr(caught.value.request_id)]
    told += [repr(caught.value.__cause__), repr(caught.value.__context__), caplog.text]
    told += [repr(record.args) for record in caplog.records]
    for text in told:
        assert "demo-secret" not in text
        assert KEY_AS_SENT not in text
        assert "demo-sec" not in text


async def test_authorization_is_sent_and_only_to_the_api(sim: RunningSimulator, adapters: Adapters) -> None:
    """The key goes to ClickHouse Cloud alone; a simulated ARM gets no credential at all."""
    await adapters.clickhouse.services()
    assert sim.requests("clickhouse")[0]["headers"]["authorization"] == "(redacted)"
    await adapters.dns.zones(SCOPE)
    assert "authorization" not in sim.requests("dns")[0]["headers"]


async def test_odd_service_ids(sim: RunningSimulator, adapters: Adapters) -> None:
    """A service id is one part of a path, whatever is in it."""
    for odd in ("../..", "a/b", "a?b=c", "a#b", "a\nb", "ü", "%2e%2e", "a b"):
        with pytest.raises(PermanentError, match=r"404|400"):
            await adapters.clickhouse.config(odd)
    organization = f"/v1/organizations/{ORGANIZATION}/services/"
    assert all(request["path"].startswith(organization) for request in sim.requests())
    assert all(request["path"].endswith("/privateEndpointConfig") for request in sim.requests())
    assert not any(request["query"] for request in sim.requests())
