from datetime import UTC, datetime

import pytest

from localhost.schedule import Schedule

FRIDAY = datetime(2026, 1, 2, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 */15 * * * *", datetime(2026, 1, 2, 10, 15, tzinfo=UTC)),
        ("*/10 * * * * *", datetime(2026, 1, 2, 10, 7, 40, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 1, 2, 10, 15, tzinfo=UTC)),
        ("0 30 9 * * MON-FRI", datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
        ("0 0 0 13 * FRI", datetime(2026, 2, 13, tzinfo=UTC)),
    ],
)
def test_after(expression: str, due: datetime) -> None:
    """A schedule is due when the Functions host would find it due: day and weekday must both be met."""
    assert Schedule(expression).after(FRIDAY) == due


def test_after_is_later() -> None:
    """A schedule due at a moment is next due after that moment."""
    assert Schedule("30 7 10 * * *").after(FRIDAY) == datetime(2026, 1, 3, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["", "soon", "0 61 * * * *", "* * * *", "00:05:00", "0 0 0 30 2 *"])
def test_not_a_schedule(expression: str) -> None:
    """What is no NCRONTAB expression, or can never come due, is refused by name."""
    with pytest.raises(ValueError, match=f"schedule '{expression}'".replace("*", r"\*")):
        Schedule(expression)
