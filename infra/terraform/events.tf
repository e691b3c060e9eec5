# What needs the deployed code: nothing here is made until var.subscribe is true.

locals {
  existing_topics = { for id in var.system_topic_ids : split("/", lower(id))[2] => id }
  subscribed      = var.subscribe ? local.monitored : toset([])
  new_topics      = setsubtract(local.subscribed, keys(local.existing_topics))
  delivery_rules  = { for rule in jsondecode(file("${path.module}/../alerts/deliveries.json")) : rule.metric => rule }
  action_groups   = [for group in azapi_resource.people : { actionGroupId = group.id }]
}

resource "azapi_resource" "events_group" {
  for_each = { for id in local.subscribed : id => local.groups[id] if local.groups[id] != azapi_resource.group.name }

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

resource "azapi_resource" "delivery" {
  for_each   = local.subscribed
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

# From Event Grid's side: what never reaches the function leaves no trace in its log.
resource "azapi_resource" "delivery_alert" {
  for_each   = { for pair in setproduct(local.subscribed, keys(local.delivery_rules)) : join("/", pair) => pair }
  depends_on = [azapi_resource.events_group]

  type      = "Microsoft.Insights/metricAlerts@2018-03-01"
  name      = "clickhouse-privatelink-${each.value[1]}-${local.token}"
  parent_id = "/subscriptions/${each.value[0]}/resourceGroups/${local.groups[each.value[0]]}"
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      description         = local.delivery_rules[each.value[1]].description
      severity            = local.delivery_rules[each.value[1]].severity
      enabled             = true
      scopes              = [azapi_resource.delivery[each.value[0]].parent_id]
      evaluationFrequency = "PT5M"
      windowSize          = local.delivery_rules[each.value[1]].window
      autoMitigate        = true
      criteria = {
        "odata.type" = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
        allOf = [{
          criterionType   = "StaticThresholdCriterion"
          name            = each.value[1]
          metricNamespace = "Microsoft.EventGrid/systemTopics"
          metricName      = each.value[1]
          dimensions = [
            {
              name     = "EventSubscriptionName"
              operator = "Include"
              values   = [azapi_resource.delivery[each.value[0]].name]
            },
            { name = local.delivery_rules[each.value[1]].splitBy, operator = "Include", values = ["*"] },
          ]
          timeAggregation = "Total"
          operator        = "GreaterThan"
          # Single attempts fail in ordinary operation; a dead or dropped event never is ordinary.
          threshold = each.value[1] == "DeliveryAttemptFailCount" ? var.failed_delivery_threshold : 0
        }]
      }
      actions = local.action_groups
    }
  }
}
