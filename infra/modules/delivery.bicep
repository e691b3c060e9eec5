metadata description = 'The event subscription: which events Event Grid delivers to the function, its retries, and its dead letters.'

param topicName string
param name string
param functionId string

@description('User-assigned identity for dead letters. Empty: the system-assigned identity of the topic, which passes a storage firewall.')
param eventsIdentityId string

param deadLetterStorageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource delivery 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: functionId
        // Event Grid sends a batch as one request, expects the response within 30 s, and resends the whole batch if
        // one event fails. The host runs one invocation for each event, and concurrent invocations share
        // reconciliations: a full batch needs few calls to ClickHouse Cloud, and a single event is not delayed.
        maxEventsPerBatch: 50
        preferredBatchSizeInKilobytes: 256
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceDeleteSuccess'
      ]
      isSubjectCaseSensitive: false
      // All filters must match, in any letter case. The lists are those of shared/domain/model/event_filter.py.
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: [
            'Microsoft.Network/privateEndpoints/write'
            'Microsoft.Network/privateEndpoints/delete'
            'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write'
            'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete'
            'Microsoft.Resources/tags/write'
            'Microsoft.Resources/tags/delete'
          ]
        }
        {
          operatorType: 'StringContains'
          key: 'subject'
          values: ['/providers/Microsoft.Network/privateEndpoints/']
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: empty(eventsIdentityId)
        ? { type: 'SystemAssigned' }
        : { type: 'UserAssigned', userAssignedIdentity: eventsIdentityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: deadLetterStorageId, blobContainerName: 'deadletters' }
      }
    }
  }
}

output id string = delivery.id
output topicId string = topic.id
