// Identity, workspace, action group, names and tags of an organization; others make the role assignments.
using '../main.bicep'

param environmentName = 'demo'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param dnsZoneScopes = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-dns'
param appIdentityId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-identity/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-clickhouse'
param logAnalyticsWorkspaceId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-central'
param actionGroupId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-logs/providers/Microsoft.Insights/actionGroups/ag-oncall'
param resourceGroupName = 'clickhouse-automation'
param resourceNames = {
  appIdentity: 'name-app-identity'
  applicationInsights: 'name-insights'
  dataStorage: 'namedata'
  eventsIdentity: 'name-events-identity'
  functionApp: 'name-function-app'
  hostStorage: 'namehost'
  keyVault: 'name-vault'
  logAnalytics: 'name-workspace'
  outcomeTopic: 'name-topic'
  plan: 'name-plan'
}
param resourceTags = { costCenter: '1234', owner: 'network-team' }
param roleAssignments = 'none'
param vaultPurgeProtection = true
