"""`make scan`: checkov over the resources that the snapshots of infra/ contain."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ("private", "events-private")
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(case: str) -> str:
    """An ARM template with the resources of a snapshot."""
    snapshot = json.loads((ROOT / "infra" / "snapshots" / f"{case}.snapshot.json").read_text())
    resources = snapshot["predictedResources"]
    return json.dumps({"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}, indent=2)


def main() -> int:
    """Returns what checkov returns: 0 if no check fails."""
    program = shutil.which(os.environ.get("CHECKOV", "checkov"))
    if program is None:
        print("make scan: checkov is not installed. Install it from PyPI (pipx install checkov), or set CHECKOV.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            (Path(folder) / f"{case}.json").write_text(template(case))
        config = str(ROOT / "infra" / "checkov.yaml")
        command = [program, "--config-file", config, "--directory", folder]
        return subprocess.run(command, check=False).returncode  # noqa: S603 -- checkov


if __name__ == "__main__":
    sys.exit(main())
