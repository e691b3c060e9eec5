"""The three doors to the pass. Each says what its caller must know; the log has the rest (see `log`)."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.domain.errors import TemporaryError
from shared.domain.ids import ResourceId
from shared.log import tell_delivery
from shared.reconcile import Order
from shared.settings import SettingsError
from shared.wiring import EVENT_SECONDS, Wiring, wiring

if TYPE_CHECKING:  # an event is not to wait for it
    from shared.sync_request import SyncRequest

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0
# What follows a pass (telling events, keeping configs) may hold up its answer for so long: Event Grid waits
# 30 seconds.
SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its body is JSON."""

    status: int
    body: Mapping[str, Any]
    content_type: str = "application/json"

    def text(self) -> str:
        return json.dumps(self.body, indent=1)


async def endpoint_changed(endpoint: ResourceId, seconds: float = EVENT_SECONDS) -> None:
    """Bring one endpoint to what its tag asks for, together with what else waits.

    Raises TemporaryError for what another delivery of the event may cure, and SettingsError: events are
    not lost while settings, a key or a right are being mended. What no delivery can cure is logged as an error.
    """
    began = time.monotonic()
    wired = wiring()
    try:
        async with asyncio.timeout(seconds):
            report = await wired.batching.report_on(endpoint)
    except TimeoutError as error:
        told = f"{endpoint}: not all was done within {seconds:.0f} s; what is under way goes on"
        raise TemporaryError(told) from error
    tell_delivery(endpoint, report, round((time.monotonic() - began) * 1000))
    await wired.settle(SETTLE_SECONDS)
    if report.curable:
        done = [f"{o.change.verb} {o.change.object}" for o in report.outcomes if o.status == "done"]
        undone = (*report.problems, *report.in_progress)
        raise TemporaryError(_summary(undone, done, "The event is to be delivered again."))


async def sync(body: bytes) -> Answer:
    """The same pass by hand. 200: done; 400: the request; 500: the settings; 502: a system did not do its part."""
    from shared.sync_request import BadRequestError, parse_sync_request  # noqa: PLC0415 -- not for events

    try:
        wired = wiring()
        request = parse_sync_request(body, wired.rules)
        report = await wired.reconcile(_sync_order(request, wired), SYNC_SECONDS)
    except SettingsError as error:
        return _problem(500, "The settings are not usable", faults=list(error.faults))
    except BadRequestError as error:
        told = [{"at": where, "fault": what} for where, what in error.faults]
        return _problem(400, "The request is not usable; nothing was read or changed", faults=told)
    await wired.settle(SETTLE_SECONDS)
    if report.problems:
        title = "Not everything was done: see problems, and outcomes for what was"
        return _problem(502, title, **report.as_json())
    return Answer(200, report.as_json())


async def health() -> Answer:
    """The preflight: 200 if nothing is wrong, 503 otherwise. It answers even where settings are unusable."""
    from shared.domain.steps import all_well  # noqa: PLC0415 -- an event is not to wait for it
    from shared.health import check, without_settings  # noqa: PLC0415 -- an event is not to wait for it

    try:
        steps = await check(wiring())
    except SettingsError as error:
        steps = without_settings(error)
    well = all_well(steps)
    return Answer(200 if well else 503, {"healthy": well, "checks": [step.as_json() for step in steps]})


async def audit() -> None:
    """The pass over everything in scope and everything we own, under AUDIT_POLICY.

    Raises TemporaryError or SettingsError, so that a failed audit is seen as a failed function.
    """
    from shared.audit import audit as run_audit  # noqa: PLC0415 -- an event is not to wait for it

    report = await run_audit(wiring())
    if report.problems:
        done = [f"{repair.change} {repair.object}" for repair in report.repairs if repair.status == "done"]
        raise TemporaryError(_summary(report.problems, done, "The next audit looks again."))


def _sync_order(request: "SyncRequest", wired: Wiring) -> Order:
    allowed = request.allow_removals
    limit = wired.settings.max_removals if allowed is None else allowed
    return Order(request.targets, dry_run=request.dry_run, max_removals=limit)


def _summary(problems: Iterable[str], done: Iterable[str], what_next: str) -> str:
    return f"Not done: {'; '.join(problems)}. Done: {', '.join(done) or 'nothing'}. {what_next}"


def _problem(status: int, title: str, **members: Any) -> Answer:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, **members}
    return Answer(status, body, "application/problem+json")
