"""Sample audit reports for the status page: without problems, with problems, large, and with hostile names."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.domain.audit.report_model import (
    AllowedId,
    AuditedEndpoint,
    AuditedFinding,
    AuditedRecord,
    AuditedService,
    AuditedZone,
    AuditReport,
    Health,
    HistoryPoint,
    Repair,
    WithheldRemoval,
)
from shared.domain.audit.summary import summarized
from shared.domain.model.findings import CATALOGUE, Severity
from shared.domain.model.resources import Connection
from shared.domain.results.pass_report import Calls

NOW = datetime(2026, 11, 23, 6, 4, tzinfo=UTC)
FINISHED = NOW - timedelta(minutes=4)
PERIOD = 900
SUBSCRIPTIONS = [str(uuid5(NAMESPACE_URL, f"subscription {n}")) for n in range(5)]
FOREIGN = "0b5ef0ac-90a4-4b5e-8d23-2f9e6a8c7d11"
SUFFIX = "privatelink.azure.clickhouse.cloud"
EACH_WRONG = 50
"""In the large report, each endpoint of this number has a problem."""


def guid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def arm(kind: str, name: str, group: str = "rg-network", subscription: int = 0) -> str:
    at = f"/subscriptions/{SUBSCRIPTIONS[subscription]}/resourceGroups/{group}"
    return f"{at}/providers/Microsoft.Network/{kind}/{name}"


def alias(region: str, n: int = 0) -> str:
    return f"production-{region}-{n}-0.{guid(f'{region} {n}')}.{region}.azure.privatelinkservice"


def zone_id(region: str, group: str = "rg-dns", subscription: int = 0) -> str:
    return arm("privateDnsZones", f"{region}.{SUFFIX}", group, subscription)


def endpoint(
    name: str, network: str, region: str, address: str, *services: str, subscription: int = 0
) -> AuditedEndpoint:
    """A healthy endpoint."""
    return AuditedEndpoint(
        id=arm("privateEndpoints", name, subscription=subscription),
        verdict="manage",
        health=Health.HEALTHY,
        guid=guid(name),
        network=arm("virtualNetworks", network, subscription=subscription),
        alias=alias(region),
        region=region,
        zone=zone_id(region, f"rg-dns-{network}", subscription),
        addresses=(address,),
        connections=(Connection(alias(region), "Approved"),),
        services=tuple(guid(one) for one in services),
        hostnames={one: hostname(one, region) for one in services},
    )


def hostname(service: str, region: str) -> str:
    return f"{guid(service)[:10].replace('-', '')}.{region}.{SUFFIX}"


def service(name: str, region: str, *entries: AllowedId, state: str = "running") -> AuditedService:
    return AuditedService(
        id=guid(name),
        name=name,
        region=region,
        state=state,
        health=Health.HEALTHY,
        alias=alias(region),
        hostname=hostname(name, region),
        allow_list=entries,
    )


def allowed(one: AuditedEndpoint) -> AllowedId:
    return AllowedId(one.guid, one.id, ours=True)


def zone(region: str, network: str, *holders: AuditedEndpoint, subscription: int = 0) -> AuditedZone:
    ids = tuple(one.id for one in holders)
    addresses = tuple(address for one in holders for address in one.addresses)
    records = (AuditedRecord("*", 300, addresses, ours=True, endpoints=ids),) if holders else ()
    at = zone_id(region, f"rg-dns-{network}", subscription)
    linked = (arm("virtualNetworks", network, subscription=subscription),)
    return AuditedZone(at, f"{region}.{SUFFIX}", Health.HEALTHY, linked, records)


def finding(code: str, about: str, message: str, hours: float = 2) -> AuditedFinding:
    severity, remedy = CATALOGUE[code]
    first = FINISHED - timedelta(hours=hours)
    return AuditedFinding(code, severity, about, message, remedy, first, FINISHED)


def history(*errors: int, warnings: int = 0, endpoints: int = 6) -> tuple[HistoryPoint, ...]:
    """One point per period, the last one at `FINISHED`."""
    ages = range(len(errors) - 1, -1, -1)
    moments = [FINISHED - age * timedelta(seconds=PERIOD) for age in ages]
    return tuple(
        HistoryPoint(at, count, warnings if count else 0, 1, 0, endpoints)
        for at, count in zip(moments, errors, strict=True)
    )


def report(**parts: Any) -> AuditReport:
    """A report finished at `FINISHED` with these fields, summarized by the code of real reports."""
    plain = AuditReport(
        owner="platform-team",
        pass_id="01JD9W6V6Q",
        started=FINISHED - timedelta(seconds=1.4),
        finished=FINISHED,
        period_seconds=PERIOD,
        policy="upsert",
        health=Health.UNKNOWN,
        sentence="",
        calls=Calls(clickhouse=2, azure_network=4, azure_dns=6),
    )
    return with_summary(replace(plain, **parts))


def with_summary(plain: AuditReport) -> AuditReport:
    verdicts = dict(Counter(one.verdict for one in plain.endpoints))
    return replace(summarized(plain), verdicts=verdicts, history=plain.history)


def all_well() -> AuditReport:
    """Two regions, three networks, five endpoints, four services, and no findings."""
    app1 = endpoint("pe-clickhouse-app", "vnet-app", "westus3", "10.10.4.7", "analytics", "billing")
    app2 = endpoint("pe-clickhouse-jobs", "vnet-app", "westus3", "10.10.5.9", "analytics")
    data1 = endpoint("pe-clickhouse-etl", "vnet-data", "westus3", "10.20.1.4", "analytics", "events")
    data2 = endpoint("pe-clickhouse-notebooks", "vnet-data", "westus3", "10.20.1.12", "analytics")
    edge1 = endpoint("pe-clickhouse-edge", "vnet-edge", "northeurope", "10.30.0.4", "events-eu", subscription=1)
    endpoints = (app1, app2, data1, data2, edge1)
    return report(
        endpoints=endpoints,
        services=(
            service("analytics", "westus3", *map(allowed, endpoints[:4])),
            service("billing", "westus3", allowed(app1), state="idle"),
            service("events", "westus3", allowed(data1), AllowedId(FOREIGN, "", ours=False)),
            service("events-eu", "northeurope", allowed(edge1)),
        ),
        zones=(
            zone("westus3", "vnet-app", app1),
            zone("westus3", "vnet-data", data1),
            zone("northeurope", "vnet-edge", edge1, subscription=1),
        ),
        history=history(*[0] * 30, 1, 1, 0, 0, 0, 0, 2, 1, *[0] * 20),
    )


def troubled() -> AuditReport:
    """The same endpoints with problems of every kind."""
    well = all_well()
    app1, app2, data1, data2, edge1 = well.endpoints
    jobs = replace(
        app2,
        health=Health.WAITING,
        connections=(Connection(app2.alias, "Pending"),),
        pending_since=FINISHED - timedelta(minutes=40),
    )
    etl = replace(data1, health=Health.ERROR)
    notebooks = replace(data2, health=Health.ERROR, connections=(Connection(data2.alias, "Rejected"),), services=())
    edge = replace(edge1, health=Health.ERROR)
    foreign = replace(
        endpoint("pe-unknown-vendor", "vnet-app", "westus3", "10.10.6.6"),
        verdict="foreign-service",
        health=Health.ERROR,
        alias="",
        region="",
        zone="",
        connections=(
            Connection("vendor.5c1f1c52-9f7c-4c0b-8a3e-5b6c0d3f9f11.eastus.azure.privatelinkservice", "Approved"),
        ),
    )
    hidden = replace(
        endpoint("pe-clickhouse-reports", "vnet-reports", "westus3", "10.40.0.5", subscription=2),
        verdict="unknown",
        health=Health.UNKNOWN,
        addresses=(),
        alias="",
        region="",
        zone="",
        connections=(),
    )
    outside = replace(hidden, id=arm("privateEndpoints", "pe-sandbox", subscription=3), verdict="out-of-scope")
    outside = replace(outside, health=Health.WARNING, network=arm("virtualNetworks", "vnet-sandbox"))
    analytics, billing, events, events_eu = well.services
    zone_app, zone_data, zone_edge = well.zones
    changed = replace(
        well,
        complete=False,
        left=("private DNS zones of subscription " + SUBSCRIPTIONS[3],),
        problems=("ARM returned 403 for " + hidden.id,),
        endpoints=(app1, jobs, foreign, etl, notebooks, edge, hidden, outside),
        services=(
            replace(analytics, health=Health.ERROR, allow_list=tuple(map(allowed, (app1, app2)))),
            billing,
            replace(events, health=Health.UNKNOWN, alias="", hostname=""),
            replace(events_eu, health=Health.HEALTHY),
        ),
        zones=(
            zone_app,
            replace(
                zone_data,
                health=Health.ERROR,
                records=(AuditedRecord("*", 300, ("10.20.1.99",), ours=True, endpoints=(etl.id,)),),
            ),
            replace(
                zone_edge,
                health=Health.ERROR,
                records=(
                    AuditedRecord("*", 3600, ("10.9.0.4",), ours=False),
                    AuditedRecord("grafana", 60, ("10.9.0.9",), ours=False),
                ),
            ),
        ),
        findings=(
            finding(
                "record-drift",
                etl.id,
                f"record * in {zone_data.name} (rg-dns-vnet-data) has 10.20.1.99, should have 10.20.1.4",
                0.5,
            ),
            finding("endpoint-rejected", notebooks.id, f"its connection to {notebooks.alias} is Rejected", 9),
            finding(
                "allow-list-missing",
                notebooks.id,
                f"service analytics ({analytics.id}) does not list pe-clickhouse-notebooks ({notebooks.guid[:8]}…)",
                9,
            ),
            finding(
                "wildcard-foreign",
                edge.id,
                "record * (10.9.0.4) was not created by this deployment; not modified",
                50,
            ),
            finding(
                "not-a-clickhouse-endpoint",
                foreign.id,
                "tagged, but not connected to a Private Link service of this organization",
                700,
            ),
            finding("unreadable", hidden.id, "403 AuthorizationFailed, by GET on the endpoint", 3),
            finding("endpoint-pending", jobs.id, f"its connection to {jobs.alias} is Pending", 0.7),
            finding("outside-scope", outside.id, "outside ENDPOINT_SCOPES; not modified", 200),
            finding(
                "registration-orphaned",
                guid("gone"),
                f"pe-gone ({guid('gone')[:8]}…) is registered with ClickHouse Cloud, but pe-gone is deleted",
            ),
        ),
        repairs=(
            Repair("update", f"{zone_app.id}/A/*", app1.id, "10.10.4.6", "10.10.4.7", "done"),
            Repair("allow", analytics.id, etl.id, "-", etl.guid, "failed", "500 from the ClickHouse Cloud API"),
        ),
        history=history(*[0] * 34, 1, 1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 3, 4, 4, 6, 5, 6, 6, warnings=2),
    )
    return with_summary(changed)


def overdue() -> tuple[AuditReport, datetime]:
    """A report without problems, and a time three hours later."""
    return all_well(), FINISHED + timedelta(hours=3, minutes=10)


def large(endpoints: int = 1000, services: int = 100, regions: int = 20) -> AuditReport:
    """Five endpoints to a network, spread over the regions and five subscriptions; one in fifty has a problem."""
    names = [f"region{n:02d}" for n in range(regions)]
    of_region = {r: [f"svc-{r}-{n}" for n in range(services // regions)] for r in names}
    made = [_one_of_many(n, names[n // 5 % regions], of_region) for n in range(endpoints)]
    made = [replace(one, health=Health.ERROR) if n % EACH_WRONG == 0 else one for n, one in enumerate(made)]
    wrong = made[::EACH_WRONG]
    # Each endpoint has access to all services of its region.
    within = {region: [one for one in made if one.region == region] for region in names}
    return report(
        endpoints=tuple(made),
        services=tuple(
            service(name, region, *map(allowed, within[region])) for region, of in of_region.items() for name in of
        ),
        zones=tuple(
            zone(one.region, f"vnet-{n // 5:03d}", one, subscription=n // 5 % 5)
            for n, one in enumerate(made)
            if n % 5 == 0
        ),
        findings=tuple(
            finding("record-drift", one.id, f"record * in {one.zone.split('/')[-1]} does not exist") for one in wrong
        )
        + tuple(finding("no-service-selected", one.id, "it reaches no service") for one in made[7::40]),
        history=history(*[n % 7 for n in range(96)], warnings=3, endpoints=endpoints),
    )


def _one_of_many(n: int, region: str, of_region: dict[str, list[str]]) -> AuditedEndpoint:
    address = f"10.{n // 250}.{n % 250}.4"
    network, subscription = f"vnet-{n // 5:03d}", n // 5 % 5
    return endpoint(f"pe-clickhouse-{n:04d}", network, region, address, *of_region[region], subscription=subscription)


ATTACKS = (
    "<script>document.title='owned'</script>",
    "\"'><img src=x onerror=document.title='owned'>",
    "{{7*7}}{% raw %}",
    "]]></svg><script>document.title='owned'</script>",
    "\u202egnp.exe\u2066 שלום \u200f",
    "javascript:document.title='owned'",
    "a" * 200,
    "名" * 100,
    "</title></style></script><h1>owned</h1>",
    "line\nbreak\tand\x00null\x1b[31m",
)


def hostile() -> AuditReport:
    """Every name that another person can choose is an attack."""
    endpoints = tuple(_hostile_endpoint(n, name) for n, name in enumerate(ATTACKS))
    services = tuple(
        replace(
            service(f"s{n}", "westus3", AllowedId(name, name, ours=False), AllowedId(name, "", ours=True)),
            name=name,
            state=name,
            hostname=name,
            health=Health.ERROR,
        )
        for n, name in enumerate(ATTACKS)
    )
    hostile_report = report(
        owner=ATTACKS[1],
        policy=ATTACKS[3],
        left=ATTACKS,
        complete=False,
        problems=ATTACKS,
        endpoints=endpoints,
        services=services,
        zones=tuple(
            AuditedZone(
                arm("privateDnsZones", name),
                name,
                Health.ERROR,
                (arm("virtualNetworks", name),),
                (AuditedRecord(name, 300, (name,), ours=False, endpoints=(name,)),),
            )
            for name in ATTACKS
        ),
        findings=tuple(
            AuditedFinding(name, Severity.ERROR, arm("privateEndpoints", name), name, name, FINISHED, FINISHED)
            for name in ATTACKS
        ),
        repairs=tuple(Repair(name, name, name, name, name, name, name) for name in ATTACKS),
        withheld=tuple(WithheldRemoval(name, name, name, name) for name in ATTACKS),
    )
    return replace(hostile_report, sentence=ATTACKS[0])


def _hostile_endpoint(n: int, name: str) -> AuditedEndpoint:
    plain = endpoint("x", name, "westus3", name, *(f"s{n}" for n in range(len(ATTACKS))))
    return replace(
        plain,
        id=arm("privateEndpoints", name),
        guid=name,
        region="westus3" if n % 2 else name,
        health=Health.ERROR,
        verdict=name,
        connections=(Connection(name, name),),
    )
