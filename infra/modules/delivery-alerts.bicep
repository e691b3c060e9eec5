metadata description = 'Alerts on deliveries that fail, from Event Grid\'s side: what never reaches the function leaves no trace in its log.'

param token string
param tags object

@description('ARM id of the system topic. Metric alerts cannot watch an event subscription itself.')
param topicId string

@description('The event subscription of that topic that is watched; a topic can have those of others.')
param eventSubscriptionName string

@description('Failed attempts within an hour, for one error, that raise no alert.')
param failedDeliveryThreshold int

param actionGroupId string

var rules = loadJsonContent('../alerts/deliveries.json')

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in rules: {
    name: 'clickhouse-privatelink-${rule.metric}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [topicId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.metric
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: rule.metric
            dimensions: [
              { name: 'EventSubscriptionName', operator: 'Include', values: [eventSubscriptionName] }
              { name: rule.splitBy, operator: 'Include', values: ['*'] }
            ]
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            // Single attempts fail in ordinary operation; a dead or dropped event never is ordinary.
            threshold: rule.metric == 'DeliveryAttemptFailCount' ? failedDeliveryThreshold : 0
          }
        ]
      }
      actions: empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]
    }
  }
]
