metadata description = 'Who is told, and of what the log says. What Event Grid says is in topic.bicep.'

param location string
param tags object
param token string

@description('Address that alerts are sent to. Empty: they only show in the portal.')
param email string

@description('Log Analytics workspace of the app\'s log.')
param workspaceId string

var rules = loadJsonContent('../alerts/rules.json')
var queries = {
  'failed-passes': loadTextContent('../alerts/failed-passes.kql')
  'drift-not-repaired': loadTextContent('../alerts/drift-not-repaired.kql')
  'audit-overdue': loadTextContent('../alerts/audit-overdue.kql')
  throttling: loadTextContent('../alerts/throttling.kql')
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
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
      overrideQueryTimeRange: rule.lookback
      autoMitigate: true
      // The tables are there only once the app has logged something.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: queries[rule.name]
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

output actionGroupId string = empty(email) ? '' : people.id
