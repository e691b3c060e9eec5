"""The identity of the app in Azure."""

from typing import Any

from shared.settings import SettingsError

REMEDY = (
    "Remedy: correct or remove the environment variables of the identity (AZURE_AUTHORITY_HOST, AZURE_TENANT_ID,"
    " AZURE_CLIENT_…, AZURE_TOKEN_CREDENTIALS)."
)


def make_credential() -> Any:
    """A DefaultAzureCredential. Raises SettingsError if its environment variables are not valid."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 -- slow, and not for a simulator

    try:
        return DefaultAzureCredential()
    except (ValueError, OSError) as error:  # an OSError for a certificate's file
        text = " ".join(str(error).split()).removesuffix(".")
        raise SettingsError([f"The environment does not configure an Azure identity: {text}. {REMEDY}"]) from error
