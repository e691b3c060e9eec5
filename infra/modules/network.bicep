metadata description = 'A virtual network to try private networking with: two subnets, and the private DNS zones of the private endpoints.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param name string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.240.0.0/24'] }
    subnets: [
      {
        name: 'outbound'
        properties: {
          addressPrefix: '10.240.0.0/26'
          // Flex Consumption needs this delegation, and not that of other plans.
          delegations: [{ name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'private-endpoints'
        properties: { addressPrefix: '10.240.0.64/27' }
      }
    ]
  }
}

var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  'privatelink.eventgrid.azure.net'
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for index in range(0, length(zoneNames)): {
    parent: zones[index]
    name: name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

output outboundSubnetId string = '${network.id}/subnets/outbound'
output privateEndpointSubnetId string = '${network.id}/subnets/private-endpoints'
output zoneIds string[] = [for index in range(0, length(zoneNames)): zones[index].id]
