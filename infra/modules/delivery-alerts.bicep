metadata description = 'Alerts on failed deliveries, from the metrics of Event Grid. What never reaches the function is not in its log.'

import { Tags } from 'types.bicep'

param token string
param tags Tags

@description('ARM id of the system topic. Azure has no metrics of an event subscription alone.')
param topicId string

@description('The event subscription of this deployment. A topic can have event subscriptions of others.')
param eventSubscriptionName string

@description('Number of failed delivery attempts within an hour, for one error, above which the alert fires.')
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
            // Single attempts fail in normal operation. Dead-lettered and dropped events do not occur in normal operation.
            threshold: rule.metric == 'DeliveryAttemptFailCount' ? failedDeliveryThreshold : 0
          }
        ]
      }
      actions: empty(actionGroupId) ? [] : [{ actionGroupId: actionGroupId }]
    }
  }
]
