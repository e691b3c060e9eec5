metadata description = 'The key vault with the API secret. The app can read that secret and nothing else.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param name string

@description('Principal that may read the secret.')
param principalId string

@secure()
@description('The secret. Empty: the vault keeps its current secret.')
param apiSecret string

@description('Whether nobody, not even an owner, can delete the vault before its retention period ends. Azure never lets this be undone.')
param purgeProtection bool

@description('Whether the vault is reached through private endpoints only.')
param private bool

@description('Whether to assign the role that lets the app read the secret.')
param assignRoles bool

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var secretName = 'clickhouse-cloud-api-secret'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    enablePurgeProtection: purgeProtection ? true : null // Azure refuses false.
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    // Azure Resource Manager passes as a trusted service when it writes the secret.
    networkAcls: { defaultAction: private ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(apiSecret)) {
  parent: vault
  name: secretName
  properties: {
    value: apiSecret
    contentType: 'Secret of a ClickHouse Cloud API key'
  }
}

resource held 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = {
  parent: vault
  name: secretName
}

resource appReadsSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(vault.id, secretName, principalId, secretsUser)
  scope: held
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
  dependsOn: [secret]
}

output id string = vault.id
output secretId string = held.id

// Without a version: Azure reads a new version within 24 hours, or when the references are refreshed.
output secretReference string = '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${secretName}/)'
