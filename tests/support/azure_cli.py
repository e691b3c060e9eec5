"""The Azure CLI that the tests run: the one of `make azure-cli`, or else one that is installed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import ROOT

_OWN = ROOT / ".azure-cli" / "bin" / "az"
AZ = str(_OWN) if _OWN.exists() else shutil.which("az")
MISSING = "no Azure CLI is installed: `make azure-cli` puts one into .azure-cli/"


def az_environment(home: Path) -> Mapping[str, str]:
    """An environment in which the CLI keeps what it keeps below `home`, and reports nothing to anybody."""
    folder = Path(AZ).parent if AZ else home
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "AZURE_CONFIG_DIR": str(home / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
    }
