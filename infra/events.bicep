metadata description = 'The second phase: what brings events to the deployed function, in every monitored subscription.'

targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the deployment, as for main.bicep.')
param environmentName string

@minLength(1)
@description('Region, as for main.bicep.')
param location string

@description('ARM id of the function app. Output FUNCTION_APP_ID of main.bicep.')
param functionAppId string

@description('ARM ids of subscriptions and resource groups, separated by commas: each subscription in it is monitored. Output MONITORED_SCOPES of main.bicep.')
param monitoredScopes string

@description('ARM id of the identity that Event Grid dead-letters as. Output EVENTS_IDENTITY_ID of main.bicep.')
param eventsIdentityId string

@description('ARM id of the storage account with the container deadletters. Output DEAD_LETTER_STORAGE_ID of main.bicep.')
param deadLetterStorageId string

@description('ARM id of the Log Analytics workspace for failed deliveries. Output WORKSPACE_ID of main.bicep.')
param workspaceId string

@description('ARM id of the action group for alerts on deliveries. Output ACTION_GROUP_ID of main.bicep. Empty: the alert only shows in the portal.')
param actionGroupId string = ''

@minValue(0)
@description('Failed delivery attempts within an hour, for one error, that raise no alert. Some are normal: an event that cannot be handled yet fails and is delivered again.')
param failedDeliveryThreshold int = 5

@description('ARM ids of system topics that exist already on monitored subscriptions, separated by commas: Azure allows one for each subscription. They must have the identity eventsIdentityId. Subscriptions without one here get their own.')
param systemTopicIds string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var topics = empty(systemTopicIds) ? [] : map(split(toLower(systemTopicIds), ','), topic => trim(topic))
var monitored = union(map(split(toLower(monitoredScopes), ','), scope => split(trim(scope), '/')[2]), [])

module subscriptions 'modules/monitored.bicep' = [
  for id in monitored: {
    name: 'events-${environmentName}-${take(id, 8)}'
    scope: subscription(id)
    params: {
      resourceGroupName: id == toLower(subscription().subscriptionId)
        ? 'rg-${environmentName}'
        : 'rg-${environmentName}-events'
      makeResourceGroup: id != toLower(subscription().subscriptionId)
      location: location
      tags: { 'azd-env-name': environmentName }
      token: token
      existingTopicId: first(filter(topics, topic => split(topic, '/')[2] == id)) ?? ''
      functionId: '${functionAppId}/functions/endpoint_changed'
      eventsIdentityId: eventsIdentityId
      deadLetterStorageId: deadLetterStorageId
      workspaceId: workspaceId
      actionGroupId: actionGroupId
      failedDeliveryThreshold: failedDeliveryThreshold
    }
  }
]

output EVENT_SUBSCRIPTION_IDS array = [for (id, index) in monitored: subscriptions[index].outputs.eventSubscriptionId]
