metadata description = 'Two identities: one for the app, one for Event Grid to write dead letters. They share no right.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param eventsName string

@description('Name of the identity of the app. Not used if existingId is given.')
param appName string

@description('ARM id of a user-assigned identity that exists. Given: the app uses it, and none is created for the app.')
param existingId string

var existingScope = split(empty(existingId) ? resourceGroup().id : existingId, '/')

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (empty(existingId)) {
  name: appName
  location: location
  tags: tags
}

resource existing 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = if (!empty(existingId)) {
  name: last(split(existingId, '/'))
  scope: resourceGroup(existingScope[2], existingScope[4])
}

resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: eventsName
  location: location
  tags: tags
}

output appId string = empty(existingId) ? app.id : existingId
output appClientId string = empty(existingId) ? app!.properties.clientId : existing!.properties.clientId
output appPrincipalId string = empty(existingId) ? app!.properties.principalId : existing!.properties.principalId
output eventsId string = events.id
output eventsPrincipalId string = events.properties.principalId
