import re
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.changes import clickhouse, dns
from shared.domain.model.deployment_config import DeploymentConfig, IdKind, ZoneChoice
from shared.domain.model.errors import Cause, CauseKind
from shared.domain.model.findings import CATALOGUE, Finding, Severity
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, ReadFailed, Service
from shared.domain.model.snapshot import ReadAddresses, ReadConfig, Snapshot
from shared.domain.ownership.marks import MARK
from shared.domain.planning.policy import Policy, filtered
from shared.domain.planning.removal_limit import limited
from tests.support.plans import plan_of
from tests.support.worlds import (
    FORBIDDEN,
    OTHER_ALIAS,
    OWNER,
    STRANGE_ALIAS,
    SUBSCRIPTION,
    deployment,
    endpoint,
    foreign,
    foreign_record,
    guid,
    interface,
    pe,
    record,
    registered,
    service,
    service_id,
    snapshot,
    zone,
    zone_id,
)


def there(one: Endpoint | ResourceId, *services: Service, **parts: Any) -> Snapshot:
    """A snapshot in which the endpoint has all it requests, except for `parts`."""
    main = service("main", guid(1), env="prod")
    return snapshot(
        one,
        **{
            "services": services or (main,),
            "registrations": [registered(1)],
            "zones": [zone(record(1))],
            **parts,
        },
    )


MAIN, TEST = service("main", guid(1), env="prod"), service("test", guid(1))
ELSEWHERE = (Scope(SUBSCRIPTION, "rg-other"),)
TWIN = Service(service_id("twin"), "main", "azure", "westus3")
NO_CONFIG = {ReadConfig(service_id("test")): FORBIDDEN}
REFUSED = ReadFailed("400: no", temporary=False, cause=Cause(CauseKind.REFUSED))
ARM = deployment(id_kind=IdKind.RESOURCE_ID)
ARM_ID = endpoint(1).arm_id
FULL = replace(record(1), metadata={MARK: OWNER, **{f"note-{n}": "theirs" for n in range(14)}})

ROWS: list[tuple[str, str, Snapshot, DeploymentConfig]] = [
    ("outside-scope", "outside ENDPOINT_SCOPES", there(endpoint(1)), deployment(scopes=ELSEWHERE)),
    (
        "not-a-clickhouse-endpoint",
        STRANGE_ALIAS,
        there(endpoint(1, alias=STRANGE_ALIAS)),
        deployment(),
    ),
    ("bad-selector", "'tag:' is not a selector", there(endpoint(1, "main,tag:")), deployment()),
    (
        "bad-selector",
        "several services are named main",
        there(endpoint(1, "main,*"), MAIN, TWIN),
        deployment(),
    ),
    ("bad-selector", "selected by an ambiguous name", there(endpoint(1, "main"), MAIN, TWIN), deployment()),
    ("service-not-found", "matches nobody", there(endpoint(1, "main,nobody")), deployment()),
    (
        "service-not-permitted",
        f"permit test ({TEST.id})",
        there(endpoint(1, "*,test"), MAIN, TEST),
        deployment(service_filter="main"),
    ),
    (
        "service-on-other-private-link",
        ") is not behind",
        there(endpoint(1, "*,far"), MAIN, service("far"), elsewhere={"far": OTHER_ALIAS}),
        deployment(),
    ),
    (
        "service-without-private-link",
        "its private endpoint config is refused: 400: no",
        there(endpoint(1), MAIN, TEST, also={ReadConfig(TEST.id): REFUSED}),
        deployment(),
    ),
    (
        "no-service-selected",
        "reaches no service",
        there(endpoint(1, ""), service("main")),
        deployment(),
    ),
    ("endpoint-pending", "Pending", there(endpoint(1, status="Pending")), deployment()),
    ("endpoint-rejected", "Rejected", there(endpoint(1, status="Rejected")), deployment()),
    ("endpoint-disconnected", "Disconnected", there(endpoint(1, status="Disconnected")), deployment()),
    (
        "endpoint-in-progress",
        "no private address",
        there(endpoint(1), also={ReadAddresses(interface(1)): ()}),
        deployment(),
    ),
    (
        "endpoint-failed",
        "keeps what it has",
        there(replace(endpoint(1), state="Failed")),
        deployment(),
    ),
    ("zone-missing", "no zone", there(endpoint(1), zones=[]), deployment()),
    ("zone-not-linked", "is linked to", there(endpoint(1), zones=[zone(vnets=())]), deployment()),
    ("zone-not-usable", "not the ARM id", there(endpoint(1, zone_tag="x"), zones=[]), deployment()),
    (
        "zone-ambiguous",
        "rg-2",
        there(endpoint(1), zones=[zone(), zone(id_=zone_id("rg-2"))]),
        deployment(),
    ),
    (
        "record-kept-by-other",
        "not modified",
        there(endpoint(1), zones=[zone(foreign_record("10.0.0.1"))]),
        deployment(),
    ),
    (
        "wildcard-foreign",
        "is not managed by this deployment",
        there(endpoint(1), zones=[zone(foreign_record())]),
        deployment(),
    ),
    (
        "wildcard-served-by-other",
        "pe-1, through which clients reach the same services",
        there(
            endpoint(2),
            registrations=[registered(2)],
            also=there(endpoint(1)).answers,
            zones=[zone(record(1))],
        ),
        deployment(zone_choice=ZoneChoice.CENTRAL),
    ),
    (
        "wildcard-owned-by-other",
        "pe-1",
        there(
            endpoint(2),
            registrations=[registered(2)],
            also=there(endpoint(1)).answers,
            zones=[zone(record(1))],
        ),
        deployment(),
    ),
    (
        "record-full",
        "no room in its metadata for 10.0.0.1; Azure permits 15 pairs",
        there(endpoint(1), zones=[zone(FULL)]),
        deployment(),
    ),
    (
        "registration-foreign",
        f"{guid(1)} is registered outside this deployment and is not modified; registered as {ARM_ID}",
        there(endpoint(1), registrations=[foreign(guid(1))]),
        deployment(),
    ),
    (
        "registration-blocked",
        f"both ids, {guid(1)} and {ARM_ID}, are registered outside this deployment",
        there(endpoint(1), registrations=[foreign(guid(1)), foreign(ARM_ID)]),
        deployment(),
    ),
    (
        "allow-list-outside-filter",
        "stays on the allow list of test: SERVICE_FILTER",
        there(endpoint(1, "main"), MAIN, TEST),
        deployment(service_filter="main"),
    ),
    (
        "unreadable",
        "tags of service main",
        there(endpoint(1, "tag:env"), replace(MAIN, tags=None)),
        deployment(),
    ),
    ("id-kind-mixed", "resource_id", there(endpoint(1)), ARM),
    ("unreadable", "403", there(endpoint(1), MAIN, TEST, also=NO_CONFIG), deployment()),
    # changes that a policy does not permit
    (
        "record-drift",
        "does not exist, should have 10.0.0.1",
        there(endpoint(1), zones=[zone()]),
        deployment(),
    ),
    (
        "record-drift",
        "has 10.0.0.1, but pe-1 is deleted",
        there(pe(1), registrations=[]),
        deployment(),
    ),
    ("registration-missing", "is not registered with", there(endpoint(1), registrations=[]), deployment()),
    ("allow-list-missing", "does not list pe-1", there(endpoint(1), service("main")), deployment()),
    (
        "allow-list-extra",
        "but the tag of pe-1 does not request it",
        there(endpoint(1, "main"), MAIN, TEST),
        deployment(),
    ),
    (
        "registration-orphaned",
        "but the id of pe-1 has changed",
        there(endpoint(1), registrations=[registered(9, by=1)]),
        deployment(),
    ),
    # more removals than the limit
    (
        "removals-over-limit",
        "1 endpoint would be released, the limit is 0: no removal is made",
        there(endpoint(1, None)),
        deployment(),
    ),
]


