#!/bin/sh
# After the code is deployed: waits until Azure knows the function, then deploys events.bicep, which
# subscribes it to the events of the monitored subscriptions. It can be run again at any time:
# azd hooks run postdeploy
set -eu

: "${FUNCTION_APP_ID:?is not set. Remedy: run azd provision first}"
: "${AZURE_ENV_NAME:?is not set. Remedy: run this by azd hooks run postdeploy}"
: "${AZURE_LOCATION:?is not set. Remedy: run this by azd hooks run postdeploy}"
: "${AZURE_SUBSCRIPTION_ID:?is not set. Remedy: run this by azd hooks run postdeploy}"

WAIT_SECONDS="${FUNCTION_WAIT_SECONDS:-300}"
PAUSE_SECONDS="${FUNCTION_PAUSE_SECONDS:-10}"
TRIES=3
FUNCTION="$FUNCTION_APP_ID/functions/endpoint_changed"
INFRA="$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"

fail() {
    printf '\nNo events reach the function app yet: %s\n' "$1" >&2
    printf 'Its HTTP functions and its audit work without. Then finish with: azd hooks run postdeploy\n' >&2
    exit 1
}

command -v az >/dev/null 2>&1 || fail "the Azure CLI is not installed. Install it, and run az login."
az account show --subscription "$AZURE_SUBSCRIPTION_ID" --output none ||
    fail "the Azure CLI is not signed in to subscription $AZURE_SUBSCRIPTION_ID. Run az login."

printf 'Waiting until Azure knows the function endpoint_changed, at most %s s\n' "$WAIT_SECONDS"
waited=0
until problem="$(az rest --method get --url "$FUNCTION?api-version=2024-11-01" --output none 2>&1)"; do
    [ "$waited" -lt "$WAIT_SECONDS" ] || fail "after $WAIT_SECONDS s Azure does not know the function endpoint_changed.
Azure's last answer: $problem
If azd deploy went well, the host could not load the code: see Log stream of the function app in the portal,
and its settings."
    sleep "$PAUSE_SECONDS"
    waited=$((waited + PAUSE_SECONDS))
done

tried=1
# The host may know a function some moments before it answers Event Grid's validation of it.
until az deployment sub create --name "events-$AZURE_ENV_NAME" --location "$AZURE_LOCATION" \
    --subscription "$AZURE_SUBSCRIPTION_ID" --parameters "$INFRA/events.bicepparam" --output none; do
    [ "$tried" -lt "$TRIES" ] || fail "events.bicep was not deployed in $TRIES tries; Azure's reason is above.
A subscription can have only one system topic of its own: if there is one already, give it the identity
$EVENTS_IDENTITY_ID and run: azd env set SYSTEM_TOPIC_IDS <its ARM id>"
    tried=$((tried + 1))
    sleep "$PAUSE_SECONDS"
done
printf 'Events of these scopes now reach the function app: %s\n' "$MONITORED_SCOPES"
