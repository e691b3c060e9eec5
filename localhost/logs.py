"""Logging of the host, the worker and the app to stderr: one line per record, followed by its traceback."""

import logging
import os
import sys
import time
from collections.abc import Callable

LINE = "%(asctime)s.%(msecs)03dZ %(levelname)-7s [%(function)s] %(message)s"
WORKER_LOGGER = "azure.functions"


def configure(current_function: Callable[[], str | None]) -> None:
    """Log to stderr at level INFO, or DEBUG if `PYTHON_ENABLE_DEBUG_LOGGING` is set."""
    debug = os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING", "").strip().lower() in {"1", "true"}
    handler = logging.StreamHandler(sys.stderr)
    line = logging.Formatter(LINE, "%Y-%m-%dT%H:%M:%S")
    line.converter = time.gmtime
    handler.setFormatter(line)
    handler.addFilter(_Filter(current_function))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)


class _Filter(logging.Filter):
    """Adds the function name to each record, and drops the worker library's records below WARNING."""

    def __init__(self, current_function: Callable[[], str | None]) -> None:
        super().__init__()
        self._current_function = current_function

    def filter(self, record: logging.LogRecord) -> bool:
        record.function = self._current_function() or "host"
        # The library's `wrappers` module logs failed imports, which the host reports itself.
        from_library = record.name == WORKER_LOGGER
        return not from_library or (record.levelno >= logging.WARNING and record.module != "wrappers")
