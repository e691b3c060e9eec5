"""The log of the host, the worker and the app: on stderr, one line each, a traceback below its line."""

import logging
import os
import sys
import time
from collections.abc import Callable

LINE = "%(asctime)s.%(msecs)03dZ %(levelname)-7s [%(function)s] %(message)s"
WORKER_LOGGER = "azure.functions"


def configure(current_function: Callable[[], str | None]) -> None:
    """Send all logging to stderr from INFO on; with `PYTHON_ENABLE_DEBUG_LOGGING` from DEBUG on."""
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
    """Names the function a record belongs to, and drops what the worker library says about itself."""

    def __init__(self, current_function: Callable[[], str | None]) -> None:
        super().__init__()
        self._current_function = current_function

    def filter(self, record: logging.LogRecord) -> bool:
        record.function = self._current_function() or "host"
        # A failed import is logged by the library's `wrappers` and, plainly, by us: once is enough.
        own = record.name == WORKER_LOGGER
        return not own or (record.levelno >= logging.WARNING and record.module != "wrappers")
