"""An endpoint that somebody else registered by hand, from beginning to end, on systems in memory."""

from shared.domain.marks import Claim, claims, end_of
from tests.support.fakes import Cloud
from tests.support.passes import run
from tests.support.worlds import address, endpoint, foreign, guid, pe, service, zone


def by_hand() -> Cloud:
    """Endpoint 1 is registered and on the list of `mine` by somebody's hand; its tag asks for both services."""
    cloud = Cloud(endpoint(1), services=[service("mine", guid(1)), service("lent")], zones=[zone()])
    cloud.clickhouse.have_registered(foreign(guid(1)))
    return cloud


def codes(report: object) -> list[str]:
    return [finding.code for finding in getattr(report, "plan").findings]  # noqa: B009 -- any report


async def test_the_record_tells_what_was_lent() -> None:
    """What we allow under somebody else's registration is told by our record: just that, and that it is not ours."""
    cloud = by_hand()
    report = await run(cloud, pe(1))
    assert "registration-foreign" in codes(report)
    record = cloud.dns.record()
    assert record
    lent = frozenset({end_of(service("lent").id)})
    assert claims(record) == {address(1): Claim(pe(1), guid(1), ours=False, lent=lent)}


async def test_only_what_was_lent_is_taken_back() -> None:
    """When the endpoint goes, what was made by hand stays, and is told of although our mark is gone by then."""
    cloud = by_hand()
    await run(cloud, pe(1))
    cloud.network.lose(pe(1))
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"mine": {guid(1)}, "lent": frozenset()}
    assert set(cloud.clickhouse.registered) == {guid(1)}
    assert cloud.dns.record() is None
    assert [(one.code, one.object) for one in report.plan.findings] == [("registration-foreign", str(pe(1)))]


async def test_what_passes_for_an_undone_endpoint_is_not_carried_on() -> None:
    """Of what was told before an endpoint was undone only the foreign registration is still told afterwards."""
    cloud = Cloud(endpoint(1, "nobody"), zones=[zone()])
    await run(cloud, pe(1))
    cloud.log.before["update_registrations"] = lambda: cloud.network.lose(pe(1))
    cloud.network.have(endpoint(1, "nobody", guid_number=7))
    report = await run(cloud, pe(1))
    assert codes(report) == []


async def test_a_tag_that_changes_takes_back_and_lends() -> None:
    """A service that the tag no longer selects loses what was lent; a hand-made entry is told, and stays."""
    cloud = by_hand()
    await run(cloud, pe(1))
    cloud.network.have(endpoint(1, ""))
    report = await run(cloud, pe(1))
    assert cloud.clickhouse.allow_lists() == {"mine": {guid(1)}, "lent": frozenset()}
    assert "allow-list-extra" in codes(report)
