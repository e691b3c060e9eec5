"""The Azure CLI for tests: the one of `make azure-cli`, or the installed one."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import ROOT

_LOCAL = ROOT / ".azure-cli" / "bin" / "az"
AZ = str(_LOCAL) if _LOCAL.exists() else shutil.which("az")
MISSING = "no Azure CLI found: `make azure-cli` installs one into .azure-cli/"


def az_environment(home: Path) -> Mapping[str, str]:
    """Return an environment in which the CLI stores its files in `home` and sends no telemetry."""
    folder = Path(AZ).parent if AZ else home
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "AZURE_CONFIG_DIR": str(home / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
    }
