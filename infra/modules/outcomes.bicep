metadata description = 'The topic of outcome events. The app sends to it by its identity; keys are disabled.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param name string

@description('Principal that may send.')
param principalId string

@description('Whether the topic is reached through private endpoints only.')
param private bool

@description('Whether to assign the role that lets the app send.')
param assignRoles bool

var dataSender = 'd5a91429-5739-47e2-a06b-3470a27159e7' // EventGrid Data Sender

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
  }
}

resource appSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(topic.id, principalId, dataSender)
  scope: topic
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
  }
}

output id string = topic.id
output endpoint string = topic.properties.endpoint
