"""The state of the report store, for the preflight: the latest report, and whether a folder is writable."""

import asyncio
import os
from pathlib import Path

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.resources import ReadFailed, ReadResult
from shared.domain.preflight.preflight_snapshot import StoreState
from shared.reports.report_repository import ReportRepository


async def store_state(reports: ReportRepository, place: str | None) -> ReadResult[StoreState] | None:
    """The state of the store of these reports; `place`: REPORT_STORE. None where it is not set."""
    if place is None:
        return None
    writable = None if "://" in place else await asyncio.to_thread(_is_writable, Path(place))
    if writable is False:
        return StoreState(place, writable)
    latest = await reports.latest()
    if isinstance(latest, ReadFailed):
        return latest
    return StoreState(place, writable, latest.finished if isinstance(latest, AuditReport) else None)


def _is_writable(folder: Path) -> bool:
    """The first write creates the folder, so its nearest existing parent counts."""
    parent = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
