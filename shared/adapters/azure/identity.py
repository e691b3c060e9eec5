"""The identity that Azure is asked by: what the process's environment tells of one."""

from typing import Any

from shared.settings import SettingsError

REMEDY = (
    "Remedy: correct or remove the variables that name an identity or where it signs in (AZURE_AUTHORITY_HOST,"
    " AZURE_TENANT_ID, AZURE_CLIENT_…, AZURE_TOKEN_CREDENTIALS)."
)


def make_credential() -> Any:
    """A DefaultAzureCredential. Raises SettingsError for an environment of which none can be made."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 -- slow, and not for a simulator

    try:
        return DefaultAzureCredential()
    except (ValueError, OSError) as error:  # an OSError for a certificate's file
        told = " ".join(str(error).split()).removesuffix(".")
        raise SettingsError(
            [f"No identity for Azure can be made of the environment: {told}. {REMEDY}"]
        ) from error
