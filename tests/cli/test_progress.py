"""A watcher of a reconciliation sees each call."""

import pytest

from shared.domain.model.errors import PermanentError
from shared.reconciler.progress import WRITES, watched
from tests.support import fakes
from tests.support.worlds import endpoint, pe, registered


class Counting:
    """A watcher that counts: reads begun, reads ended, writes begun, writes ended."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0, 0]

    def began(self, *, writes: bool) -> None:
        self.counts[2 if writes else 0] += 1

    def ended(self, *, writes: bool) -> None:
        self.counts[3 if writes else 1] += 1


async def test_every_call() -> None:
    """Each call is reported as it begins and ends, reads and writes, also if it fails; its result is unchanged."""
    cloud, watcher = fakes.Cloud(), Counting()
    cloud.network.have(endpoint(1))
    cloud.log.faults.append(fakes.Fault("services", PermanentError("no")))
    systems = watched(cloud.systems, watcher)
    assert await systems.network.endpoint(pe(1)) == endpoint(1)
    await systems.clickhouse.update_registrations((registered(1),), ())
    with pytest.raises(PermanentError):
        await systems.clickhouse.services()
    assert watcher.counts == [2, 2, 1, 1]


def test_writes() -> None:
    """The writes are those of the ports."""
    assert WRITES == fakes.WRITES
