"""The report store: audit reports, the private endpoint configs of services, and failed passes of events.

| document                    | written                              | read                                   |
|-----------------------------|--------------------------------------|----------------------------------------|
| latest.json                 | after each audit                     | before each audit; by the status page  |
| history/<date>/<time>.json  | after each audit                     | by people                              |
| configs.json                | when a process has read new configs  | in the first pass of each process      |
| failed-passes.json          | after a failed pass of an event      | before each audit                      |

Nothing here raises: a failed or slow read or write is logged, and takes a few seconds at most. A document that could
not be read is not overwritten. Of two audits at the same time, the last one wins.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.domain.model.errors import Cause, CauseKind, PrivateLinkError
from shared.domain.model.resources import ALIAS_SUFFIX, Config, NotFound, ReadFailed, ReadResult, is_clickhouse_zone
from shared.domain.results.report_shares import FailedPass
from shared.reconciler.ports import ReportStore
from shared.reconciler.reader import read_failed
from shared.telemetry.log import current_pass, log_event, shorten

if TYPE_CHECKING:  # slow to import, and only audits need it
    from shared.domain.audit.report_model import AuditReport

LATEST, CONFIGS, FAILED_PASSES = "latest.json", "configs.json", "failed-passes.json"
# Event Grid delivers an event again for so long.
RETRY_WINDOW = timedelta(hours=24)

type Configs = Mapping[str, Config]
"""By service id."""


@dataclass(frozen=True, slots=True)
class _StoredConfigs:
    organization: str
    configs: dict[str, Config]


@cache
def _configs_json() -> TypeAdapter[_StoredConfigs]:
    return TypeAdapter(_StoredConfigs)


@cache
def _failed_passes_json() -> TypeAdapter[dict[str, FailedPass]]:
    return TypeAdapter(dict[str, FailedPass])


@dataclass(frozen=True, slots=True)
class ReportRepository:
    """The documents of one deployment and organization. `store` is None without REPORT_STORE.

    `read_timeout` and `write_timeout` are in seconds.
    """

    store: ReportStore | None
    owner: str
    organization: str
    read_timeout: float = 5.0
    write_timeout: float = 10.0

    async def latest(self) -> "ReadResult[AuditReport]":
        """The latest report. NotFound: there is none, or the document is not valid."""
        report = await self._load(LATEST, _parse_report)
        if not isinstance(report, NotFound | ReadFailed) and report.owner != self.owner:
            reason = f"the report belongs to deployment {report.owner}; use a separate REPORT_STORE for each OWNER_ID"
            return _log_failure(LATEST, reason, temporary=False)
        return report

    async def keep(self, report: "AuditReport", *, latest: bool) -> ReadFailed | None:
        """Store a report in the history and, if `latest`, as the latest report. The failure, if there is one."""
        if self.store is None:
            return None
        from shared.reports.report_json import to_json  # noqa: PLC0415 -- slow to import, and not for events

        document = to_json(report)
        at = f"{report.finished:%Y-%m-%d/%H-%M-%S}-{report.pass_id[:8]}"
        names = [f"history/{at}.json", *([LATEST] if latest else [])]
        written = await asyncio.gather(*(self._write(name, document) for name in names))
        return next(filter(None, written), None)

    async def configs(self) -> Configs | ReadFailed:
        """The stored configs. None, if there is no document or it is not valid."""
        stored = await self._load(CONFIGS, _configs_json().validate_json)
        if isinstance(stored, ReadFailed):
            return stored
        if isinstance(stored, NotFound):
            return {}
        if stored.organization != self.organization:
            return _log_failure(CONFIGS, f"belongs to another organization, {shorten(stored.organization)}")
        return {service: config for service, config in stored.configs.items() if _is_plausible(config)}

    async def keep_configs(self, configs: Configs) -> None:
        document = _StoredConfigs(self.organization, dict(sorted(configs.items())))
        await self._write(CONFIGS, _configs_json().dump_json(document, indent=1))

    async def failed_passes(self) -> Mapping[str, FailedPass] | ReadFailed:
        """The last failed pass of an event for each endpoint, by ARM id. None, if the document is not valid."""
        stored = await self._load(FAILED_PASSES, _failed_passes_json().validate_json)
        return {} if isinstance(stored, NotFound) else stored

    async def keep_failed_passes(self, failed: Mapping[str, FailedPass]) -> None:
        """Add failed passes to the stored ones of the last 24 hours. Of two processes at once, the last one wins."""
        if failed and not isinstance(stored := await self.failed_passes(), ReadFailed):
            oldest = max(one.at for one in failed.values()) - RETRY_WINDOW
            recent = {endpoint: one for endpoint, one in stored.items() if one.at >= oldest}
            await self._write(FAILED_PASSES, _failed_passes_json().dump_json({**recent, **failed}, indent=1))

    async def _load[T](self, name: str, parse: Callable[[bytes], T]) -> ReadResult[T]:
        """The parsed document. NotFound: there is none, or it is not valid."""
        if self.store is None:
            return NotFound()
        store = self.store
        document = await _logged(name, self.read_timeout, lambda: store.read(name))
        if not isinstance(document, bytes):
            return document
        try:
            return parse(document)
        except ValueError as error:
            _log_failure(name, f"not a valid document; it will be overwritten: {error}")
            return NotFound()

    async def _write(self, name: str, document: bytes) -> ReadFailed | None:
        if self.store is None:
            return None
        store = self.store
        return await _logged(name, self.write_timeout, lambda: store.write(name, document))


def _parse_report(document: bytes) -> "AuditReport":
    from shared.reports.report_json import from_json  # noqa: PLC0415 -- slow to import, and not for events

    return from_json(document)


async def guarded[T](system: str, seconds: float, call: Callable[[], Awaitable[T]]) -> T | ReadFailed:
    """The result of the call. Nothing is raised: a failure is returned."""
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError:
        late = f"{system} did not respond within {seconds:.0f} s"
        return ReadFailed(late, temporary=True, cause=Cause(CauseKind.TIMED_OUT))
    except PrivateLinkError as error:
        return read_failed(error)
    except Exception as error:  # noqa: BLE001 -- neither the report store nor the topic may fail a pass
        return ReadFailed(f"{type(error).__name__}: {error}", temporary=True)


async def _logged[T](name: str, seconds: float, call: Callable[[], Awaitable[T]]) -> T | ReadFailed:
    """The result of the call; a failure is returned, and logged once for each cause in a pass."""
    result, context = await guarded("the report store", seconds, call), current_pass()
    if isinstance(result, ReadFailed):
        if context is None or result.cause.kind not in context.store_failures:
            _log_failure(name, result.reason)
        if context:
            context.store_failures.add(result.cause.kind)
    return result


def _log_failure(name: str, reason: str, *, temporary: bool = True) -> ReadFailed:
    log_event("store", logging.WARNING, object=name, error=shorten(reason))
    return ReadFailed(reason, temporary)


def _is_plausible(config: Config) -> bool:
    """Whether the values have the right form. A config decides which Private Link services are the organization's."""
    return config.alias.lower().endswith(ALIAS_SUFFIX) and is_clickhouse_zone(config.zone)
