"""The history as a chart: a bar for each audit, its errors below, its warnings above them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from shared.domain.audit.report_model import HistoryPoint
from shared.domain.model.text import counted
from shared.status_page.wording import moment

WIDTH, HEIGHT = 1240, 150
MOST_BARS = 120
_LEFT, _TOP, _BASE = 40, 12, 124
_WIDEST = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """`errors` and `warnings` are heights, `full` the same in words. `gap`: audits are missing before it."""

    x: float
    width: float
    errors: float
    warnings: float
    full: str
    gap: bool


@dataclass(frozen=True, slots=True)
class Chart:
    points: tuple[HistoryPoint, ...]
    bars: tuple[Bar, ...]
    levels: tuple[tuple[float, int], ...]
    first: datetime
    last: datetime
    most: int
    base: int = _BASE
    left: int = _LEFT
    begin: float = _LEFT


def chart(points: Sequence[HistoryPoint], period: timedelta) -> Chart | None:
    """The chart of the newest audits, or None if there is not more than one."""
    points = points[-MOST_BARS:]
    if len(points) < 2:
        return None
    most = max(1, *(point.errors + point.warnings for point in points))
    step = min(_WIDEST, (WIDTH - _LEFT) / len(points))
    begin = WIDTH - step * len(points)
    unit = (_BASE - _TOP) / most
    gaps = [False, *(later.at - earlier.at > 1.5 * period for earlier, later in pairwise(points))]
    bars = tuple(
        Bar(
            x=round(begin + place * step + step * 0.14, 1),
            width=round(step * 0.72, 1),
            errors=round(point.errors * unit, 1),
            warnings=round(point.warnings * unit, 1),
            full=_told(point),
            gap=gap,
        )
        for place, (point, gap) in enumerate(zip(points, gaps, strict=True))
    )
    levels = {0, most, most // 2} if most > 1 else {0, 1}
    return Chart(
        tuple(points),
        bars,
        tuple((round(_BASE - level * unit, 1), level) for level in sorted(levels)),
        points[0].at,
        points[-1].at,
        most,
        begin=round(min(begin, WIDTH - 330), 1),
    )


def _told(point: HistoryPoint) -> str:
    numbers = f"{counted(point.errors, 'error')}, {counted(point.warnings, 'warning')}, {point.infos} to know"
    return f"{moment(point.at)}: {numbers}, {point.repaired} repaired, {counted(point.endpoints, 'endpoint')}"
