// Two monitored subscriptions; one of them has a system topic of somebody else.
using '../events.bicep'

param environmentName = 'demo'
param location = 'westus3'
param functionAppId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo'
param deadLetterStorageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Storage/storageAccounts/stdata'
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.OperationalInsights/workspaces/log-demo'
param eventsIdentityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events'
param monitoredScopes = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-a,/SUBSCRIPTIONS/33333333-3333-3333-3333-333333333333, /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-b'
param systemTopicIds = ' /subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg-Theirs/providers/Microsoft.EventGrid/systemTopics/Theirs'
param actionGroupId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Insights/actionGroups/ag-demo'
param failedDeliveryThreshold = 50
param resourceGroupName = 'clickhouse-automation'
param eventsResourceGroupName = 'clickhouse-events'
param resourceTags = { costCenter: '1234' }
