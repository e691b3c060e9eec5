# Phase 2, which needs the deployed code: nothing here is created before var.subscribe is true.

locals {
  existing_topics = { for id in var.system_topic_ids : split("/", lower(id))[2] => id }
  subscribed      = var.subscribe ? local.monitored : toset([])
  new_topics      = setsubtract(local.subscribed, keys(local.existing_topics))
  delivery_rules  = { for rule in jsondecode(file("${path.module}/../alerts/deliveries.json")) : rule.metric => rule }
  action_groups   = [for id in local.action_group_ids : { actionGroupId = id }]
}

resource "azapi_resource" "events_group" {
  for_each = { for id in local.subscribed : id => local.groups[id] if local.groups[id] != local.home_group }

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

  # A user-assigned identity does not pass a storage firewall; a system-assigned one does, as a trusted service.
  identity {
    type         = var.private_networking ? "SystemAssigned" : "UserAssigned"
    identity_ids = var.private_networking ? [] : [azapi_resource.identity["events"].id]
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
      workspaceId                 = local.workspace_id
      logAnalyticsDestinationType = "Dedicated"
      logs                        = [{ category = "DeliveryFailures", enabled = true }]
    }
  }
}

data "azapi_resource" "existing_topic" {
  for_each = { for id, topic in local.existing_topics : id => topic if var.private_networking && contains(local.subscribed, id) }

  type                   = "Microsoft.EventGrid/systemTopics@2025-02-15"
  resource_id            = each.value
  response_export_values = ["identity.principalId"]
}

resource "azapi_resource" "topic_writes_dead_letters" {
  for_each = var.private_networking && var.role_assignments != "none" ? local.subscribed : toset([])

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  name      = uuidv5("url", "${local.token}/own/deadletters/${local.topic_principals[each.key]}")
  parent_id = azapi_resource.container["deadletters"].id
  retry     = { error_message_regex = local.replication_errors }

  body = {
    properties = {
      principalId      = local.topic_principals[each.key]
      principalType    = "ServicePrincipal"
      roleDefinitionId = "${local.home}/providers/Microsoft.Authorization/roleDefinitions/${local.own_roles.deadletters.role}"
    }
  }
}

locals {
  topic_principals = merge(
    { for id, topic in azapi_resource.system_topic : id => one(topic.identity[*].principal_id) },
    { for id, topic in data.azapi_resource.existing_topic : id => topic.output.identity.principalId },
  )
}

resource "azapi_resource" "delivery" {
  for_each   = local.subscribed
  depends_on = [azapi_resource.own_role_assignment, azapi_resource.topic_writes_dead_letters]

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
        identity = {
          type                 = var.private_networking ? "SystemAssigned" : "UserAssigned"
          userAssignedIdentity = var.private_networking ? null : azapi_resource.identity["events"].id
        }
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

# From the metrics of Event Grid: what never reaches the function is not in its log.
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
          # Single attempts fail in normal operation. Dead-lettered and dropped events do not occur in normal operation.
          threshold = each.value[1] == "DeliveryAttemptFailCount" ? var.failed_delivery_threshold : 0
        }]
      }
      actions = local.action_groups
    }
  }
}
