"""Apply a plan: stage by stage, independent calls together, an outcome for every change.

`apply` may refuse (a change whose precondition failed is skipped), but it decides nothing.
"""

import asyncio
from collections.abc import Callable, Iterable

from shared.domain.changes import (
    Allow,
    Change,
    CreateZone,
    DeleteRecord,
    Deregister,
    Disallow,
    LinkNetwork,
    PutRecord,
    Register,
    RegisterThroughService,
)
from shared.domain.changes.outcome import Outcome, Status, blocked, calls, stages
from shared.domain.model.errors import (
    ChangedError,
    ForbiddenError,
    LockedError,
    NameTakenError,
    PermanentError,
    PrivateLinkError,
    TemporaryError,
)
from shared.domain.model.resources import RecordSet, Registration
from shared.domain.model.snapshot import ReadRegistrations, ReadServices, ReadZone, Snapshot, SnapshotBuilder
from shared.reconciler.ports import Systems

type News = Callable[[SnapshotBuilder], None]
"""What a call taught us, to be written into the world we knew."""
type Result = tuple[list[Outcome], News]


async def apply(
    changes: Iterable[Change], snapshot: Snapshot, systems: Systems
) -> tuple[tuple[Outcome, ...], Snapshot]:
    """Every change's outcome, and the world as the systems' own answers tell it afterwards.

    What a failed call was about is forgotten, so that it is read again before it is decided again.
    """
    outcomes: list[Outcome] = []
    draft = SnapshotBuilder(snapshot)
    for stage in stages(changes):
        undone = [outcome for outcome in outcomes if outcome.status is not Status.DONE]
        blockers = blocked(stage, undone)
        outcomes += [_skipped(change, blocker) for change, blocker in blockers.items()]
        unmarked = _registered_without_mark(outcomes, draft)
        waiting = [one for one in stage if isinstance(one, Allow) and one.id.lower() in unmarked]
        outcomes += [Outcome(change, Status.SKIPPED, _NO_MARK, temporary=True) for change in waiting]
        held = {*blockers, *waiting}
        ready = [change for change in stage if change not in held]
        for done, news in await asyncio.gather(*(_carry_out(call, systems) for call in calls(ready))):
            outcomes += done
            news(draft)
    return tuple(outcomes), draft.snapshot()


_NO_MARK = "skipped: the API has not returned the registration with our description"


def _registered_without_mark(outcomes: Iterable[Outcome], draft: SnapshotBuilder) -> frozenset[str]:
    """The ids, in lower case, that were registered just now, and whose mark the API has not returned."""
    done = (one.change for one in outcomes if one.status is Status.DONE)
    made = {(one.id.lower(), one.description) for one in done if isinstance(one, Register)}
    return frozenset(id_ for id_, _ in made - draft.registered()) if made else frozenset()


async def _carry_out(call: tuple[Change, ...], systems: Systems) -> Result:
    """One call for all these changes; if it is refused, halves, so that one bad id spoils nobody else's."""
    try:
        news = await _send(call, systems)
    except PermanentError as error:
        if len(call) == 1 or isinstance(error, ForbiddenError):
            return [_failed(change, error) for change in call], _forget(call)
        half = len(call) // 2
        first, _ = await _carry_out(call[:half], systems)
        second, _ = await _carry_out(call[half:], systems)
        return first + second, _forget(call)
    except PrivateLinkError as error:
        return [_failed(change, error) for change in call], _forget(call)
    return [Outcome(change, Status.DONE) for change in call], news


async def _send(call: tuple[Change, ...], systems: Systems) -> News:  # noqa: PLR0911 -- a table
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
            return _forget(call)
        case LinkNetwork(zone=zone, network=network):
            await systems.dns.link(zone, network)
            return _forget(call)
    raise AssertionError(f"no call makes {call[0]}")


async def _update_registrations(call: tuple[Change, ...], systems: Systems) -> News:
    add = tuple(Registration(c.id, c.region, c.description) for c in call if isinstance(c, Register))
    remove = tuple(Registration(c.id, c.region) for c in call if isinstance(c, Deregister))
    known = await systems.clickhouse.update_registrations(add, remove)
    kept = {(one.id.lower(), one.description) for one in known or ()}
    if known is None or not all((one.id.lower(), one.description) in kept for one in add):
        return _forget(call)
    return lambda draft: draft.with_results({ReadRegistrations(): known})


async def _register_through(change: RegisterThroughService, systems: Systems) -> News:
    made = await systems.clickhouse.register_through(change.service, change.id, change.description)
    if made is None or made.description != change.description:
        return _forget((change,))
    return lambda draft: draft.with_registration(made, change.service)


async def _update_allow_list(service: str, call: tuple[Change, ...], systems: Systems) -> News:
    add = tuple(change.id for change in call if isinstance(change, Allow))
    remove = tuple(change.id for change in call if isinstance(change, Disallow))
    known = await systems.clickhouse.update_allow_list(service, add, remove)
    return _forget(call) if known is None else lambda draft: draft.with_service(known)


def _with_record(target: RecordSet, written: RecordSet | None) -> News:
    return lambda draft: draft.with_record(target.zone, target.name, written)


def _forget(call: tuple[Change, ...]) -> News:
    """Nothing is known any more of what these changes are about."""
    match call[0]:
        case PutRecord(after=record) | DeleteRecord(before=record):
            return lambda draft: draft.invalidate([ReadZone(record.zone)])
        case CreateZone(zone=zone) | LinkNetwork(zone=zone):
            return lambda draft: draft.forget_zone(zone)
        case _:
            return lambda draft: draft.invalidate([ReadRegistrations(), ReadServices()])


def _failed(change: Change, error: PrivateLinkError) -> Outcome:
    return Outcome(
        change,
        Status.FAILED,
        str(error),
        temporary=isinstance(error, TemporaryError),
        stale=isinstance(error, ChangedError),
        forbidden=isinstance(error, ForbiddenError),
        locked=isinstance(error, LockedError),
        name_taken=isinstance(error, NameTakenError),
        cause=error.cause,
    )


def _skipped(change: Change, blocker: Outcome) -> Outcome:
    error = f"skipped: depends on {blocker.change.verb}, which failed: {blocker.error}"
    return Outcome(
        change,
        Status.SKIPPED,
        error,
        temporary=blocker.temporary,
        forbidden=blocker.forbidden,
        cause=blocker.cause,
    )
