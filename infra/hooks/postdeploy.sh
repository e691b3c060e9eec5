#!/bin/sh
# After the code is deployed: waits until Azure lists the function and the app can read the API secret, then deploys
# events.bicep, which subscribes the function to the events of the monitored subscriptions. It can be run again at
# any time: azd hooks run postdeploy
set -eu

: "${FUNCTION_APP_ID:?is not set. Remedy: run azd provision first}"
: "${AZURE_ENV_NAME:?is not set. Remedy: run this by azd hooks run postdeploy}"
: "${AZURE_LOCATION:?is not set. Remedy: run this by azd hooks run postdeploy}"
: "${AZURE_SUBSCRIPTION_ID:?is not set. Remedy: run this by azd hooks run postdeploy}"
: "${DEPLOYMENT_TOKEN:?is not set. Remedy: run azd env refresh}"
: "${MONITORED_SCOPES:?is not set. Remedy: run azd env refresh}"
: "${EVENTS_IDENTITY_ID:?is not set. Remedy: run azd env refresh}"
: "${DEAD_LETTER_STORAGE_ID:?is not set. Remedy: run azd env refresh}"
: "${WORKSPACE_ID:?is not set. Remedy: run azd env refresh}"

WAIT_SECONDS="${FUNCTION_WAIT_SECONDS:-300}"
PAUSE_SECONDS="${FUNCTION_PAUSE_SECONDS:-10}"
TRIES=5
FUNCTION="$FUNCTION_APP_ID/functions/endpoint_changed"
SECRETS="$FUNCTION_APP_ID/config/configreferences/appsettings"
VERSION="api-version=2024-11-01"
INFRA="$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"

fail() {
    printf '\nNo events reach the function app yet: %s\n' "$1" >&2
    printf 'Its HTTP functions and its audit work without. Then finish with: azd hooks run postdeploy\n' >&2
    exit 1
}

command -v az >/dev/null 2>&1 || fail "the Azure CLI is not installed. Install it, and run az login."
az account show --subscription "$AZURE_SUBSCRIPTION_ID" --output none ||
    fail "the Azure CLI is not signed in to subscription $AZURE_SUBSCRIPTION_ID. Run az login."

printf 'Waiting until Azure lists the function endpoint_changed, at most %s s\n' "$WAIT_SECONDS"
waited=0
until problem="$(az rest --method get --url "$FUNCTION?$VERSION" --output none 2>&1)"; do
    [ "$waited" -lt "$WAIT_SECONDS" ] || fail "after $WAIT_SECONDS s Azure does not list the function endpoint_changed.
Azure's last answer: $problem
If azd deploy went well, the host could not load the code: see Log stream of the function app in the portal,
and its settings."
    # On Flex Consumption Azure lists no function before its triggers are synced, and a deployment does not always
    # do that. The host may still be starting, so a refusal is no reason to stop.
    az rest --method post --url "$FUNCTION_APP_ID/host/default/sync?$VERSION" --output none >/dev/null 2>&1 || true
    sleep "$PAUSE_SECONDS"
    waited=$((waited + PAUSE_SECONDS))
done

# Events that fail for a missing secret make Event Grid delay those that follow, so the secret is waited for. A status
# that cannot be read is no reason to stop: the events are delivered again.
waited=0
until [ "$(az rest --method get --url "$SECRETS/CLICKHOUSE_CLOUD_API_SECRET?$VERSION" \
    --query properties.status --output tsv 2>/dev/null || true)" = Resolved ]; do
    [ "$waited" -lt "$WAIT_SECONDS" ] || {
        printf 'After %s s the app cannot read the API secret from the vault, or Azure does not say that it can.\n' \
            "$WAIT_SECONDS" >&2
        printf 'See Environment variables of the function app in the portal: events fail until it is resolved.\n' >&2
        break
    }
    az rest --method post --url "$SECRETS/refresh?$VERSION" --output none >/dev/null 2>&1 || true
    sleep "$PAUSE_SECONDS"
    waited=$((waited + PAUSE_SECONDS))
done

tried=1
# The host may list a function some moments before it answers Event Grid's validation of it.
until az deployment sub create --name "events-$DEPLOYMENT_TOKEN" --location "$AZURE_LOCATION" \
    --subscription "$AZURE_SUBSCRIPTION_ID" --parameters "$INFRA/events.bicepparam" --output none; do
    [ "$tried" -lt "$TRIES" ] || fail "events.bicep was not deployed in $TRIES tries; Azure's reason is above.
A subscription can have only one system topic of its own: if there is one already, give it the identity
$EVENTS_IDENTITY_ID and run: azd env set SYSTEM_TOPIC_IDS <its ARM id>"
    sleep $((PAUSE_SECONDS * tried))
    tried=$((tried + 1))
done
printf 'Events of these scopes now reach the function app: %s\n' "$MONITORED_SCOPES"
