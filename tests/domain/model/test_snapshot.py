import pytest

from shared.domain.model.resources import RecordSet, Service
from shared.domain.model.snapshot import (
    ListAddresses,
    ListEndpoints,
    ListZones,
    ReadAddresses,
    ReadEndpoint,
    ReadServices,
    ReadZone,
    Snapshot,
    SnapshotBuilder,
)
from tests.support.worlds import (
    FORBIDDEN,
    SCOPE,
    endpoint,
    foreign_record,
    guid,
    interface,
    pe,
    record,
    service,
    snapshot,
    zone,
    zone_id,
)

EMPTY = Snapshot()


def test_with_results() -> None:
    """Results make a new snapshot; a list adds the result of each object in it, a failed list adds none."""
    seen = EMPTY.with_results(
        {ListEndpoints(SCOPE): (endpoint(1),), ListAddresses(SCOPE): {interface(1): ("10.0.0.1",)}}
    )
    assert seen.get(ReadEndpoint(pe(1))) == endpoint(1)
    assert seen.get(ReadAddresses(interface(1))) == ("10.0.0.1",)
    assert EMPTY.answers == {}
    failed = EMPTY.with_results({ListEndpoints(SCOPE): FORBIDDEN, ListAddresses(SCOPE): FORBIDDEN})
    assert failed.endpoints() == {}
    assert set(failed.unreadable()) == {ListEndpoints(SCOPE), ListAddresses(SCOPE)}


def test_invalidate() -> None:
    """An invalidated result is unknown, which is neither absent nor unreadable."""
    seen = snapshot(endpoint(1), pe(2))
    assert ReadEndpoint(pe(2)) in seen
    forgotten = seen.invalidate([ReadEndpoint(pe(1)), ReadEndpoint(pe(2))])
    assert forgotten.endpoints() == {}
    assert forgotten.get(ReadEndpoint(pe(1))) is None


def test_forget_zone() -> None:
    """A zone is invalidated together with the lists of its scopes."""
    draft = SnapshotBuilder(snapshot(zones=[zone(), zone(id_=zone_id("rg-2"))]))
    draft.forget_zone(zone_id())
    seen = draft.snapshot()
    assert ReadZone(zone_id()) not in seen
    assert ListZones(SCOPE) not in seen
    assert ReadZone(zone_id("rg-2")) in seen


@pytest.mark.parametrize("answer", [None, (), FORBIDDEN])
def test_no_services(answer: object) -> None:
    """Services that are unread, unreadable or an empty list count as unknown."""
    assert EMPTY.with_results({ReadServices(): answer}).services() is None


@pytest.mark.parametrize("changed", [service("main", guid(1)), service("new")])
def test_with_service(changed: Service) -> None:
    """A changed service replaces the known one; if services are unknown, they stay unknown."""
    draft, unknown = (
        SnapshotBuilder(snapshot(services=[service("main"), service("test")])),
        SnapshotBuilder(EMPTY),
    )
    draft.with_service(changed)
    unknown.with_service(changed)
    seen = draft.snapshot()
    expected = (changed if changed.name == "main" else service("main"), service("test"))
    assert seen.services() == expected
    assert unknown.snapshot() == EMPTY


@pytest.mark.parametrize("written", [None, record(1)])
def test_with_record(written: RecordSet | None) -> None:
    """A written or deleted record changes the known zone; an unknown zone stays unknown."""
    draft, unknown = SnapshotBuilder(snapshot(zones=[zone(foreign_record())])), SnapshotBuilder(EMPTY)
    draft.with_record(zone_id(), "*", written)
    unknown.with_record(zone_id(), "*", written)
    seen = draft.snapshot()
    assert seen.records() == ((written,) if written else ())
    assert unknown.snapshot() == EMPTY
