"""The one place where adapters are built. Nothing happens on import; all of it is built at first use.

| module      | what is in it                                                        |
|-------------|----------------------------------------------------------------------|
| process     | one process's passes, what it remembers, and what follows its passes |
| connections | clients and stores, and the systems as a pass sees them              |
| inspecting  | whom a preflight asks; loaded for a preflight only                   |
"""

import logging
from functools import cache

import stamina

from shared.bootstrap.runtime import EVENT_SECONDS, Runtime
from shared.settings import read_settings

__all__ = ["EVENT_SECONDS", "Runtime", "get_runtime", "quiet"]


@cache
def get_runtime() -> Runtime:
    """This process's wiring. Raises SettingsError, and tries again next time, if the settings are not usable."""
    quiet()
    return Runtime(read_settings())


def quiet() -> None:
    """Let no library log a line for each call or retry: the log has lines of ours."""
    for name in ("httpx", "azure"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # They warn, with a traceback, of each error that is not told in JSON.
    logging.getLogger("azure.mgmt").setLevel(logging.ERROR)
    stamina.instrumentation.set_on_retry_hooks(())
