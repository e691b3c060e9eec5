metadata description = 'The action group, and alerts on the log of the app. Alerts on deliveries are in delivery-alerts.bicep.'

import { Tags } from 'types.bicep'

@description('Region of the workspace: Azure requires that of its log alerts to be the same.')
param location string
param tags Tags
param token string

@description('Name of the action group.')
param actionGroupName string

@description('Email address that receives the alerts. Empty: there is no action group.')
param email string

@description('ARM id of an action group that exists. Given: no action group is created.')
param existingActionGroupId string

@description('Log Analytics workspace with the log of the app.')
param workspaceId string

@description('Application Insights component of the app. Queries read its rows only: other applications can share the workspace.')
param insightsId string

var rules = loadJsonContent('../alerts/rules.json')
var queries = {
  'failed-passes': loadTextContent('../alerts/failed-passes.kql')
  'drift-not-repaired': loadTextContent('../alerts/drift-not-repaired.kql')
  'audit-overdue': loadTextContent('../alerts/audit-overdue.kql')
  throttling: loadTextContent('../alerts/throttling.kql')
}
var creates = empty(existingActionGroupId) && !empty(email)
var groupId = creates ? people.id : existingActionGroupId

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (creates) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'ch-plink'
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'clickhouse-privatelink-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'ClickHouse Private Link: ${rule.title}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      windowSize: rule.window
      overrideQueryTimeRange: rule.lookback == rule.window ? null : rule.lookback
      autoMitigate: true
      // The tables exist only after the app has written its first log.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: replace(queries[rule.name], '__INSIGHTS_ID__', insightsId)
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(groupId) ? [] : [groupId] }
    }
  }
]

output actionGroupId string = groupId
