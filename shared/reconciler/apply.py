"""Apply a plan: stage by stage, independent calls in parallel, with an outcome for every change.

`apply` may skip a change whose precondition failed, but it decides nothing.
"""

import asyncio
from collections.abc import Callable, Iterable

from shared.domain.changes.base import Change
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.changes.dns import CreateZone, DeleteRecord, LinkNetwork, PutRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus, blocked, calls, stages, unconfirmed
from shared.domain.model.errors import CauseKind, PrivateLinkError, TemporaryError
from shared.domain.model.resources import RecordSet, Registration
from shared.domain.model.snapshot import ReadRegistrations, ReadServices, ReadZone, Snapshot
from shared.reconciler.ports import Systems

type Update = Callable[[Snapshot], Snapshot]
"""Adds the result of a call to the snapshot."""
type Result = tuple[list[Outcome], Update]

_NO_MARK = "skipped: the API has not returned the registration with our description"


async def apply(
    changes: Iterable[Change], snapshot: Snapshot, systems: Systems
) -> tuple[tuple[Outcome, ...], Snapshot]:
    """Every change's outcome, and the snapshot updated from the responses.

    The objects of a failed call are removed from the snapshot, so that they are read before the next plan.
    """
    outcomes: list[Outcome] = []
    for stage in stages(changes):
        unmarked = unconfirmed((outcome.change for outcome in outcomes), snapshot.registrations() or ())
        blockers = [o for o in outcomes if o.status is not OutcomeStatus.DONE or o.change in unmarked]
        skipped = {change: _skipped(change, blocker) for change, blocker in blocked(stage, blockers).items()}
        outcomes += skipped.values()
        ready = [change for change in stage if change not in skipped]
        for sent, update in await asyncio.gather(*(_apply_call(call, systems) for call in calls(ready))):
            outcomes += sent
            snapshot = update(snapshot)
    return tuple(outcomes), snapshot


async def _apply_call(call: tuple[Change, ...], systems: Systems) -> Result:
    """Send one call for all these changes. If it is rejected, send halves, to isolate the invalid id.

    Not if the key lacks a permission or the service does not exist: that concerns all of them.
    """
    try:
        update = await _send(call, systems)
    except PrivateLinkError as error:
        temporary = isinstance(error, TemporaryError)
        no_service = isinstance(call[0], Allow | Disallow) and error.cause.kind is CauseKind.NOT_FOUND
        if len(call) == 1 or no_service or error.cause.forbidden or temporary:
            failed = [Outcome(change, OutcomeStatus.FAILED, str(error), temporary, error.cause) for change in call]
            return failed, _invalidate(call)
        half = len(call) // 2
        first, _ = await _apply_call(call[:half], systems)
        second, _ = await _apply_call(call[half:], systems)
        return first + second, _invalidate(call)
    return [Outcome(change, OutcomeStatus.DONE) for change in call], update or _invalidate(call)


async def _send(call: tuple[Change, ...], systems: Systems) -> Update | None:
    """None: the response does not describe the objects, which must be read again."""
    match call[0]:
        case RegisterThroughService() as change:
            return await _register_through(change, systems)
        case Register() | Deregister():
            return await _update_registrations(call, systems)
        case Allow(service=service) | Disallow(service=service):
            return await _update_allow_list(service, call, systems)
        case PutRecord(before=before, after=after):
            written = await systems.dns.put(after, before.etag if before else None)
            return _with_record(after, written)
        case DeleteRecord(before=before):
            await systems.dns.delete(before)
            return _with_record(before, None)
        case CreateZone(zone=zone):
            await systems.dns.create_zone(zone)
        case LinkNetwork(zone=zone, network=network):
            await systems.dns.link(zone, network)
        case change:
            raise AssertionError(f"no call applies {change}")
    return None


async def _update_registrations(call: tuple[Change, ...], systems: Systems) -> Update | None:
    add = tuple(Registration(c.id, c.region, c.description) for c in call if isinstance(c, Register))
    remove = tuple(Registration(c.id, c.region) for c in call if isinstance(c, Deregister))
    registrations = await systems.clickhouse.update_registrations(add, remove)
    if registrations is None or unconfirmed(call, registrations):
        return None
    return lambda snapshot: snapshot.with_results({ReadRegistrations(): registrations})


async def _register_through(change: RegisterThroughService, systems: Systems) -> Update | None:
    created = await systems.clickhouse.register_through(change.service, change.id, change.description)
    if created is None or unconfirmed([change], [created]):
        return None
    return lambda snapshot: snapshot.with_registration(created, change.service)


async def _update_allow_list(service: str, call: tuple[Change, ...], systems: Systems) -> Update | None:
    add = tuple(change.id for change in call if isinstance(change, Allow))
    remove = tuple(change.id for change in call if isinstance(change, Disallow))
    updated = await systems.clickhouse.update_allow_list(service, add, remove)
    return None if updated is None else lambda snapshot: snapshot.with_service(updated)


def _with_record(target: RecordSet, written: RecordSet | None) -> Update:
    return lambda snapshot: snapshot.with_record(target.zone, target.name, written)


def _invalidate(call: tuple[Change, ...]) -> Update:
    match call[0]:
        case PutRecord(after=record) | DeleteRecord(before=record):
            return lambda snapshot: snapshot.invalidate([ReadZone(record.zone)])
        case CreateZone(zone=zone) | LinkNetwork(zone=zone):
            return lambda snapshot: snapshot.forget_zone(zone)
        case _:
            return lambda snapshot: snapshot.invalidate([ReadRegistrations(), ReadServices()])


def _skipped(change: Change, blocker: Outcome) -> Outcome:
    if blocker.status is OutcomeStatus.DONE:
        return Outcome(change, OutcomeStatus.SKIPPED, _NO_MARK, temporary=True)
    error = f"skipped: depends on {blocker.change.verb}, which failed: {blocker.error}"
    return Outcome(change, OutcomeStatus.SKIPPED, error, blocker.temporary, blocker.cause)
