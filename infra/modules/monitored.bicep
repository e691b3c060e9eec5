metadata description = 'One monitored subscription: its system topic, the event subscription of the function, and alerts on deliveries.'

import { Tags } from 'types.bicep'

targetScope = 'subscription'

@description('Resource group in this subscription for the system topic and the alerts.')
param resourceGroupName string

@description('Whether to create that resource group. The resource group of the function app exists already, with its own tags.')
param createResourceGroup bool

param location string
param tags Tags
param token string

@description('ARM id, in lower case, of a system topic that exists for this subscription. Empty: one is created.')
param existingTopicId string

param functionId string

@description('User-assigned identity for dead letters. Empty: the system-assigned identity of the topic.')
param eventsIdentityId string

param deadLetterStorageId string
param workspaceId string
param actionGroupId string
param failedDeliveryThreshold int

@description('Whether to assign the system-assigned identity of the topic its role on the dead letters.')
param assignRoles bool

var ownTopicName = 'evst-subscription-${token}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (createResourceGroup) {
  name: resourceGroupName
  location: location
  tags: tags
}

module topic 'topic.bicep' = if (empty(existingTopicId)) {
  scope: resourceGroup(resourceGroupName)
  params: {
    name: ownTopicName
    tags: tags
    eventsIdentityId: eventsIdentityId
    workspaceId: workspaceId
  }
  dependsOn: [group]
}

var topicParts = split(existingTopicId, '/')
var eventSubscriptionName = 'clickhouse-privatelink-${token}'
var storageParts = split(deadLetterStorageId, '/')

resource existingTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingTopicId)) {
  name: last(topicParts)
  scope: resourceGroup(empty(existingTopicId) ? resourceGroupName : topicParts[4])
}

module deadLetterAccess 'dead-letter-access.bicep' = if (empty(eventsIdentityId) && assignRoles) {
  scope: resourceGroup(storageParts[2], storageParts[4])
  params: {
    accountName: last(storageParts)
    principalId: empty(existingTopicId) ? topic!.outputs.principalId : existingTopic!.identity.principalId
  }
}

module delivery 'delivery.bicep' = {
  scope: resourceGroup(empty(existingTopicId) ? resourceGroupName : topicParts[4])
  params: {
    topicName: empty(existingTopicId) ? ownTopicName : last(topicParts)
    name: eventSubscriptionName
    functionId: functionId
    eventsIdentityId: eventsIdentityId
    deadLetterStorageId: deadLetterStorageId
  }
  dependsOn: [topic, deadLetterAccess]
}

module alerts 'delivery-alerts.bicep' = {
  scope: resourceGroup(resourceGroupName)
  params: {
    token: token
    tags: tags
    topicId: delivery.outputs.topicId
    eventSubscriptionName: eventSubscriptionName
    failedDeliveryThreshold: failedDeliveryThreshold
    actionGroupId: actionGroupId
  }
  dependsOn: [group]
}

output eventSubscriptionId string = delivery.outputs.id
