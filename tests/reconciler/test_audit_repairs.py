"""The repairs in an audit report, with before and after."""

from dataclasses import replace

import pytest

from shared.domain.audit.report_model import AuditReport, Repair
from shared.domain.model.errors import PermanentError, TemporaryError
from shared.domain.planning.policy import Policy
from tests.support.audits import audit, codes
from tests.support.errors import changed
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import (
    address,
    endpoint,
    guid,
    pe,
    record,
    registered,
    service,
    service_id,
    zone,
    zone_id,
)

RECORD = f"{zone_id()}/A/*"
MAIN = f"service {service_id('main')}"


def drifted() -> Cloud:
    """Endpoint 1 is registered, but not allowed, and its record has another address; endpoint 2 is deleted."""
    wrong = replace(record(1), addresses=(address(7),))
    cloud = Cloud(endpoint(1), services=[service("main", guid(2))], zones=[zone(wrong)])
    cloud.clickhouse.registered = {guid(n): registered(n) for n in (1, 2)}
    return cloud


async def audited(cloud: Cloud, policy: Policy) -> AuditReport:
    return audit(await run(cloud, policy=policy, dry_run=policy is Policy.REPORT))


@pytest.mark.parametrize(
    ("policy", "changed", "found"),
    [
        (
            Policy.REPORT,
            [],
            {"allow-list-missing", "allow-list-extra", "registration-orphaned", "record-drift"},
        ),
        (Policy.UPSERT, ["put-record", "allow"], {"allow-list-extra", "registration-orphaned"}),
        (Policy.SYNC, ["put-record", "allow", "disallow", "deregister"], set()),
    ],
)
async def test_policies(policy: Policy, changed: list[str], found: set[str]) -> None:
    """What the policy permits is repaired and reported as repaired; the rest is a finding."""
    report = await audited(drifted(), policy)
    assert sorted(one.change for one in report.repairs) == sorted(changed)
    assert {one.status for one in report.repairs} <= {"done"}
    assert codes(report) == found
    assert (f"Repaired: {len(changed)} object" in report.sentence) is bool(changed)
    assert report.history[-1].repaired == len(changed)


async def test_before_and_after() -> None:
    """Each repair contains the state before and after."""
    repairs = {one.change: one for one in (await audited(drifted(), Policy.SYNC)).repairs}
    assert repairs["allow"] == Repair("allow", MAIN, str(pe(1)), "-", guid(1), "done")
    gone = f"{guid(2)}, because pe-2 is deleted"
    assert repairs["disallow"] == Repair("disallow", MAIN, str(pe(2)), gone, "-", "done")
    assert repairs["deregister"].before == f"{guid(2)} in westus3, because pe-2 is deleted"
    put = repairs["put-record"]
    assert (put.object, put.before, put.after) == (
        RECORD,
        f"{address(7)}, TTL 300, owner tests",
        f"{address(1)}, TTL 300, owner tests",
    )


async def test_failed_repair() -> None:
    """A failed repair is reported with its error, and its drift remains a finding."""
    cloud = drifted()
    cloud.fail("put", PermanentError("403 Forbidden"))
    report = await audited(cloud, Policy.UPSERT)
    (put,) = [one for one in report.repairs if one.change == "put-record"]
    assert (put.status, put.error) == ("failed", "403 Forbidden")
    assert "record-drift" in codes(report)
    assert report.complete
    assert "Failed: 1 repair." in report.sentence


async def test_repair_that_ran_out_of_time() -> None:
    """A repair that may succeed later is listed by name for the next audit."""
    cloud = drifted()
    cloud.fail("put", TemporaryError("no response before the deadline of the pass"))
    report = await audited(cloud, Policy.UPSERT)
    assert (report.complete, report.left) == (
        False,
        (f"put-record {address(7)} -> {address(1)} in {RECORD}",),
    )


async def test_repaired_by_somebody_else() -> None:
    """A repair that somebody else made first is not reported as failed."""
    cloud = drifted()
    cloud.log.before["put"] = lambda: cloud.dns.have(zone(record(1)))
    cloud.fail("put", changed("412"), times=1)
    report = await audited(cloud, Policy.UPSERT)
    assert [one.change for one in report.repairs] == ["allow"]
    assert "record-drift" not in codes(report)


async def test_repair_that_worked_all_the_same() -> None:
    """A repair whose response was lost, but which took effect, is reported as done."""
    cloud = drifted()
    cloud.fail("update_allow_list", TemporaryError("lost"), about=f"+{guid(1)}", times=1, done=True)
    (allow,) = [one for one in (await audited(cloud, Policy.UPSERT)).repairs if one.change == "allow"]
    assert (allow.status, allow.error) == ("skipped", "already in effect, although the call failed: lost")
