"""The app's script in this process's `sys.path` and `sys.modules`, and out of them again."""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType


class AppModule:
    """The place of one app's script among the modules.

    The worker imports the script by its bare name, so a script of that name imported earlier (a test's,
    another app's) is set aside meanwhile. What else the app imports stays: loading it again would double its
    classes.
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
