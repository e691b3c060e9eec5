metadata description = 'One monitored subscription: its system topic, the event subscription to the function, and alerts on both.'

targetScope = 'subscription'

@description('Resource group in this subscription for the system topic and its alerts.')
param resourceGroupName string

@description('Whether to make that resource group. The function app\'s own exists already, with tags of its own.')
param makeResourceGroup bool

param location string
param tags object
param token string

@description('ARM id, in lower case, of a system topic that exists on this subscription. Empty: one is made.')
param existingTopicId string

param functionId string
param eventsIdentityId string
param deadLetterStorageId string
param workspaceId string
param actionGroupId string
param failedDeliveryThreshold int

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (makeResourceGroup) {
  name: resourceGroupName
  location: location
  tags: tags
}

module topic 'topic.bicep' = if (empty(existingTopicId)) {
  name: 'topic-${token}'
  scope: resourceGroup(resourceGroupName)
  params: {
    name: 'evst-subscription-${token}'
    tags: tags
    eventsIdentityId: eventsIdentityId
    workspaceId: workspaceId
  }
  dependsOn: [group]
}

var eventSubscriptionName = 'clickhouse-privatelink-${token}'

module delivery 'delivery.bicep' = {
  name: 'delivery-${token}'
  scope: resourceGroup(empty(existingTopicId) ? resourceGroupName : split(existingTopicId, '/')[4])
  params: {
    topicName: empty(existingTopicId) ? topic!.outputs.name : last(split(existingTopicId, '/'))
    name: eventSubscriptionName
    functionId: functionId
    eventsIdentityId: eventsIdentityId
    deadLetterStorageId: deadLetterStorageId
  }
}

module alerts 'delivery-alerts.bicep' = {
  name: 'delivery-alerts-${token}'
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
