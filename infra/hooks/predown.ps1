# Before azd deletes the resource group: deletes what lies outside it and would stay for ever. These are the
# event subscriptions on other people's system topics, the resource groups for system topics in other
# subscriptions, and the app's custom roles and their assignments. What the app registered with ClickHouse Cloud
# and wrote into zones stays: untag the endpoints before. azd up makes all of it anew if azd down was not meant.
# It does what predown.sh does.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

foreach ($name in 'AZURE_ENV_NAME', 'AZURE_SUBSCRIPTION_ID') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        Write-Host "$name is not set. Remedy: run this by azd hooks run predown." -ForegroundColor Red
        exit 1
    }
}
# The outputs of main.bicep. A failing hook would keep azd from deleting what a failed first deployment left.
foreach ($name in 'DEPLOYMENT_TOKEN', 'APP_IDENTITY_PRINCIPAL_ID', 'ROLE_SUBSCRIPTIONS', 'MONITORED_SCOPES') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        Write-Host "$name is not set: azd provision has not finished. Nothing outside the resource group is deleted."
        Write-Host 'If it finished once, run azd env refresh and azd hooks run predown first. Otherwise see whether there are'
        Write-Host "custom roles named clickhouse-privatelink, and groups named rg-$env:AZURE_ENV_NAME-events in monitored subscriptions."
        exit 0
    }
}
if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    Write-Host 'The Azure CLI is not installed: what lies outside the resource group cannot be deleted.' -ForegroundColor Red
    exit 1
}

function Split-List([string] $Text) {
    $Text -split ',' | ForEach-Object { $_.Trim() } | Where-Object { $_ }
}

foreach ($topic in Split-List $env:SYSTEM_TOPIC_IDS) {
    Write-Host "Deleting the event subscription on $topic"
    az rest --method delete --output none `
        --url "$topic/eventSubscriptions/clickhouse-privatelink-$($env:DEPLOYMENT_TOKEN)?api-version=2025-02-15"
}

# In its own subscription the deployment has no such group, and one of that name is another deployment's.
$group = "rg-$env:AZURE_ENV_NAME-events"
foreach ($subscription in Split-List $env:MONITORED_SCOPES | ForEach-Object { ($_ -split '/')[2] } | Sort-Object -Unique) {
    if ($subscription -eq $env:AZURE_SUBSCRIPTION_ID) { continue }
    $exists = az group exists --name $group --subscription $subscription
    if ($exists -ne 'true') { continue }
    $owner = az group show --name $group --subscription $subscription `
        --query 'tags."azd-env-name"' --output tsv
    if ($owner -ne $env:AZURE_ENV_NAME) {
        Write-Host "Not deleting resource group $group in subscription $($subscription): its tag azd-env-name is not $env:AZURE_ENV_NAME"
        continue
    }
    Write-Host "Deleting resource group $group in subscription $subscription"
    az group delete --name $group --subscription $subscription --yes --output none
}

foreach ($subscription in Split-List $env:ROLE_SUBSCRIPTIONS) {
    Write-Host "Deleting the custom roles and their assignments in subscription $subscription"
    $assignments = az role assignment list --all --subscription $subscription `
        --query "[?principalId=='$env:APP_IDENTITY_PRINCIPAL_ID'].id" --output tsv
    foreach ($id in $assignments) {
        az role assignment delete --ids $id
    }
    $roles = az role definition list --custom-role-only true --subscription $subscription `
        --query "[?contains(roleName, '($env:DEPLOYMENT_TOKEN, ')].name" --output tsv
    foreach ($name in $roles) {
        az role definition delete --name $name --scope "/subscriptions/$subscription" --custom-role-only true
    }
}
