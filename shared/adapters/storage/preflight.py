"""Reads of the report store for the preflight: the latest report, and whether a folder is writable."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.resources import ReadFailed, ReadResult
from shared.domain.preflight.preflight_snapshot import StoreState
from shared.reports.report_repository import ReportRepository


@dataclass(frozen=True, slots=True)
class StorePreflight:
    """The port `StorePreflight`. `place` is where `reports` stores them; `folder` is None for a container."""

    reports: ReportRepository
    place: str
    folder: Path | None

    async def state(self) -> ReadResult[StoreState]:
        writable = await asyncio.to_thread(_is_writable, self.folder) if self.folder else None
        if writable is False:
            return StoreState(self.place, writable)
        latest = await self.reports.latest()
        if isinstance(latest, ReadFailed):
            return latest
        return StoreState(self.place, writable, latest.finished if isinstance(latest, AuditReport) else None)


def _is_writable(folder: Path) -> bool:
    """The first write creates the folder, so its nearest existing parent counts."""
    parent = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
