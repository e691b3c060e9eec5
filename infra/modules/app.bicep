metadata description = 'The function app on Flex Consumption. It knows no key: storage, vault and telemetry are reached by its identity.'

param location string
param tags object
param token string

param identityId string
param identityClientId string

@description('URL of the blob container that deployment packages are put into.')
param packageContainerUrl string

@description('The host\'s storage account: its name, and its blob endpoint.')
param hostAccountName string
param hostBlobUrl string

@description('Application Insights connection string. It is no credential: local authentication is off there.')
param connectionString string

@description('The app\'s own settings by name. Those with an empty value are left out.')
param settings object

@description('Client id of an Entra ID app registration. Empty: no built-in authentication.')
param entraClientId string

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [{ name: 'function:endpoint_changed', instanceCount: alwaysReadyInstances }]
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(toObject(filter(items(settings), one => !empty(one.value)), one => one.key, one => one.value), {
      // The endpoint alone is not enough: the host then at times fails to build its blob client.
      // https://github.com/Azure/azure-functions-host/issues/11787
      AzureWebJobsStorage__accountName: hostAccountName
      AzureWebJobsStorage__blobServiceUri: hostBlobUrl
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      AZURE_CLIENT_ID: identityClientId
    })
  }

  // Azure refuses some of these at random when they are written to one site at the same time: one after the other.
  resource noFtpPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
    dependsOn: [appSettings]
  }

  resource noDeploymentPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
    dependsOn: [noFtpPasswords]
  }

  resource authentication 'config' = if (!empty(entraClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        // Event Grid calls this path, in either spelling, with a key of the host and no token.
        excludedPaths: ['/runtime/webhooks/eventgrid', '/runtime/webhooks/EventGrid']
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: entraClientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [entraClientId, 'api://${entraClientId}'] }
        }
      }
      login: { tokenStore: { enabled: false } }
      httpSettings: { requireHttps: true }
    }
    dependsOn: [noDeploymentPasswords]
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
