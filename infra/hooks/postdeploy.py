"""After azd deploy: waits for the function and its secret, then deploys events.bicep. Can be repeated."""

import time

from common import INFRA, AzureError, az, required, rest, say, sign_in_or_stop, stop, value

WEB = "2024-11-01"
ATTEMPTS = 5


def seconds(name: str, default: int) -> int:
    return int(value(name) or default)


def wait_for_function(app: str, limit: int, pause: int) -> None:
    """On Flex Consumption, Azure lists no function before its triggers are synced, which a deployment may not do.

    https://github.com/Azure/azure-functions-host/issues/10169
    """
    say(f"Waiting until Azure lists the function endpoint_changed, at most {limit} s")
    waited = 0
    while True:
        try:
            rest("get", f"{app}/functions/endpoint_changed", WEB)
        except AzureError as error:
            if waited >= limit:
                stop(
                    f"After {limit} s Azure does not list the function endpoint_changed: no events arrive.\n{error}\n"
                    "If azd deploy succeeded, the host could not load the code: see Log stream and the settings\n"
                    "of the function app in the portal. HTTP functions and audit do not need this step.\n"
                    "Then run: azd hooks run postdeploy"
                )
        else:
            return
        quietly("post", f"{app}/host/default/sync")
        time.sleep(pause)
        waited += pause


def quietly(method: str, path: str) -> None:
    """A call that may fail while the host starts; the caller tries again."""
    try:
        rest(method, path, WEB)
    except AzureError:
        return


def wait_for_secret(app: str, limit: int, pause: int) -> None:
    """Failed events make Event Grid delay later ones, so the secret is waited for before events are subscribed."""
    references = f"{app}/config/configreferences/appsettings"
    waited = 0
    while secret_status(references) != "Resolved":
        if waited >= limit:
            say(f"WARNING: after {limit} s the app cannot read the API secret, so events fail.")
            say("See Environment variables of the function app in the portal.")
            return
        quietly("post", f"{references}/refresh")
        time.sleep(pause)
        waited += pause


def secret_status(references: str) -> str:
    try:
        return str(rest("get", f"{references}/CLICKHOUSE_CLOUD_API_SECRET", WEB)["properties"]["status"])
    except (AzureError, KeyError, TypeError):
        return ""


def warn_of_storage_key(app: str) -> None:
    """Tools sometimes add a connection string, which the host prefers to the identity.

    https://github.com/Azure/azure-functions-host/issues/11796
    """
    try:
        settings = rest("post", f"{app}/config/appsettings/list", WEB)["properties"]
    except (AzureError, KeyError, TypeError):
        return
    if "AzureWebJobsStorage" in settings:
        say("WARNING: the function app has a setting AzureWebJobsStorage, which the host uses instead of its identity.")
        say("Delete it: az functionapp config appsettings delete --setting-names AzureWebJobsStorage --ids " + app)


def deploy_events(subscription: str, location: str, token: str, pause: int) -> None:
    """Azure may list a function before the function answers the validation of Event Grid, so this is retried."""
    file = str(INFRA / "events.bicepparam")
    name = f"events-{token}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            az("deployment", "sub", "create", "--name", name, "--location", location, "--subscription", subscription,
               "--parameters", file, "--output", "none")  # fmt: skip
        except AzureError as error:
            if attempt == ATTEMPTS:
                identity = value("EVENTS_IDENTITY_ID") or "a system-assigned identity"
                stop(
                    f"events.bicep was not deployed in {ATTEMPTS} attempts, so no events arrive.\n{error}\n"
                    "A subscription can have only one system topic of its kind. If one exists, add the identity\n"
                    f"{identity} to it, and run: azd env set SYSTEM_TOPIC_IDS <its ARM id>\n"
                    "Then run: azd hooks run postdeploy"
                )
            time.sleep(pause * attempt)
        else:
            return


def main() -> None:
    names = ("FUNCTION_APP_ID", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID", "DEPLOYMENT_TOKEN")
    app, location, subscription, token = required(*names)
    required("AZURE_ENV_NAME", "MONITORED_SCOPES", "DEAD_LETTER_STORAGE_ID", "WORKSPACE_ID")
    sign_in_or_stop(subscription)
    limit, pause = seconds("FUNCTION_WAIT_SECONDS", 300), seconds("FUNCTION_PAUSE_SECONDS", 10)
    wait_for_function(app, limit, pause)
    wait_for_secret(app, limit, pause)
    warn_of_storage_key(app)
    deploy_events(subscription, location, token, pause)
    say(f"Events of these scopes are delivered to the function app: {value('MONITORED_SCOPES')}")


if __name__ == "__main__":
    main()
