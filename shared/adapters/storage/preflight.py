"""The report store, looked at without writing to it: what it has, and whether a folder could be written to."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from shared.domain.audit.report_model import AuditReport
from shared.domain.model.resources import ReadFailed
from shared.domain.preflight.preflight_snapshot import Seen, StoreSeen
from shared.reports.report_repository import ReportRepository


@dataclass(frozen=True, slots=True)
class StoreInspection:
    """Where `archive` keeps its reports: at `place`, which is `folder` unless it is a blob container."""

    archive: ReportRepository
    place: str
    folder: Path | None

    async def look(self) -> Seen[StoreSeen]:
        """A folder is made when something is first written, so what counts is the nearest there is."""
        writable = await asyncio.to_thread(_writable, self.folder) if self.folder else None
        latest = await self.archive.latest()
        if isinstance(latest, ReadFailed):
            return latest
        return StoreSeen(self.place, writable, latest.finished if isinstance(latest, AuditReport) else None)


def _writable(folder: Path) -> bool:
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
