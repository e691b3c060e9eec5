metadata description = 'The system topic of a subscription, and its log of failed deliveries.'

import { Tags } from 'types.bicep'

param name string
param tags Tags

@description('User-assigned identity for dead letters. Empty: a system-assigned identity.')
param eventsIdentityId string

param workspaceId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: 'global'
  tags: tags
  identity: empty(eventsIdentityId)
    ? { type: 'SystemAssigned' }
    : { type: 'UserAssigned', userAssignedIdentities: { '${eventsIdentityId}': {} } }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

resource failures 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'delivery-failures'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}

output principalId string = topic.?identity.?principalId ?? ''
