metadata description = 'The function app on Flex Consumption. It has no keys: it reaches storage, vault and telemetry by its identity.'

import { AppSettings, Tags } from 'types.bicep'

param location string
param tags Tags

@description('Names of the plan and of the function app.')
param planName string
param name string

param identityId string
param identityClientId string

@description('URL of the blob container for deployment packages.')
param packageContainerUrl string

@description('Storage account of the Functions host: its name, and its blob endpoint.')
param hostAccountName string
param hostBlobUrl string

@description('Application Insights connection string. It is not a credential: local authentication is disabled there.')
param connectionString string

@description('Settings of the app by name.')
param settings AppSettings

@description('Client id of an Entra ID app registration. Empty: no built-in authentication.')
param entraClientId string

@description('Client ids of the applications whose tokens are accepted.')
param entraAllowedClientIds string[]

@description('Object ids of the users and service principals whose tokens are accepted. Empty: all of the tenant.')
param entraAllowedPrincipalIds string[]

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int

@description('Subnet for outbound traffic. Empty: outbound traffic does not use a virtual network.')
param outboundSubnetId string

@description('Whether only Event Grid and inboundAddressRanges may connect.')
param restrictInbound bool

@description('IPv4 or IPv6 ranges in CIDR notation.')
param inboundAddressRanges string[]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

var restrictions = [
  { name: 'event-grid', priority: 100, action: 'Allow', tag: 'ServiceTag', ipAddress: 'AzureEventGrid' }
]
var allowedRanges = map(inboundAddressRanges, (range, index) => {
  name: 'allowed-${index}'
  priority: 200 + index
  action: 'Allow'
  tag: 'Default'
  ipAddress: range
})

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled' // Event Grid cannot deliver to a private endpoint.
    virtualNetworkSubnetId: empty(outboundSubnetId) ? null : outboundSubnetId
    // Flex Consumption refuses other site settings, such as ftpsState, in some regions (error 51021).
    siteConfig: union(
      { minTlsVersion: '1.2' },
      restrictInbound
        ? {
            ipSecurityRestrictions: concat(restrictions, allowedRanges)
            ipSecurityRestrictionsDefaultAction: 'Deny'
            scmIpSecurityRestrictions: allowedRanges
            scmIpSecurityRestrictionsDefaultAction: 'Deny'
            scmIpSecurityRestrictionsUseMain: false
          }
        : {}
    )
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
    properties: union(settings, {
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

  // Azure at times refuses parts of one site that are written at the same time, so they are written one by one.
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
          validation: {
            allowedAudiences: [entraClientId, 'api://${entraClientId}']
            defaultAuthorizationPolicy: {
              allowedApplications: union([entraClientId], entraAllowedClientIds)
              allowedPrincipals: empty(entraAllowedPrincipalIds) ? null : { identities: entraAllowedPrincipalIds }
            }
          }
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
