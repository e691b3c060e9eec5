"""Schedules of timer triggers."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError


class Schedule:
    """An NCRONTAB expression in UTC: six fields, or five without the seconds."""

    def __init__(self, expression: str) -> None:
        """Raise `ValueError` for an expression that is not NCRONTAB or never occurs."""
        self.expression = expression
        try:
            self.after(datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(f"schedule '{expression}' is not an NCRONTAB expression: {error}") from error
        except StopIteration as error:
            raise ValueError(f"schedule '{expression}' never occurs") from error

    def after(self, moment: datetime) -> datetime:
        """Return the first occurrence after `moment`."""
        times = CronSim(self.expression, moment)
        times.day_and = True  # NCRONTAB requires day of month and day of week; Debian's cron accepts either
        return next(times)
