"""Drift findings state facts, and their remedies depend on why the audit did not make the change."""

from dataclasses import replace

import pytest

from shared.domain.audit.report_model import AuditReport
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.deployment_config import DeploymentConfig, IdKind
from shared.domain.model.errors import UNKNOWN_CAUSE, Cause, CauseKind, System
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.ids import Scope
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadZone, Snapshot
from shared.domain.planning.policy import Policy, filtered
from shared.domain.results.pass_report import Report
from tests.support.audits import audit, finding, well
from tests.support.plans import plan_of
from tests.support.worlds import (
    REGION,
    SUBSCRIPTION,
    address,
    deployment,
    endpoint,
    foreign_record,
    guid,
    pe,
    record,
    registered,
    service,
    zone,
    zone_id,
)

ZONE = f"{zone_id().name} ({zone_id().resource_group})"
MAIN = f"service main ({service('main').id})"
PE = f"pe-1 ({guid(1)[:8]}…)"


@pytest.mark.parametrize(
    ("code", "world", "config", "message"),
    [
        (
            "registration-missing",
            well(registrations=[]),
            None,
            f"{PE} is not registered with ClickHouse Cloud for {REGION}",
        ),
        ("allow-list-missing", well(services=[service("main")]), None, f"{MAIN} does not list {PE}"),
        (
            "allow-list-missing",
            well(services=[service("main")], registrations=[]),
            deployment(id_kind=IdKind.RESOURCE_ID),
            f"{MAIN} does not list pe-1 (ARM resource ID)",
        ),
        ("allow-list-extra", well(pe(1)), None, f"{MAIN} lists {PE}, but pe-1 is deleted"),
        (
            "allow-list-extra",
            well(endpoint(1, None)),
            None,
            f"{MAIN} lists {PE}, but pe-1 is untagged",
        ),
        (
            "allow-list-extra",
            well(endpoint(1, "")),
            None,
            f"{MAIN} lists {PE}, but the tag of pe-1 does not request it",
        ),
        (
            "allow-list-extra",
            well(endpoint(1, guid_number=9)),
            None,
            f"{MAIN} lists {PE}, but the id of pe-1 has changed",
        ),
        (
            "registration-orphaned",
            well(pe(1)),
            None,
            f"{PE} is registered with ClickHouse Cloud, but pe-1 is deleted",
        ),
        (
            "registration-orphaned",
            well(registrations=[replace(registered(1), region="eastus2")]),
            None,
            f"{PE} is registered with ClickHouse Cloud, but its region or mark is wrong",
        ),
        (
            "record-drift",
            well(pe(1)),
            None,
            f"record * in {ZONE} has {address(1)}, but pe-1 is deleted",
        ),
        (
            "record-drift",
            well(zones=[zone()]),
            None,
            f"record * in {ZONE} does not exist, should have {address(1)}",
        ),
        (
            "record-drift",
            well(zones=[zone(record(1, ttl=9))]),
            None,
            f"record * in {ZONE} has TTL 9, should have 300",
        ),
        (
            "record-drift",
            well(zones=[zone(record(1), replace(record(1), name="old"))]),
            None,
            f"record old in {ZONE} has {address(1)}, but pe-1 does not need it",
        ),
        (
            "record-drift",
            well(zones=[zone(replace(foreign_record(address(1)), ttl=300))]),
            deployment(dns_adopt=True),
            f"record * in {ZONE} has {address(1)}, but its ownership metadata is missing or outdated",
        ),
        (
            "record-drift",
            well(zones=[zone(replace(record(1), addresses=(address(9),)))]),
            None,
            f"record * in {ZONE} has {address(9)}, should have {address(1)}",
        ),
        (
            "zone-missing",
            well(zones=[]),
            deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns")),
            f"zone {ZONE} does not exist",
        ),
        (
            "zone-not-linked",
            well(zones=[zone(vnets=())]),
            deployment(zone_group=Scope(SUBSCRIPTION, "rg-dns")),
            f"zone {ZONE} is not linked to virtual network vnet",
        ),
    ],
)
def test_facts(code: str, world: Snapshot, config: DeploymentConfig | None, message: str) -> None:
    """The message of a drift finding is the fact, with names beside ids."""
    assert finding(audit(world, by=config), code).message.startswith(message)


