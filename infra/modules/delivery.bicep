metadata description = 'Which events reach the function, how often they are tried, and where they go when they cannot be delivered.'

param topicName string
param name string
param functionId string
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
        // A batch is one request that has to be answered within 30 s, and all of it comes again if one event
        // fails. The host hands it out as one invocation for each event, and these share passes: so a full
        // batch costs few calls to ClickHouse Cloud, and events that come alone wait for no others.
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
      // All must hold; letter case does not matter in either. The lists are those of shared/domain/model/event_filter.py.
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
      identity: { type: 'UserAssigned', userAssignedIdentity: eventsIdentityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: deadLetterStorageId, blobContainerName: 'deadletters' }
      }
    }
  }
}

output id string = delivery.id
output topicId string = topic.id
