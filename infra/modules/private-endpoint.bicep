metadata description = 'A private endpoint of a resource of the deployment, and its record in a private DNS zone.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param name string
param subnetId string

@description('ARM id of the resource behind the private endpoint.')
param targetId string

@description('Kind of the target: blob, vault or topic.')
param groupId string

@description('Whether to create the record. If not, a policy of your organization creates it.')
param createRecord bool

@description('ARM id of the private DNS zone of the record.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: groupId, properties: { privateLinkServiceId: targetId, groupIds: [groupId] } }
    ]
  }

  resource record 'privateDnsZoneGroups' = if (createRecord) {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: groupId, properties: { privateDnsZoneId: zoneId } }] }
  }
}
