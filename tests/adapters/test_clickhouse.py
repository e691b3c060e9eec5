"""The ClickHouse Cloud adapter against the simulator."""

from typing import Any

import pytest

from shared.adapters.clickhouse.client import Key
from shared.domain.model.errors import CauseKind, PermanentError, TemporaryError
from shared.domain.model.resources import Config, Registration, Service
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
MARKED = Registration(ENDPOINT, "westus3", "clickhouse-privatelink/edges /subscriptions/x")


async def test_services(adapters: Adapters) -> None:
    """Services of all providers are returned with name, region, state, tags and allow list."""
    services = {service.name: service for service in await adapters.clickhouse.services()}
    assert sorted(services) == ["analytics", "legacy", "own-account", "reporting", "sandbox"]
    assert services["analytics"] == Service(
        id=ANALYTICS, name="analytics", provider="azure", region="westus3", tags={"env": "prod"}
    )
    assert (services["sandbox"].state, services["legacy"].provider) == ("idle", "aws")


async def test_config(adapters: Adapters) -> None:
    """The config of a service has its alias and its private host name."""
    config = await adapters.clickhouse.config(ANALYTICS)
    assert config == Config(ALIAS, "analytics01.westus3.privatelink.azure.clickhouse.cloud")


async def test_registrations(sim: RunningSimulator, adapters: Adapters) -> None:
    """Registrations are added and removed with a PATCH, which returns all registrations."""
    assert await adapters.clickhouse.registrations() == ()
    assert await adapters.clickhouse.update_registrations((MARKED,), ()) == (MARKED,)
    assert await adapters.clickhouse.registrations() == (MARKED,)
    other = Registration("other", "westus3")
    assert await adapters.clickhouse.update_registrations((other,), (MARKED,)) == (other,)
    bodies = [request["body"] for request in sim.requests("clickhouse", "PATCH")]
    reference = {"id": ENDPOINT, "cloudProvider": "azure", "region": "westus3"}
    assert bodies[0] == {"privateEndpoints": {"add": [{**reference, "description": MARKED.description}]}}
    assert bodies[1]["privateEndpoints"]["remove"] == [reference]


async def test_allow_list(sim: RunningSimulator, adapters: Adapters) -> None:
    """An allow list is changed with one PATCH, which returns the service."""
    other = Registration("other", "westus3")
    await adapters.clickhouse.update_registrations((MARKED, other), ())
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
    """One call registers an endpoint with its description and allows it on the service."""
    await adapters.clickhouse.register_through(REPORTING, ENDPOINT, MARKED.description)
    assert await adapters.clickhouse.registrations() == (MARKED,)
    allowed = {one.name: one.allow_list for one in await adapters.clickhouse.services() if one.allow_list}
    assert allowed == {"reporting": {ENDPOINT}}


@pytest.mark.parametrize("name", CLICKHOUSE_WRITES)
async def test_dry_run_writes_nothing(sim: RunningSimulator, name: str) -> None:
    """Clients for a dry run refuse every write before it is sent; reads succeed."""
    async with adapters_for(sim.url, read_only=True) as adapters:
        with pytest.raises(PermanentError, match=r"a dry run sends no (PATCH|POST)"):
            await adapters.calls()[name]()
        assert sim.requests() == []
        assert await adapters.clickhouse.services()


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 422, 451])
@pytest.mark.parametrize("name", CLICKHOUSE_CALLS)
async def test_refusal(sim: RunningSimulator, adapters: Adapters, name: str, status: int) -> None:
    """A 4xx is a PermanentError after one call, with the error and the request id of the API."""
    body = {"status": status, "error": "BAD: because", "requestId": "r-17"}
    sim.fault(match={"system": "clickhouse"}, status=status, body=body, count=None)
    with pytest.raises(PermanentError, match=rf"returned {status}: BAD: because \(request r-17\)") as raised:
        await adapters.calls()[name]()
    of_the_service = name == "config" and status != 401
    assert (raised.value.cause.kind is CauseKind.REFUSED) is of_the_service
    assert raised.value.cause.forbidden is (status in (401, 403) and not of_the_service)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize("status", [408, 424, 425, 429, 500, 503])
