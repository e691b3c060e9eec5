metadata description = 'Log Analytics and Application Insights, which accepts telemetry from identities only.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param workspaceName string
param insightsName string

@description('ARM id of a Log Analytics workspace that exists. Given: no workspace is created.')
param existingWorkspaceId string

@description('Principal that sends telemetry.')
param principalId string

@description('Days for which logs are kept.')
param retentionDays int

@description('Gigabytes of logs a day, after which Log Analytics stops to accept more until the next day. -1: no limit.')
param dailyQuotaGB int

@description('Whether to assign the role that lets the app send telemetry.')
param assignRoles bool

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher
var existingScope = split(empty(existingWorkspaceId) ? resourceGroup().id : existingWorkspaceId, '/')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGB }
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource existing 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = if (!empty(existingWorkspaceId)) {
  name: last(split(existingWorkspaceId, '/'))
  scope: resourceGroup(existingScope[2], existingScope[4])
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId
    DisableLocalAuth: true
  }
}

resource appSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(insights.id, principalId, metricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

output workspaceId string = empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId
output workspaceLocation string = empty(existingWorkspaceId) ? location : existing!.location
output insightsId string = insights.id
output connectionString string = insights.properties.ConnectionString
