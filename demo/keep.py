"""`--keep`: the simulator and the app keep running; prints commands to try, and the app's log as it comes."""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.app import line_in
from demo.by_hand import endpoint_body, to_create, to_delete, to_retag
from demo.initial_state import ALIAS, APP_KEY, NETWORKS, ORGANIZATION, endpoint_id
from demo.stage import Stage
from demo.stage import settings as settings_for
from simulator.azure_cli import as_shell
from simulator.tls import make_certificate

MINE = "pe-mine"
_PAUSE = 0.2


def keep(stage: Stage) -> None:
    """Until Ctrl-C."""
    with TemporaryDirectory() as folder:
        settings = Path(folder, "local.settings.json")
        settings.write_text(json.dumps({"IsEncrypted": False, "Values": settings_for(stage.sim.url, stage.app.store)}))
        stage.show.verbatim(commands(stage, settings))
        stage.show.verbatim(with_azure_cli(stage, Path(folder)))
        stage.show.headline("The simulator and the app keep running until Ctrl-C. The app's log:")
        _follow_log(stage)


def _follow_log(stage: Stage) -> None:
    seen = stage.app.logged()
    while stage.host.process.poll() is None:
        lines = stage.host.logs()
        for line in lines[seen:]:
            _show(stage, line)
        seen = len(lines)
        time.sleep(_PAUSE)


def commands(stage: Stage, settings: Path) -> str:
    """Commands to copy into a shell. `settings`: a local.settings.json for the command line."""
    return f"""
SIM={stage.sim.url} APP={stage.host.url}
NET=$SIM{NETWORKS}
SETTINGS={settings} ENDPOINT={endpoint_id(MINE)}

# Create a private endpoint, edit its tag
curl -s -X PUT "$NET/privateEndpoints/{MINE}?api-version=2024-05-01" -d '{json.dumps(endpoint_body(ALIAS, "*"))}'
curl -s -X PATCH "$NET/privateEndpoints/{MINE}/providers/Microsoft.Resources/tags/default?api-version=2024-05-01" \\
  -d '{{"operation": "Merge", "properties": {{"tags": {{"clickhouse-services": "analytics"}}}}}}'

# The command line: why the endpoint is or is not connected, and which changes a sync would make
.venv/bin/python -m shared explain $ENDPOINT --settings $SETTINGS
.venv/bin/python -m shared plan --all --settings $SETTINGS
.venv/bin/python -m shared --help

# Delete it
curl -s -X DELETE "$NET/privateEndpoints/{MINE}?api-version=2024-05-01"

# Dry run, sync, audit
curl -s $APP/api/sync -d '{{"endpoints": "all", "dryRun": true}}'
curl -s $APP/api/sync -d '{{"endpoints": "all"}}'
curl -s $APP/admin/functions/audit -d '{{"input": ""}}'
curl -s $APP/api/health

# The latest audit report: {stage.host.url}/api/status in a browser, or as JSON
curl -s $APP/api/status?format=json

# The simulated ClickHouse Cloud API
curl -s -u {APP_KEY["id"]}:{APP_KEY["secret"]} $SIM/v1/organizations/{ORGANIZATION}

# The simulator's control API (see simulator/README.md): state, requests, a fault
curl -s $SIM/_sim/state
curl -s $SIM/_sim/requests
curl -s $SIM/_sim/faults -d '{{"match": {{"method": "PATCH", "path": "/services/"}}, "status": 500, "count": 2}}'
"""


def with_azure_cli(stage: Stage, folder: Path) -> str:
    """Commands that point an Azure CLI at the simulator, which serves https from now on."""
    certificate = make_certificate(folder)
    https_url = stage.sim.serve_https(certificate)
    created = "\n".join("\n".join(command) for command in to_create(MINE, "*"))
    retagged = "\n".join(to_retag(MINE, "analytics"))
    return f"""
# The same with the Azure CLI, in a shell of its own (`make azure-cli` puts one into .azure-cli/bin).
# It signs in to a folder of its own that is removed when the demo ends.
{as_shell(https_url, certificate.authority, folder / "azure")}
{created}
{retagged}
{to_delete(MINE)}
"""


def _show(stage: Stage, line: str) -> None:
    """The app's own lines, and warnings and errors of others."""
    if entry := line_in(line):
        stage.show.log_line(entry)
    elif " WARNING " in line or " ERROR " in line:
        stage.show.say(line)
