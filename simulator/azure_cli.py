"""How the Azure CLI is pointed at a simulator: an environment of its own, and three commands."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from simulator.azure.metadata import TOKEN

CLOUD = "simulator"


def environment(https_url: str, authority: Path, config: Path) -> Mapping[str, str]:
    """What to set. `config`: a folder for what the CLI keeps, so that one's own sign-in is left alone."""
    return {
        "AZURE_CONFIG_DIR": str(config),
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        "REQUESTS_CA_BUNDLE": str(authority),
        "NO_PROXY": "127.0.0.1",
        # Azure's libraries then take themselves for an app of App Service, and ask here for a token.
        "IDENTITY_ENDPOINT": f"{https_url}{TOKEN}",
        "IDENTITY_HEADER": "simulator",
    }


def sign_in(https_url: str) -> tuple[tuple[str, ...], ...]:
    """The commands that make the simulator the CLI's cloud, and sign in to it."""
    return (
        ("az", "cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", https_url),
        ("az", "cloud", "set", "--name", CLOUD),
        ("az", "login", "--identity"),
    )


def as_shell(https_url: str, authority: Path, config: Path) -> str:
    """Both as lines for a shell."""
    named = environment(https_url, authority, config).items()
    exports = [f"export {name}={shlex.quote(value)}" for name, value in named]
    return "\n".join([*exports, *(shlex.join(command) for command in sign_in(https_url))])
