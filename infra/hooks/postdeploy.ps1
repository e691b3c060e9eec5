# After the code is deployed: waits until Azure knows the function, then deploys events.bicep, which
# subscribes it to the events of the monitored subscriptions. It can be run again at any time:
# azd hooks run postdeploy. It does what postdeploy.sh does.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

function Stop-WithReason([string] $Reason) {
    Write-Host "`nNo events reach the function app yet: $Reason" -ForegroundColor Red
    Write-Host 'Its HTTP functions and its audit work without. Then finish with: azd hooks run postdeploy'
    exit 1
}

foreach ($name in 'FUNCTION_APP_ID', 'AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        Stop-WithReason "$name is not set. Run azd provision first, and this by azd hooks run postdeploy."
    }
}

$waitSeconds = if ($env:FUNCTION_WAIT_SECONDS) { [int] $env:FUNCTION_WAIT_SECONDS } else { 300 }
$pauseSeconds = if ($env:FUNCTION_PAUSE_SECONDS) { [int] $env:FUNCTION_PAUSE_SECONDS } else { 10 }
$tries = 3
$function = "$env:FUNCTION_APP_ID/functions/endpoint_changed"
$infra = Split-Path -Parent $PSScriptRoot

if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    Stop-WithReason 'the Azure CLI is not installed. Install it, and run az login.'
}
az account show --subscription $env:AZURE_SUBSCRIPTION_ID --output none
if ($LASTEXITCODE -ne 0) {
    Stop-WithReason "the Azure CLI is not signed in to subscription $env:AZURE_SUBSCRIPTION_ID. Run az login."
}

Write-Host "Waiting until Azure knows the function endpoint_changed, at most $waitSeconds s"
$waited = 0
while ($true) {
    $problem = az rest --method get --url "$($function)?api-version=2024-11-01" --output none 2>&1
    if ($LASTEXITCODE -eq 0) { break }
    if ($waited -ge $waitSeconds) {
        Stop-WithReason @"
after $waitSeconds s Azure does not know the function endpoint_changed.
Azure's last answer: $problem
If azd deploy went well, the host could not load the code: see Log stream of the function app in the portal,
and its settings.
"@
    }
    Start-Sleep -Seconds $pauseSeconds
    $waited += $pauseSeconds
}

# The host may know a function some moments before it answers Event Grid's validation of it.
for ($tried = 1; $true; $tried++) {
    az deployment sub create --name "events-$env:AZURE_ENV_NAME" --location $env:AZURE_LOCATION `
        --subscription $env:AZURE_SUBSCRIPTION_ID --parameters "$infra/events.bicepparam" --output none
    if ($LASTEXITCODE -eq 0) { break }
    if ($tried -ge $tries) {
        Stop-WithReason @"
events.bicep was not deployed in $tries tries; Azure's reason is above.
A subscription can have only one system topic of its own: if there is one already, give it the identity
$env:EVENTS_IDENTITY_ID and run: azd env set SYSTEM_TOPIC_IDS <its ARM id>
"@
    }
    Start-Sleep -Seconds $pauseSeconds
}
Write-Host "Events of these scopes now reach the function app: $env:MONITORED_SCOPES"