DELETED = well(pe(1))
DENIED = Cause(CauseKind.MISSING_PERMISSION, "x/read", "/scope")
UNREGISTERED = well(registrations=[])


@pytest.mark.parametrize(
    ("code", "world", "policy", "remedy"),
    [
        (
            "registration-missing",
            UNREGISTERED,
            "report",
            "Run sync for the endpoint, or set AUDIT_POLICY=upsert so that the audit repairs it.",
        ),
        (
            "record-drift",
            DELETED,
            "report",
            "Run sync for the endpoint, or set AUDIT_POLICY=sync so that the audit removes it.",
        ),
        (
            "record-drift",
            DELETED,
            "upsert",
            "Run sync for the endpoint, or set AUDIT_POLICY=sync so that the audit removes it.",
        ),
        (
            "allow-list-extra",
            DELETED,
            "upsert",
            "Run sync for the endpoint, or set AUDIT_POLICY=sync so that the audit removes it.",
        ),
    ],
)
def test_remedy_by_policy(code: str, world: Snapshot, policy: str, remedy: str) -> None:
    """The remedy names the policy that permits the change, never the policy of this audit."""
    report = Report(world, filtered(plan_of(world), Policy(policy)), dry_run=policy == "report")
    assert finding(audit(report, policy=policy), code).remedy == remedy


def _failed(cause: Cause) -> AuditReport:
    """An audit with the policy upsert, whose registration failed."""
    plan = filtered(plan_of(UNREGISTERED), Policy.UPSERT)
    outcomes = tuple(
        Outcome(change, OutcomeStatus.FAILED, "HTTP 4xx (request 7)", cause=cause) for change in plan.changes
    )
    return audit(Report(UNREGISTERED, plan, outcomes), policy="upsert")


@pytest.mark.parametrize(
    ("cause", "then"),
    [
        (DENIED, remedy_for(DENIED, System.CLICKHOUSE)),
        (UNKNOWN_CAUSE, "Correct what the error names."),
    ],
)
def test_remedy_of_a_failed_repair(cause: Cause, then: str) -> None:
    """If this audit tried the change and failed, the remedy has the error and fits its cause, and names no policy."""
    remedy = finding(_failed(cause), "registration-missing").remedy
    assert remedy == f"This audit could not repair it: HTTP 4xx (request 7). {then} The next audit tries again."


def test_repaired() -> None:
    """A change that this audit made is no finding."""
    repaired = well()
    plan = plan_of(repaired)
    done = Outcome(plan_of(UNREGISTERED).changes[0], OutcomeStatus.DONE)
    assert audit(Report(repaired, plan, (done,)), policy="upsert").findings == ()


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (ReadFailed("403", temporary=False, cause=DENIED), remedy_for(DENIED, System.AZURE)),
        (ReadFailed("unexpected response", temporary=False), CATALOGUE["unreadable"][1]),
    ],
)
def test_remedy_of_a_failed_read(answer: ReadFailed, remedy: str) -> None:
    """The remedy of a failed read depends on its cause."""
    report = audit(well(also={ReadZone(zone_id()): answer}))
    (about_zone,) = [one for one in report.findings if one.object == str(zone_id())]
    assert about_zone.remedy == remedy


def test_causes_before_effects() -> None:
    """Within a severity, a finding comes after the finding that causes it."""
    report = audit(well(services=[service("main")], registrations=[], zones=[zone()]))
    assert [one.code for one in report.findings] == [
        "record-drift",
        "registration-missing",
        "allow-list-missing",
    ]
