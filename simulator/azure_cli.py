"""The environment variables and commands to use the Azure CLI with a simulator."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from simulator.azure.metadata import TOKEN

CLOUD = "simulator"


def environment(https_url: str, authority: Path, config: Path) -> Mapping[str, str]:
    """Return the environment variables. `config` is the CLI's folder, separate from the user's own sign-in."""
    return {
        "AZURE_CONFIG_DIR": str(config),
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        "REQUESTS_CA_BUNDLE": str(authority),
        "NO_PROXY": "127.0.0.1",
        # With these variables Azure's libraries use the managed identity of App Service, which the simulator serves.
        "IDENTITY_ENDPOINT": f"{https_url}{TOKEN}",
        "IDENTITY_HEADER": "simulator",
    }


def sign_in(https_url: str) -> tuple[tuple[str, ...], ...]:
    """Return the commands that register the simulator as a cloud, select it, and sign in."""
    return (
        ("az", "cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", https_url),
        ("az", "cloud", "set", "--name", CLOUD),
        ("az", "login", "--identity"),
    )


def as_shell(https_url: str, authority: Path, config: Path) -> str:
    """Return the environment and the commands as lines for a shell."""
    variables = environment(https_url, authority, config).items()
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables]
    return "\n".join([*exports, *(shlex.join(command) for command in sign_in(https_url))])
