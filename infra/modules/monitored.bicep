metadata description = 'One monitored subscription: its system topic, and the event subscription to the function.'

targetScope = 'subscription'

@description('Resource group in this subscription for the system topic; it is made where it is missing.')
param resourceGroupName string

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

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (empty(existingTopicId)) {
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
    actionGroupId: actionGroupId
  }
  dependsOn: [group]
}

module delivery 'delivery.bicep' = {
  name: 'delivery-${token}'
  scope: resourceGroup(empty(existingTopicId) ? resourceGroupName : split(existingTopicId, '/')[4])
  params: {
    topicName: empty(existingTopicId) ? topic!.outputs.name : last(split(existingTopicId, '/'))
    name: 'clickhouse-privatelink-${token}'
    functionId: functionId
    eventsIdentityId: eventsIdentityId
    deadLetterStorageId: deadLetterStorageId
  }
}

output eventSubscriptionId string = delivery.outputs.id
