// Private networking: dead letters by the system-assigned identities of a new and of an existing system topic.
using '../events.bicep'

param environmentName = 'demo'
param location = 'westus3'
param functionAppId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Web/sites/func-demo'
param deadLetterStorageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.Storage/storageAccounts/stdata'
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-demo/providers/Microsoft.OperationalInsights/workspaces/log-demo'
param eventsIdentityId = ''
param monitoredScopes = '/subscriptions/11111111-1111-1111-1111-111111111111,/subscriptions/33333333-3333-3333-3333-333333333333'
param systemTopicIds = '/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg-theirs/providers/Microsoft.EventGrid/systemTopics/theirs'
