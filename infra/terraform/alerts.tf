resource "azapi_resource" "people" {
  count = var.alert_email == "" || var.action_group_id != "" ? 0 : 1

  type      = "Microsoft.Insights/actionGroups@2023-01-01"
  name      = local.names.action_group
  parent_id = azapi_resource.group.id
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      enabled        = true
      groupShortName = "ch-plink"
      emailReceivers = [{ name = "operators", emailAddress = var.alert_email, useCommonAlertSchema = true }]
    }
  }
}

locals {
  action_group_ids = var.action_group_id == "" ? azapi_resource.people[*].id : [var.action_group_id]

  rules = { for rule in jsondecode(file("${path.module}/../alerts/rules.json")) : rule.name => rule }
}

resource "azapi_resource" "alert" {
  for_each = local.rules

  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  name      = "clickhouse-privatelink-${each.key}-${local.token}"
  parent_id = azapi_resource.group.id
  location  = local.workspace_location
  tags      = var.tags

  body = {
    kind = "LogAlert"
    properties = {
      displayName            = "ClickHouse Private Link: ${each.value.title}"
      description            = each.value.description
      severity               = each.value.severity
      enabled                = true
      scopes                 = [local.workspace_id]
      evaluationFrequency    = "PT15M"
      windowSize             = each.value.window
      overrideQueryTimeRange = each.value.lookback == each.value.window ? null : each.value.lookback
      autoMitigate           = true
      # The tables exist only after the app has written its first log.
      skipQueryValidation = true
      criteria = {
        allOf = [{
          query           = replace(file("${path.module}/../alerts/${each.key}.kql"), "__INSIGHTS_ID__", azapi_resource.insights.id)
          timeAggregation = "Count"
          operator        = "GreaterThan"
          threshold       = 0
          failingPeriods  = { numberOfEvaluationPeriods = 1, minFailingPeriodsToAlert = 1 }
        }]
      }
      actions = { actionGroups = local.action_group_ids }
    }
  }
}

resource "azapi_resource" "workbook" {
  type      = "Microsoft.Insights/workbooks@2023-06-01"
  name      = uuidv5("url", "${local.token}/workbook")
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    kind = "shared"
    properties = {
      displayName = "ClickHouse Private Link"
      category    = "workbook"
      sourceId    = local.workspace_id
      version     = "Notebook/1.0"
      serializedData = replace(
        replace(
          replace(file("${path.module}/../workbook.json"), "__WORKSPACE_ID__", local.workspace_id),
          "__INSIGHTS_ID__", azapi_resource.insights.id
        ),
        "__STATUS_URL__", "https://${azapi_resource.app.output.properties.defaultHostName}/api/status"
      )
    }
  }
}
