# What needs the deployed code: nothing here is made until var.subscribe is true.

locals {
  existing_topics = { for id in var.system_topic_ids : split("/", lower(id))[2] => id }
  new_topics      = var.subscribe ? setsubtract(local.monitored, keys(local.existing_topics)) : toset([])
  action_groups   = [for group in azapi_resource.people : { actionGroupId = group.id }]
}

resource "azapi_resource" "events_group" {
  for_each = { for id in local.new_topics : id => local.groups[id] if local.groups[id] != azapi_resource.group.name }

  type      = "Microsoft.Resources/resourceGroups@2025-04-01"
  name      = each.value
  parent_id = "/subscriptions/${each.key}"
  location  = var.location
  tags      = var.tags
}

resource "azapi_resource" "system_topic" {
  for_each   = local.new_topics
  depends_on = [azapi_resource.events_group]

  type      = "Microsoft.EventGrid/systemTopics@2025-02-15"
  name      = "evst-subscription-${local.token}"
  parent_id = "/subscriptions/${each.key}/resourceGroups/${local.groups[each.key]}"
  location  = "global"
  tags      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azapi_resource.identity["events"].id]
  }

  body = {
    properties = {
      source    = "/subscriptions/${each.key}"
      topicType = "Microsoft.Resources.Subscriptions"
    }
  }
}

resource "azapi_resource" "failures" {
  for_each = azapi_resource.system_topic

  type      = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
  name      = "delivery-failures"
  parent_id = each.value.id

  body = {
    properties = {
      workspaceId                 = azapi_resource.workspace.id
      logAnalyticsDestinationType = "Dedicated"
      logs                        = [{ category = "DeliveryFailures", enabled = true }]
    }
  }
}

resource "azapi_resource" "dead_lettered" {
  for_each = { for pair in setproduct(local.new_topics, ["DeadLetteredCount", "DroppedEventCount"]) :
  "${pair[0]}/${pair[1]}" => { subscription = pair[0], metric = pair[1] } }

  type      = "Microsoft.Insights/metricAlerts@2018-03-01"
  name      = "clickhouse-privatelink-${each.value.metric}-${local.token}"
  parent_id = "/subscriptions/${each.value.subscription}/resourceGroups/${local.groups[each.value.subscription]}"
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      description         = each.value.metric == "DeadLetteredCount" ? "Events could not be delivered for 24 hours and lie in the container deadletters. The next audit looks at their endpoints all the same; find out why the function failed." : "Events were dropped: they could neither be delivered nor dead-lettered. Check the rights of the identity that dead-letters."
      severity            = each.value.metric == "DeadLetteredCount" ? 1 : 0
      enabled             = true
      scopes              = [azapi_resource.system_topic[each.value.subscription].id]
      evaluationFrequency = "PT5M"
      windowSize          = "PT15M"
      autoMitigate        = true
      criteria = {
        "odata.type" = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
        allOf = [{
          criterionType   = "StaticThresholdCriterion"
          name            = each.value.metric
          metricNamespace = "Microsoft.EventGrid/systemTopics"
          metricName      = each.value.metric
          timeAggregation = "Total"
          operator        = "GreaterThan"
          threshold       = 0
        }]
      }
      actions = local.action_groups
    }
  }
}

resource "azapi_resource" "delivery" {
  for_each   = var.subscribe ? local.monitored : toset([])
  depends_on = [azapi_resource.own_role_assignment]

  type      = "Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15"
  name      = "clickhouse-privatelink-${local.token}"
  parent_id = try(local.existing_topics[each.key], azapi_resource.system_topic[each.key].id)

  body = {
    properties = {
      eventDeliverySchema = "EventGridSchema"
      destination = {
        endpointType = "AzureFunction"
        properties = {
          resourceId                    = "${azapi_resource.app.id}/functions/endpoint_changed"
          maxEventsPerBatch             = 50
          preferredBatchSizeInKilobytes = 256
        }
      }
      filter = {
        includedEventTypes = [
          "Microsoft.Resources.ResourceWriteSuccess",
          "Microsoft.Resources.ResourceDeleteSuccess",
        ]
        isSubjectCaseSensitive = false
        advancedFilters = [
          {
            operatorType = "StringIn"
            key          = "data.operationName"
            values = [
              "Microsoft.Network/privateEndpoints/write",
              "Microsoft.Network/privateEndpoints/delete",
              "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write",
              "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete",
              "Microsoft.Resources/tags/write",
              "Microsoft.Resources/tags/delete",
            ]
          },
          {
            operatorType = "StringContains"
            key          = "subject"
            values       = ["/providers/Microsoft.Network/privateEndpoints/"]
          },
        ]
      }
      retryPolicy = {
        maxDeliveryAttempts      = 30
        eventTimeToLiveInMinutes = 1440
      }
      deadLetterWithResourceIdentity = {
        identity = { type = "UserAssigned", userAssignedIdentity = azapi_resource.identity["events"].id }
        deadLetterDestination = {
          endpointType = "StorageBlob"
          properties = {
            resourceId        = azapi_resource.storage["data"].id
            blobContainerName = azapi_resource.container["deadletters"].name
          }
        }
      }
    }
  }
}
