"""After the show: everything keeps running, with commands to try, and the app's passes told as they happen."""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.app import line_in
from demo.by_hand import endpoint_body, to_create, to_delete, to_retag
from demo.stage import Stage
from demo.stage import settings as settings_for
from demo.world import ALIAS, APP_KEY, NETWORKS, ORGANIZATION, endpoint_id
from simulator.azure_cli import as_shell
from simulator.tls import make_certificate

MINE = "pe-mine"
_PAUSE = 0.2


def keep(stage: Stage) -> None:
    """Until Ctrl-C."""
    with TemporaryDirectory() as folder:
        settings = Path(folder, "local.settings.json")
        settings.write_text(
            json.dumps({"IsEncrypted": False, "Values": settings_for(stage.sim.url, stage.app.store)})
        )
        stage.show.verbatim(commands(stage, settings))
        stage.show.verbatim(with_azure_cli(stage, Path(folder)))
        stage.show.headline("Everything keeps running. Ctrl-C ends it. What the app does is told here:")
        _tell_until_it_ends(stage)


def _tell_until_it_ends(stage: Stage) -> None:
    seen = stage.app.logged()
    while stage.host.process.poll() is None:
        lines = stage.host.logs()
        for line in lines[seen:]:
            _tell(stage, line)
        seen = len(lines)
        time.sleep(_PAUSE)


def commands(stage: Stage, settings: Path) -> str:
    """Commands for a shell, to be copied as they are. `settings`: a local.settings.json for the command line."""
    return f"""
SIM={stage.sim.url} APP={stage.host.url}
NET=$SIM{NETWORKS}
SETTINGS={settings} ENDPOINT={endpoint_id(MINE)}

# Create a private endpoint, edit its tag
curl -s -X PUT "$NET/privateEndpoints/{MINE}?api-version=2024-05-01" -d '{json.dumps(endpoint_body(ALIAS, "*"))}'
curl -s -X PATCH "$NET/privateEndpoints/{MINE}/providers/Microsoft.Resources/tags/default?api-version=2024-05-01" \\
  -d '{{"operation": "Merge", "properties": {{"tags": {{"clickhouse-services": "analytics"}}}}}}'

# The same from the command line: why the endpoint is or is not connected, and what would be done
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

# The page of the latest audit: open {stage.host.url}/api/status in a browser; the same as JSON
curl -s $APP/api/status?format=json

# What ClickHouse Cloud answers
curl -s -u {APP_KEY["id"]}:{APP_KEY["secret"]} $SIM/v1/organizations/{ORGANIZATION}

# The control API, that of `python -m simulator` too (see simulator/README.md): state, requests, a fault
curl -s $SIM/_sim/state
curl -s $SIM/_sim/requests
curl -s $SIM/_sim/faults -d '{{"match": {{"method": "PATCH", "path": "/services/"}}, "status": 500, "count": 2}}'
"""


def with_azure_cli(stage: Stage, folder: Path) -> str:
    """How one's own `az` is pointed at the simulator, which answers https from here on, and what to do with it."""
    certificate = make_certificate(folder)
    https_url = stage.sim.serve_https(certificate)
    created = "\n".join("\n".join(command) for command in to_create(MINE, "*"))
    retagged = "\n".join(to_retag(MINE, "analytics"))
    return f"""
# The same with the Azure CLI, in a shell of its own (`make azure-cli` puts one into .azure-cli/bin).
# Its sign-in is kept in a folder that goes when the demo ends; yours is left alone.
{as_shell(https_url, certificate.authority, folder / "azure")}
{created}
{retagged}
{to_delete(MINE)}
"""


def _tell(stage: Stage, line: str) -> None:
    """What the app did; of other lines those that warn."""
    if told := line_in(line):
        stage.show.line(told)
    elif " WARNING " in line or " ERROR " in line:
        stage.show.say(line)
