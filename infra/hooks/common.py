"""What the hooks share: the azd environment, and the Azure CLI."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

PROJECT = Path(__file__).resolve().parents[2]
INFRA = PROJECT / "infra"


class AzureError(Exception):
    """The Azure CLI failed; the message is its own."""


def say(message: str) -> None:
    print(message, flush=True)


def stop(message: str) -> NoReturn:
    """Ends the hook, and with it the azd command."""
    print(f"\nERROR: {message}", file=sys.stderr)
    sys.exit(1)


def value(name: str) -> str:
    """A value of the azd environment, or an empty string."""
    return os.environ.get(name, "").strip()


def required(*names: str) -> list[str]:
    """Values that azd sets, or that are outputs of main.bicep."""
    missing = [name for name in names if not value(name)]
    if missing:
        stop(f"{', '.join(missing)}: not set. Run the hook with azd (azd hooks run <name>), after azd provision.")
    return [value(name) for name in names]


def items(name: str) -> list[str]:
    """A comma-separated value as a list."""
    return [item.strip() for item in value(name).split(",") if item.strip()]


def environment_folder() -> Path:
    """The folder of the azd environment, which Git ignores."""
    folder = PROJECT / ".azure" / value("AZURE_ENV_NAME")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def az(*arguments: str) -> str:
    """Runs the Azure CLI and returns its output."""
    program = shutil.which("az")
    if program is None:
        stop("The Azure CLI is not installed. Install it, and sign in with az login.")
    done = subprocess.run(  # noqa: S603 -- the Azure CLI
        [program, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AzureError(done.stderr.strip() or f"az {arguments[0]} ended with {done.returncode}")
    return done.stdout


def sign_in_or_stop(subscription: str) -> None:
    try:
        az("account", "show", "--subscription", subscription, "--output", "none")
    except AzureError as error:
        stop(f"The Azure CLI has no access to subscription {subscription}. Run az login.\n{error}")


def rest(method: str, path: str, version: str, body: Any = None) -> Any:
    """Calls Azure Resource Manager and returns the response."""
    arguments = ["rest", "--method", method, "--url", f"{path}?api-version={version}", "--output", "json"]
    if body is None:
        answer = az(*arguments)
    else:
        # In a file: the quotes of an argument do not survive the shell of Windows.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "body.json"
            file.write_text(json.dumps(body))
            answer = az(*arguments, "--body", f"@{file}")
    return json.loads(answer) if answer.strip() else None


def search(query: str) -> list[dict[str, Any]]:
    """Asks Azure Resource Graph, which knows all subscriptions that the signed-in user can read."""
    rows: list[dict[str, Any]] = []
    options: dict[str, Any] = {"resultFormat": "objectArray"}
    while True:
        body = {"query": query, "options": options}
        answer = rest("post", "/providers/Microsoft.ResourceGraph/resources", "2022-10-01", body)
        rows += answer["data"]
        if not answer.get("$skipToken"):
            return rows
        options = {**options, "$skipToken": answer["$skipToken"]}
