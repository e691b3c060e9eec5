metadata description = 'Phase 2: delivers the events of every monitored subscription to the deployed function.'

import { Tags } from 'modules/types.bicep'

targetScope = 'subscription'

@maxLength(40)
@description('Name of the deployment, as for main.bicep.')
param environmentName string

@description('Region, as for main.bicep.')
param location string

@description('ARM id of the function app. Output FUNCTION_APP_ID of main.bicep.')
param functionAppId string

@description('ARM ids of subscriptions and resource groups, comma-separated. Each of these subscriptions is monitored. Output MONITORED_SCOPES of main.bicep.')
param monitoredScopes string

@description('ARM id of the identity with which Event Grid writes dead letters. Output EVENTS_IDENTITY_ID of main.bicep. Empty (private networking): the system-assigned identities of the topics.')
param eventsIdentityId string

@description('ARM id of the storage account with the container deadletters. Output DEAD_LETTER_STORAGE_ID of main.bicep.')
param deadLetterStorageId string

@description('ARM id of the Log Analytics workspace for the log of failed deliveries. Output WORKSPACE_ID of main.bicep.')
param workspaceId string

@description('ARM id of the action group for alerts on deliveries. Output ALERT_ACTION_GROUP_ID of main.bicep. Empty: alerts only show in the portal.')
param actionGroupId string = ''

@minValue(0)
@description('Number of failed delivery attempts within an hour, for one error, above which an alert fires. Some are normal: an event that cannot be processed yet fails, and Event Grid retries it.')
param failedDeliveryThreshold int = 5

@description('ARM ids of system topics that exist for monitored subscriptions, comma-separated. Azure allows one for each subscription. Each must have the identity eventsIdentityId or, if that is empty, a system-assigned identity. The other subscriptions get a new one.')
param systemTopicIds string = ''

@description('Name of the resource group of the function app. Output AZURE_RESOURCE_GROUP of main.bicep. Empty: rg-<environmentName>.')
param resourceGroupName string = ''

@description('Name of the resource groups for system topics and alerts in other subscriptions. Empty: rg-<environmentName>-events.')
param eventsResourceGroupName string = ''

@description('Tags of every resource. Output DEPLOYMENT_TAGS of main.bicep.')
param resourceTags Tags = {}

@allowed(['all', 'own', 'none'])
@description('As for main.bicep. none: no role assignment is created, not even that of a system-assigned identity on the dead letters.')
param roleAssignments string = 'all'

func listOf(text string) string[] => filter(map(split(toLower(text), ','), item => trim(item)), item => !empty(item))

var token = toLower(uniqueString(subscription().id, environmentName, location))
var home = toLower(subscription().subscriptionId)
var topics = listOf(systemTopicIds)
var monitored = union(map(listOf(monitoredScopes), scope => split(scope, '/')[2]), [])
var homeGroup = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
var otherGroup = empty(eventsResourceGroupName) ? 'rg-${environmentName}-events' : eventsResourceGroupName

module subscriptions 'modules/monitored.bicep' = [
  for id in monitored: {
    scope: subscription(id)
    params: {
      resourceGroupName: id == home ? homeGroup : otherGroup
      createResourceGroup: id != home
      location: location
      tags: union(resourceTags, { 'azd-env-name': environmentName })
      token: token
      existingTopicId: first(filter(topics, topic => split(topic, '/')[2] == id)) ?? ''
      functionId: '${functionAppId}/functions/endpoint_changed'
      eventsIdentityId: eventsIdentityId
      deadLetterStorageId: deadLetterStorageId
      workspaceId: workspaceId
      actionGroupId: actionGroupId
      failedDeliveryThreshold: failedDeliveryThreshold
      assignRoles: roleAssignments != 'none'
    }
  }
]

output EVENT_SUBSCRIPTION_IDS string[] = [
  for (id, index) in monitored: subscriptions[index].outputs.eventSubscriptionId
]
