// For a deployment without azd. Each value is an environment variable, so that no secret is on a command line; the
// compiler names a variable that is not set. Add other parameters of main.bicep here.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param clickhouseOrgId = readEnvironmentVariable('CLICKHOUSE_ORG_ID')
param clickhouseApiKey = readEnvironmentVariable('CLICKHOUSE_CLOUD_API_KEY')
param clickhouseApiSecret = readEnvironmentVariable('CLICKHOUSE_CLOUD_API_SECRET')
param dnsZoneScopes = readEnvironmentVariable('DNS_ZONE_SCOPES')
param endpointScopes = readEnvironmentVariable('ENDPOINT_SCOPES', '')
