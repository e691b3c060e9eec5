// One monitored subscription, that of the function app.
using '../events.bicep'

param environmentName = 'demo'
param location = 'westus3'
param functionAppId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo'
param deadLetterStorageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Storage/storageAccounts/stdata'
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.OperationalInsights/workspaces/log-demo'
param eventsIdentityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events'
param monitoredScopes = '/subscriptions/11111111-1111-1111-1111-111111111111'
