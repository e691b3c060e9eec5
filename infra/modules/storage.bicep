metadata description = 'Two accounts, both without shared keys: the host\'s own, where the app must own all blobs, and that of reports and dead letters.'

param location string
param tags object
param token string

@description('Principal of the app: all blobs of the host account, and the reports.')
param appPrincipalId string

@description('Principal that Event Grid dead-letters as: the dead letters only.')
param eventsPrincipalId string

@description('Days after which a report or dead letter is deleted.')
param retentionDays int

var dataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var dataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var properties = {
  allowSharedKeyAccess: false
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
}

resource host 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'sthost${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: properties

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
    }
  }
}

resource data 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'stdata${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: properties

  resource blobs 'blobServices' = {
    name: 'default'

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
            name: 'forget-old-reports-and-dead-letters'
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

resource appOwnsHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host.id, appPrincipalId, dataOwner)
  scope: host
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataOwner)
  }
}

resource appWritesReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::blobs::reports.id, appPrincipalId, dataContributor)
  scope: data::blobs::reports
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

resource eventGridWritesDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::blobs::deadLetters.id, eventsPrincipalId, dataContributor)
  scope: data::blobs::deadLetters
  properties: {
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

output hostAccountName string = host.name
output hostBlobUrl string = host.properties.primaryEndpoints.blob
output packageContainerUrl string = '${host.properties.primaryEndpoints.blob}${host::blobs::packages.name}'
output dataAccountId string = data.id
output reportContainerUrl string = '${data.properties.primaryEndpoints.blob}${data::blobs::reports.name}'