@pytest.mark.parametrize("name", ["services", "config", "update_registrations", "register_through"])
async def test_temporary_statuses_are_retried(
    sim: RunningSimulator, adapters: Adapters, name: str, status: int
) -> None:
    """Temporary statuses, including 424 of an idle service, are retried."""
    sim.fault(match={"system": "clickhouse"}, status=status)
    await adapters.calls()[name]()
    assert len(sim.requests()) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, CauseKind.REFUSED),
        (404, CauseKind.REFUSED),
        (401, CauseKind.INVALID_CREDENTIAL),
        (302, CauseKind.UNKNOWN),
    ],
)
async def test_refused_config(sim: RunningSimulator, adapters: Adapters, status: int, kind: CauseKind) -> None:
    """A refused config concerns one service and is not retryable; a refused key is."""
    sim.fault(match={"system": "clickhouse"}, status=status, count=None)
    with pytest.raises(PermanentError) as raised:
        await adapters.clickhouse.config(ANALYTICS)
    failed = read_failed(raised.value)
    assert (failed.temporary, failed.cause.kind, failed.cause.status) == (False, kind, status)
    assert (failed.refused, failed.cause.forbidden) == (kind is CauseKind.REFUSED, status == 401)
    assert failed.retryable is (status == 401)


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("part", ["endpointServiceId", "privateDnsHostname"])
async def test_config_without_values(sim: RunningSimulator, adapters: Adapters, part: str, value: str | None) -> None:
    """A config without values is a TemporaryError without retries within the pass."""
    config = {
        "endpointServiceId": ALIAS,
        "privateDnsHostname": "a.westus3.privatelink.azure.clickhouse.cloud",
    }
    body = {"status": 200, "requestId": "r", "result": config | {part: value}}
    sim.fault(match={"system": "clickhouse"}, status=200, body=body, count=None)
    with pytest.raises(TemporaryError, match="has no value yet"):
        await adapters.clickhouse.config(ANALYTICS)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize(
    "hostname", ["a", "a.", ".b", "a..b", "a.b/../../c", "a.b?x", "a.b\n", "*.b.c", "a.é.c", f"a.{'b' * 252}"]
)
async def test_config_with_no_host_name(sim: RunningSimulator, adapters: Adapters, hostname: str) -> None:
    """A host name that names no zone is an unexpected response: the zone becomes part of ARM ids."""
    result = {"endpointServiceId": ALIAS, "privateDnsHostname": hostname}
    body = {"status": 200, "requestId": "r", "result": result}
    sim.fault(match={"system": "clickhouse"}, status=200, body=body, count=None)
    with pytest.raises(PermanentError, match=r"unexpected response .*privateDnsHostname"):
        await adapters.clickhouse.config(ANALYTICS)


async def test_wrong_key(sim: RunningSimulator) -> None:
    """An invalid key is a PermanentError without the secret."""
    async with adapters_for(sim.url, key=Key("demo-key", "mistyped")) as adapters:
        with pytest.raises(PermanentError, match="401") as raised:
            await adapters.clickhouse.services()
    assert "mistyped" not in str(raised.value)


@pytest.mark.parametrize(
    "echo",
    [
        {"error": "bad key demo-key:demo-secret, Basic " + KEY_AS_SENT, "requestId": "demo-secret"},
        {"error": {"sent": ["demo-secret", KEY_AS_SENT]}, "requestId": ["demo-secret"]},
        {"error": "x" * 490 + "demo-secret", "requestId": "x" * 490 + KEY_AS_SENT},
    ],
)
@pytest.mark.parametrize("status", [400, 429])
async def test_secret_is_redacted(
    sim: RunningSimulator, caplog: pytest.LogCaptureFixture, echo: dict[str, Any], status: int
) -> None:
    """The secret, plain or encoded, is not in errors, reprs or logs, even if a response contains it."""
    caplog.set_level(0)
    sim.fault(match={"system": "clickhouse"}, status=status, body=echo, count=None)
    async with adapters_for(sim.url, 0.2) as adapters:
        with pytest.raises((PermanentError, TemporaryError)) as raised:
            await adapters.clickhouse.services()
        texts = [repr(adapters), str(raised.value), repr(raised.value)]
    texts += [repr(raised.value.__cause__), repr(raised.value.__context__), caplog.text]
    texts += [repr(record.args) for record in caplog.records]
    for text in texts:
        assert "demo-secret" not in text
        assert KEY_AS_SENT not in text
        assert "demo-sec" not in text


async def test_key_is_sent_only_to_clickhouse(sim: RunningSimulator, adapters: Adapters) -> None:
    """The key is sent only to ClickHouse Cloud; a simulated ARM receives no credential."""
    await adapters.clickhouse.services()
    assert sim.requests("clickhouse")[0]["headers"]["authorization"] == "(redacted)"
    await adapters.dns.zones(SCOPE)
    assert "authorization" not in sim.requests("dns")[0]["headers"]


async def test_service_ids_are_encoded(sim: RunningSimulator, adapters: Adapters) -> None:
    """A service id is one segment of the path, with any content."""
    for id_ in ("../..", "a/b", "a?b=c", "a#b", "a\nb", "ü", "%2e%2e", "a b"):
        with pytest.raises(PermanentError, match=r"404|400"):
            await adapters.clickhouse.config(id_)
    organization = f"/v1/organizations/{ORGANIZATION}/services/"
    assert all(request["path"].startswith(organization) for request in sim.requests())
    assert all(request["path"].endswith("/privateEndpointConfig") for request in sim.requests())
    assert not any(request["query"] for request in sim.requests())
