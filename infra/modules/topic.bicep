metadata description = 'The system topic of a subscription: what failed is logged, and a dead or dropped event raises an alert.'

param name string
param tags object
param eventsIdentityId string
param workspaceId string
param actionGroupId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: 'global'
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${eventsIdentityId}': {} } }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

resource failures 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'delivery-failures'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}

resource deadLettered 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in ['DeadLetteredCount', 'DroppedEventCount']: {
    name: 'clickhouse-privatelink-${metric}-${name}'
    location: 'global'
    tags: tags
    properties: {
      description: metric == 'DeadLetteredCount'
        ? 'Events could not be delivered for 24 hours and lie in the container deadletters. The next audit looks at their endpoints all the same; find out why the function failed.'
        : 'Events were dropped: they could neither be delivered nor dead-lettered. Check the rights of the identity that dead-letters.'
      severity: metric == 'DeadLetteredCount' ? 1 : 0
      enabled: true
      scopes: [topic.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: metric
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]
    }
  }
]

output name string = topic.name