@pytest.mark.parametrize(("code", "said", "seen", "by"), ROWS, ids=[row[0] for row in ROWS])
def test_findings(code: str, said: str, seen: Snapshot, by: DeploymentConfig) -> None:
    """Each condition has a finding with its code, whose message names the object."""
    plan = limited(plan_of(seen, by), 0 if code == "removals-over-limit" else 20)
    findings = filtered(plan, Policy.REPORT).findings
    assert [finding for finding in findings if finding.code == code and said in finding.message]


def test_all_is_well() -> None:
    """An endpoint that has all it requests has no findings."""
    assert plan_of(there(endpoint(1))).findings == ()


@pytest.mark.parametrize("status", ["Approved", "Removed", ""])
def test_other_states(status: str) -> None:
    """An approved connection has no finding, nor has one in an unknown state."""
    assert plan_of(there(endpoint(1, status=status))).findings == ()


AFTER_A_CALL = {"zone-locked", "registration-left", "registration-mark-not-kept"}
OVER_TIME = {"pending-too-long", "event-late", "event-missed", "registration-mark-not-kept"}
"""Findings that need an earlier audit, or a registration in the same pass."""


def test_every_code_has_a_row() -> None:
    """Every code that a single snapshot can cause has a row in the table above."""
    assert {row[0] for row in ROWS} == set(CATALOGUE) - OVER_TIME - AFTER_A_CALL


def test_drift_codes() -> None:
    """Every kind of change has a code for the finding while it is not made."""
    kinds = [one for one in (vars(clickhouse) | vars(dns)).values() if isinstance(one, type) and hasattr(one, "drift")]
    assert len(kinds) >= 7
    assert {kind.drift for kind in kinds} <= set(CATALOGUE)


@pytest.mark.parametrize("code", CATALOGUE)
def test_catalogue(code: str) -> None:
    """Every code is kebab case, and its remedy consists of sentences."""
    finding = Finding(code, "an object", "what there is")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert finding.remedy[0].isupper()
    assert finding.remedy.endswith(".")
    assert finding.as_json() == {
        "code": code,
        "severity": finding.severity,
        "object": "an object",
        "message": "what there is",
        "remedy": finding.remedy,
    }


def test_remedy_by_cause() -> None:
    """A finding can carry a remedy for its cause; it is still the same finding."""
    by_code = Finding("unreadable", "an object", "HTTP 503")
    by_cause = Finding("unreadable", "an object", "HTTP 503", "Wait until ARM is available again.")
    assert by_code.remedy == CATALOGUE["unreadable"][1]
    assert by_cause.as_json()["remedy"] == by_cause.remedy == "Wait until ARM is available again."
    assert by_cause == by_code
    assert hash(by_cause) == hash(by_code)


def test_severities() -> None:
    """Severities have an order, the worst first."""
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]
