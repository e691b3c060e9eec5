"""The log of the host, the worker and the app: on stderr, one line each, a traceback below its line."""

import logging
import os
import sys
import time
from collections.abc import Callable

WORKER_LOGGER = "azure.functions"


def configure(current_function: Callable[[], str | None]) -> None:
    """Send all logging to stderr at INFO; at DEBUG with `PYTHON_ENABLE_DEBUG_LOGGING`, as the worker does in Azure."""
    debug = os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING", "").strip().lower() in {"1", "true"}
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s.%(msecs)03dZ %(levelname)-7s [%(function)s] %(message)s"))
    handler.addFilter(_Filter(current_function))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)


class _Line(logging.Formatter):
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    converter = staticmethod(time.gmtime)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return time.strftime(datefmt or self.default_time_format, self.converter(record.created))


class _Filter(logging.Filter):
    """Names the function a record belongs to, and drops what the worker library says about its own workings."""

    def __init__(self, current_function: Callable[[], str | None]) -> None:
        super().__init__()
        self._current_function = current_function

    def filter(self, record: logging.LogRecord) -> bool:
        record.function = self._current_function() or "host"
        # A failed import is logged by the library's `wrappers` and, plainly, by us when we give up: once is enough.
        own = record.name == WORKER_LOGGER
        return not own or (record.levelno >= logging.WARNING and record.module != "wrappers")
