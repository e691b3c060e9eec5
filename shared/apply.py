"""Make the difference: stage by stage, independent calls together, an outcome for every change.

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
from shared.domain.errors import (
    ChangedError,
    ForbiddenError,
    PermanentError,
    PrivateLinkError,
    TemporaryError,
)
from shared.domain.model import RecordSet, Registration
from shared.domain.outcomes import Outcome, Status, blocked, calls, stages
from shared.domain.world import Draft, ReadRegistrations, ReadServices, ReadZone, World
from shared.ports import Systems

type News = Callable[[Draft], None]
"""What a call taught us, to be written into the world we knew."""
type Result = tuple[list[Outcome], News]


async def apply(
    changes: Iterable[Change], world: World, systems: Systems
) -> tuple[tuple[Outcome, ...], World]:
    """Every change's outcome, and the world as the systems' own answers tell it afterwards.

    What a failed call was about is forgotten, so that it is read again before it is decided again.
    """
    outcomes: list[Outcome] = []
    draft = Draft(world)
    for stage in stages(changes):
        undone = [outcome for outcome in outcomes if outcome.status is not Status.DONE]
        blockers = blocked(stage, undone)
        outcomes += [_skipped(change, blocker) for change, blocker in blockers.items()]
        ready = [change for change in stage if change not in blockers]
        for done, news in await asyncio.gather(*(_carry_out(call, systems) for call in calls(ready))):
            outcomes += done
            news(draft)
    return tuple(outcomes), draft.world()


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
            await systems.clickhouse.register_through(change.service, change.id, change.description)
            return _forget(call)
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


async def _update_registrations(call: tuple[Change, ...], systems: Systems) -> News:
    add = tuple(Registration(c.id, c.region, c.description) for c in call if isinstance(c, Register))
    remove = tuple(Registration(c.id, c.region) for c in call if isinstance(c, Deregister))
    told = await systems.clickhouse.update_registrations(add, remove)
    return _forget(call) if told is None else lambda draft: draft.learn({ReadRegistrations(): told})


async def _update_allow_list(service: str, call: tuple[Change, ...], systems: Systems) -> News:
    add = tuple(change.id for change in call if isinstance(change, Allow))
    remove = tuple(change.id for change in call if isinstance(change, Disallow))
    told = await systems.clickhouse.update_allow_list(service, add, remove)
    return _forget(call) if told is None else lambda draft: draft.with_service(told)


def _with_record(target: RecordSet, written: RecordSet | None) -> News:
    return lambda draft: draft.with_record(target.zone, target.name, written)


def _forget(call: tuple[Change, ...]) -> News:
    """Nothing is known any more of what these changes are about."""
    match call[0]:
        case PutRecord(after=record) | DeleteRecord(before=record):
            return lambda draft: draft.forget([ReadZone(record.zone)])
        case CreateZone(zone=zone) | LinkNetwork(zone=zone):
            return lambda draft: draft.forget_zone(zone)
        case _:
            return lambda draft: draft.forget([ReadRegistrations(), ReadServices()])


def _failed(change: Change, error: PrivateLinkError) -> Outcome:
    return Outcome(
        change,
        Status.FAILED,
        str(error),
        temporary=isinstance(error, TemporaryError),
        stale=isinstance(error, ChangedError),
        forbidden=isinstance(error, ForbiddenError),
    )


def _skipped(change: Change, blocker: Outcome) -> Outcome:
    error = f"not tried, because {blocker.change.verb} failed before: {blocker.error}"
    return Outcome(change, Status.SKIPPED, error, temporary=blocker.temporary, forbidden=blocker.forbidden)
