"""What outlives a process, in the report store: the latest report, the history, and the services' configs.

| document                    | written                                  | read                              |
|-----------------------------|------------------------------------------|-----------------------------------|
| latest.json                 | after each audit                         | before each audit, for the page   |
| history/<date>/<time>.json  | after each audit                         | by people                         |
| configs.json                | when configs were learnt that it has not | in a process's first pass         |

Nothing here raises: a store that is slow, broken or missing is told in the log, and costs at most some
seconds. What could not be read is not written over. Of two audits at the same time the last wins.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.resources import (
    ALIAS_SUFFIX,
    Config,
    NotFound,
    ReadFailed,
    ReadResult,
    is_clickhouse_zone,
)
from shared.domain.model.text import counted
from shared.reconciler.ports import ReportStore
from shared.telemetry.log import log_event, shorten

if TYPE_CHECKING:  # slow to import, and only an audit has one
    from shared.domain.audit.report_model import AuditReport

LATEST, CONFIGS = "latest.json", "configs.json"

type Configs = Mapping[str, Config]
"""By service id."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The store of one deployment, for one organization; without a store nothing is kept.

    `patience`: how many seconds it is waited for, to read and to write.
    """

    store: ReportStore | None
    owner: str
    organization: str
    patience: tuple[float, float] = (5.0, 10.0)

    async def latest(self) -> "ReadResult[AuditReport]":
        """The latest report. NotFound: there is none, or it cannot be understood."""
        document = await self._read(LATEST)
        if not isinstance(document, bytes):
            return document
        from shared.reports.report_json import from_json  # noqa: PLC0415 -- slow, and an event reads no report

        try:
            report = from_json(document)
        except ValueError as error:
            _trouble(LATEST, f"it is no report, and is written anew: {error}")
            return NotFound()
        if report.owner != self.owner:
            told = f"it is the report of {report.owner}: give each deployment a store of its own"
            return _unreadable(LATEST, told)
        return report

    async def keep(self, report: "AuditReport", *, latest: bool) -> None:
        """Keep an audit's report: in the history, and (unless it stands over what could not be read) as the latest."""
        if self.store is None:
            return
        from shared.reports.report_json import to_json  # noqa: PLC0415 -- slow, and an event keeps no report

        document = to_json(report)
        at = f"{report.finished:%Y-%m-%d/%H-%M-%S}-{report.pass_id[:8]}"
        names = [f"history/{at}.json", *([LATEST] if latest else [])]
        await asyncio.gather(*(self._write(name, document) for name in names))

    async def configs(self) -> Configs | ReadFailed:
        """The configs that any process has learnt; none, if the document cannot be understood."""
        document = await self._read(CONFIGS)
        if isinstance(document, NotFound):
            return {}
        if isinstance(document, ReadFailed):
            return document
        from shared.reports.config_cache_json import configs_from_json  # noqa: PLC0415 -- without a store there is none

        try:
            organization, found = configs_from_json(document)
        except ValidationError as error:
            _trouble(
                CONFIGS,
                f"it is written anew: {counted(error.error_count(), 'fault')}, such as {error.errors()[0]['msg']}",
            )
            return {}
        if organization != self.organization:
            return _unreadable(CONFIGS, f"it is about another organization, {shorten(organization)}")
        return {service: config for service, config in found.items() if _is_likely(config)}

    async def keep_configs(self, configs: Configs) -> None:
        if self.store is None:
            return
        from shared.reports.config_cache_json import configs_to_json  # noqa: PLC0415 -- without a store there is none

        await self._write(CONFIGS, configs_to_json(self.organization, configs))

    async def _read(self, name: str) -> ReadResult[bytes]:
        if self.store is None:
            return NotFound()
        store = self.store
        found: ReadResult[bytes] = await _bounded(name, self.patience[0], lambda: store.read(name))
        return found

    async def _write(self, name: str, document: bytes) -> None:
        if self.store is not None:
            store = self.store
            await _bounded(name, self.patience[1], lambda: store.write(name, document))


async def _bounded(name: str, seconds: float, call: Callable[[], Awaitable[Any]]) -> Any:
    """The call's result, or, logged, what kept it from having one."""
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError:
        return _unreadable(name, f"the report store did not answer within {seconds:.0f} s")
    except PrivateLinkError as error:
        return _unreadable(name, str(error))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is no reason to stop an audit
        return _unreadable(name, f"{type(error).__name__}: {error}")


def _unreadable(name: str, what: str) -> ReadFailed:
    _trouble(name, what)
    return ReadFailed(what, temporary=True)


def _trouble(name: str, what: str) -> None:
    log_event("store", logging.WARNING, object=name, error=shorten(what))


def _is_likely(config: Config) -> bool:
    """Whether it has the form of a config: what it says decides who is no stranger."""
    return config.alias.lower().endswith(ALIAS_SUFFIX) and is_clickhouse_zone(config.zone)
