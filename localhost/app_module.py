"""Adds the script of an app to `sys.path` and `sys.modules`, and removes it."""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType


class AppModule:
    """Makes one app's script importable between `enter` and `leave`.

    The worker imports the script by its name, so an imported module of the same name is removed and restored
    later. Other modules that the app imports stay: importing them again would create their classes twice.
    """

    def __init__(self, app_dir: Path) -> None:
        self.script = app_dir / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
        self._previous: ModuleType | None = None

    def enter(self) -> None:
        sys.path.insert(0, str(self.script.parent))
        importlib.invalidate_caches()
        self._previous = sys.modules.pop(self.script.stem, None)

    def leave(self) -> None:
        sys.path.remove(str(self.script.parent))
        sys.modules.pop(self.script.stem, None)
        if self._previous:
            sys.modules[self.script.stem] = self._previous
