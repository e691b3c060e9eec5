from datetime import UTC, datetime

import pytest

from localhost.schedule import Schedule

FRIDAY = datetime(2026, 1, 2, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "next_run"),
    [
        ("0 */15 * * * *", datetime(2026, 1, 2, 10, 15, tzinfo=UTC)),
        ("*/10 * * * * *", datetime(2026, 1, 2, 10, 7, 40, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 1, 2, 10, 15, tzinfo=UTC)),
        ("0 30 9 * * MON-FRI", datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
        ("0 0 0 13 * FRI", datetime(2026, 2, 13, tzinfo=UTC)),
    ],
)
def test_next_run(expression: str, next_run: datetime) -> None:
    """The next run is the one of the Functions host: day of month and day of week must both match."""
    assert Schedule(expression).after(FRIDAY) == next_run


def test_next_run_is_later() -> None:
    """The next run after a run is a later time."""
    assert Schedule("30 7 10 * * *").after(FRIDAY) == datetime(2026, 1, 3, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["", "soon", "0 61 * * * *", "* * * *", "00:05:00", "0 0 0 30 2 *"])
def test_invalid_schedule(expression: str) -> None:
    """An expression that is not NCRONTAB, or never occurs, is rejected with its text."""
    with pytest.raises(ValueError, match=f"schedule '{expression}'".replace("*", r"\*")):
        Schedule(expression)
