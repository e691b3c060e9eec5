metadata description = 'Two storage accounts without shared keys: one of the Functions host, where the app owns all blobs, and one for reports and dead letters.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param hostName string
param dataName string

@description('Principal of the app. It gets all blobs of the host account, and the reports.')
param appPrincipalId string

@description('Principal with which Event Grid writes dead letters.')
param eventsPrincipalId string

@description('Days after which a report or dead letter is deleted.')
param retentionDays int

@description('Whether the accounts are reached through private endpoints only.')
param private bool

@description('Whether to assign the roles on the accounts.')
param assignRoles bool

var dataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var dataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var softDelete = { enabled: true, days: 7 }
var properties = {
  allowSharedKeyAccess: false
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  encryption: {
    keySource: 'Microsoft.Storage'
    requireInfrastructureEncryption: true
    services: { blob: { enabled: true, keyType: 'Account' } }
  }
  publicNetworkAccess: private ? 'Disabled' : 'Enabled'
  // Event Grid passes as a trusted service, with the system-assigned identity of its topic.
  networkAcls: { defaultAction: private ? 'Deny' : 'Allow', bypass: 'AzureServices' }
}

resource host 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: hostName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: properties

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: softDelete, containerDeleteRetentionPolicy: softDelete }

    resource packages 'containers' = {
      name: 'packages'
    }
  }
}

resource data 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: dataName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: properties

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: softDelete, containerDeleteRetentionPolicy: softDelete }

    resource reports 'containers' = {
      name: 'reports'
    }

    resource deadLetters 'containers' = {
      name: 'deadletters'
    }
  }

  resource cleaning 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'delete-old-reports-and-dead-letters'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: { blobTypes: ['blockBlob', 'appendBlob'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: retentionDays } } }
            }
          }
        ]
      }
    }
  }
}

resource appOwnsHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(host.id, appPrincipalId, dataOwner)
  scope: host
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataOwner)
  }
}

resource appWritesReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(data::blobs::reports.id, appPrincipalId, dataContributor)
  scope: data::blobs::reports
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

resource eventGridWritesDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(data::blobs::deadLetters.id, eventsPrincipalId, dataContributor)
  scope: data::blobs::deadLetters
  properties: {
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

output hostAccountId string = host.id
output hostAccountName string = host.name
output hostBlobUrl string = host.properties.primaryEndpoints.blob
output packageContainerUrl string = '${host.properties.primaryEndpoints.blob}${host::blobs::packages.name}'
output dataAccountId string = data.id
output reportContainerId string = data::blobs::reports.id
output deadLetterContainerId string = data::blobs::deadLetters.id
output reportContainerUrl string = '${data.properties.primaryEndpoints.blob}${data::blobs::reports.name}'
