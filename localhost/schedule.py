"""When a timer is due."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError


class Schedule:
    """An NCRONTAB expression in UTC: six fields beginning with the seconds, or five without them."""

    def __init__(self, expression: str) -> None:
        """Raise `ValueError` for an expression that is not NCRONTAB or never comes due."""
        self.expression = expression
        try:
            self.after(datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(f"schedule '{expression}' is no NCRONTAB expression: {error}") from error
        except StopIteration as error:
            raise ValueError(f"schedule '{expression}' never comes due") from error

    def after(self, moment: datetime) -> datetime:
        """The first time due later than `moment`."""
        times = CronSim(self.expression, moment)
        times.day_and = True  # NCRONTAB wants day of month and day of week both met; Debian's cron either
        return next(times)
