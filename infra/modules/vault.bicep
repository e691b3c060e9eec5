metadata description = 'The key vault of the API secret. The app may read that one secret and nothing else.'

param location string
param tags object
param token string

@description('Principal that may read the secret.')
param principalId string

@secure()
@description('The secret. Empty: it is left as it is.')
param apiSecret string

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var secretName = 'clickhouse-cloud-api-secret'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(apiSecret)) {
  parent: vault
  name: secretName
  properties: {
    value: apiSecret
    contentType: 'secret of a ClickHouse Cloud API key'
  }
}

resource held 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = {
  parent: vault
  name: secretName
}

resource appReadsSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, secretName, principalId, secretsUser)
  scope: held
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
  dependsOn: [secret]
}

// Without a version, so that a rotated secret is taken up within a day, or at once by a restart.
output secretReference string = '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${secretName}/)'
