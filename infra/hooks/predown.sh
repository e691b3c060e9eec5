#!/bin/sh
# Before azd deletes the resource group: deletes what lies outside it and would stay for ever. These are the
# event subscriptions on other people's system topics, the resource groups for system topics in other
# subscriptions, and the app's custom roles and their assignments. What the app registered with ClickHouse Cloud
# and wrote into zones stays: untag the endpoints before. azd up makes all of it anew if azd down was not meant.
set -eu

: "${AZURE_ENV_NAME:?is not set. Remedy: run this by azd hooks run predown}"
: "${AZURE_SUBSCRIPTION_ID:?is not set. Remedy: run this by azd hooks run predown}"
# The outputs of main.bicep. A failing hook would keep azd from deleting what a failed first deployment left.
for name in DEPLOYMENT_TOKEN APP_IDENTITY_PRINCIPAL_ID ROLE_SUBSCRIPTIONS MONITORED_SCOPES; do
    eval "value=\${$name:-}"
    [ -n "$value" ] && continue
    printf '%s is not set: azd provision has not finished. Nothing outside the resource group is deleted.\n' "$name" >&2
    printf 'If it finished once, run azd env refresh and azd hooks run predown first. Otherwise see whether there are\n' >&2
    printf 'custom roles named clickhouse-privatelink, and groups named rg-%s-events in monitored subscriptions.\n' \
        "$AZURE_ENV_NAME" >&2
    exit 0
done

command -v az >/dev/null 2>&1 || {
    printf 'The Azure CLI is not installed: what lies outside the resource group cannot be deleted.\n' >&2
    exit 1
}

each() { printf '%s\n' "$1" | tr ',' '\n' | sed '/^[[:space:]]*$/d'; }

each "${SYSTEM_TOPIC_IDS:-}" | while read -r topic; do
    printf 'Deleting the event subscription on %s\n' "$topic"
    az rest --method delete --output none \
        --url "$topic/eventSubscriptions/clickhouse-privatelink-$DEPLOYMENT_TOKEN?api-version=2025-02-15" </dev/null
done

# In its own subscription the deployment has no such group, and one of that name is another deployment's.
group="rg-$AZURE_ENV_NAME-events"
each "$MONITORED_SCOPES" | cut -d / -f 3 | sort -u | while read -r subscription; do
    [ "$subscription" != "$AZURE_SUBSCRIPTION_ID" ] || continue
    exists="$(az group exists --name "$group" --subscription "$subscription" </dev/null)"
    [ "$exists" = true ] || continue
    owner="$(az group show --name "$group" --subscription "$subscription" \
        --query 'tags."azd-env-name"' --output tsv </dev/null)"
    if [ "$owner" != "$AZURE_ENV_NAME" ]; then
        printf 'Not deleting resource group %s in subscription %s: its tag azd-env-name is not %s\n' \
            "$group" "$subscription" "$AZURE_ENV_NAME"
        continue
    fi
    printf 'Deleting resource group %s in subscription %s\n' "$group" "$subscription"
    az group delete --name "$group" --subscription "$subscription" --yes --output none </dev/null
done

each "$ROLE_SUBSCRIPTIONS" | while read -r subscription; do
    printf 'Deleting the custom roles and their assignments in subscription %s\n' "$subscription"
    assignments="$(az role assignment list --all --subscription "$subscription" \
        --query "[?principalId=='$APP_IDENTITY_PRINCIPAL_ID'].id" --output tsv </dev/null)"
    each "$assignments" | while read -r id; do
        az role assignment delete --ids "$id" </dev/null
    done
    roles="$(az role definition list --custom-role-only true --subscription "$subscription" \
        --query "[?contains(roleName, '($DEPLOYMENT_TOKEN, ')].name" --output tsv </dev/null)"
    each "$roles" | while read -r name; do
        az role definition delete --name "$name" --scope "/subscriptions/$subscription" --custom-role-only true </dev/null
    done
done
