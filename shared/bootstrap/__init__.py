"""Builds the adapters and connects them. Nothing happens on import; each part is built at its first use.

| module    | contains                                                     |
|-----------|--------------------------------------------------------------|
| runtime   | the passes of one process, its cache, and the work after them |
| clients   | clients, stores, and the systems of a pass                   |
| preflight | what a preflight reads; only a preflight imports it          |
"""

import logging
from functools import cache

import stamina

from shared.bootstrap.runtime import EVENT_SECONDS, Runtime
from shared.settings import read_settings

__all__ = ["EVENT_SECONDS", "Runtime", "get_runtime", "quiet"]


@cache
def get_runtime() -> Runtime:
    """The runtime of this process. Raises SettingsError, and reads the settings again at the next call."""
    quiet()
    return Runtime(read_settings())


def quiet() -> None:
    """Disable the libraries' log lines for each call and retry; the product writes its own."""
    for name in ("httpx", "azure"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # They log a traceback for every error response that is not JSON, and many lines for a missing token.
    for name in ("azure.mgmt", "azure.identity"):
        logging.getLogger(name).setLevel(logging.ERROR)
    stamina.instrumentation.set_on_retry_hooks(())
