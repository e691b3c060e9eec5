# After the code is deployed: waits until Azure lists the function and the app can read the API secret, then deploys
# events.bicep, which subscribes the function to the events of the monitored subscriptions. It can be run again at
# any time: azd hooks run postdeploy. It does what postdeploy.sh does.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

function Stop-WithReason([string] $Reason) {
    Write-Host "`nNo events reach the function app yet: $Reason" -ForegroundColor Red
    Write-Host 'Its HTTP functions and its audit work without. Then finish with: azd hooks run postdeploy'
    exit 1
}

$required = 'FUNCTION_APP_ID', 'AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID', 'DEPLOYMENT_TOKEN',
    'MONITORED_SCOPES', 'EVENTS_IDENTITY_ID', 'DEAD_LETTER_STORAGE_ID', 'WORKSPACE_ID'
foreach ($name in $required) {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        Stop-WithReason "$name is not set. Run azd provision first, and this by azd hooks run postdeploy."
    }
}

$waitSeconds = if ($env:FUNCTION_WAIT_SECONDS) { [int] $env:FUNCTION_WAIT_SECONDS } else { 300 }
$pauseSeconds = if ($env:FUNCTION_PAUSE_SECONDS) { [int] $env:FUNCTION_PAUSE_SECONDS } else { 10 }
$tries = 5
$function = "$env:FUNCTION_APP_ID/functions/endpoint_changed"
$secrets = "$env:FUNCTION_APP_ID/config/configreferences/appsettings"
$version = 'api-version=2024-11-01'
$infra = Split-Path -Parent $PSScriptRoot

if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    Stop-WithReason 'the Azure CLI is not installed. Install it, and run az login.'
}
az account show --subscription $env:AZURE_SUBSCRIPTION_ID --output none
if ($LASTEXITCODE -ne 0) {
    Stop-WithReason "the Azure CLI is not signed in to subscription $env:AZURE_SUBSCRIPTION_ID. Run az login."
}

Write-Host "Waiting until Azure lists the function endpoint_changed, at most $waitSeconds s"
$waited = 0
while ($true) {
    $problem = az rest --method get --url "$($function)?$version" --output none 2>&1
    if ($LASTEXITCODE -eq 0) { break }
    if ($waited -ge $waitSeconds) {
        Stop-WithReason @"
after $waitSeconds s Azure does not list the function endpoint_changed.
Azure's last answer: $problem
If azd deploy went well, the host could not load the code: see Log stream of the function app in the portal,
and its settings.
"@
    }
    # On Flex Consumption Azure lists no function before its triggers are synced, and a deployment does not always
    # do that. The host may still be starting, so a refusal is no reason to stop.
    az rest --method post --url "$env:FUNCTION_APP_ID/host/default/sync?$version" --output none 2>&1 | Out-Null
    Start-Sleep -Seconds $pauseSeconds
    $waited += $pauseSeconds
}

# Events that fail for a missing secret make Event Grid delay those that follow, so the secret is waited for. A status
# that cannot be read is no reason to stop: the events are delivered again.
$waited = 0
while ($true) {
    $status = az rest --method get --url "$secrets/CLICKHOUSE_CLOUD_API_SECRET?$version" `
        --query properties.status --output tsv 2>$null
    if ($status -eq 'Resolved') { break }
    if ($waited -ge $waitSeconds) {
        Write-Host "After $waitSeconds s the app cannot read the API secret from the vault, or Azure does not say that it can."
        Write-Host 'See Environment variables of the function app in the portal: events fail until it is resolved.'
        break
    }
    az rest --method post --url "$secrets/refresh?$version" --output none 2>&1 | Out-Null
    Start-Sleep -Seconds $pauseSeconds
    $waited += $pauseSeconds
}

# The host may list a function some moments before it answers Event Grid's validation of it.
for ($tried = 1; $true; $tried++) {
    az deployment sub create --name "events-$env:DEPLOYMENT_TOKEN" --location $env:AZURE_LOCATION `
        --subscription $env:AZURE_SUBSCRIPTION_ID --parameters "$infra/events.bicepparam" --output none
    if ($LASTEXITCODE -eq 0) { break }
    if ($tried -ge $tries) {
        Stop-WithReason @"
events.bicep was not deployed in $tries tries; Azure's reason is above.
A subscription can have only one system topic of its own: if there is one already, give it the identity
$env:EVENTS_IDENTITY_ID and run: azd env set SYSTEM_TOPIC_IDS <its ARM id>
"@
    }
    Start-Sleep -Seconds ($pauseSeconds * $tried)
}
Write-Host "Events of these scopes now reach the function app: $env:MONITORED_SCOPES"
