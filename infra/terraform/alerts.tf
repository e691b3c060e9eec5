resource "azapi_resource" "people" {
  count = var.alert_email == "" ? 0 : 1

  type      = "Microsoft.Insights/actionGroups@2023-01-01"
  name      = "ag-${local.token}"
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
  rules = { for rule in jsondecode(file("${path.module}/../alerts/rules.json")) : rule.name => rule }
}

resource "azapi_resource" "alert" {
  for_each = local.rules

  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  name      = "clickhouse-privatelink-${each.key}-${local.token}"
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    kind = "LogAlert"
    properties = {
      displayName            = "ClickHouse Private Link: ${each.value.title}"
      description            = each.value.description
      severity               = each.value.severity
      enabled                = true
      scopes                 = [azapi_resource.workspace.id]
      evaluationFrequency    = "PT15M"
      windowSize             = each.value.window
      overrideQueryTimeRange = each.value.lookback
      autoMitigate           = true
      # The tables are there only once the app has logged something.
      skipQueryValidation = true
      criteria = {
        allOf = [{
          query           = file("${path.module}/../alerts/${each.key}.kql")
          timeAggregation = "Count"
          operator        = "GreaterThan"
          threshold       = 0
          failingPeriods  = { numberOfEvaluationPeriods = 1, minFailingPeriodsToAlert = 1 }
        }]
      }
      actions = { actionGroups = azapi_resource.people[*].id }
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
      sourceId    = azapi_resource.workspace.id
      version     = "Notebook/1.0"
      serializedData = replace(
        replace(file("${path.module}/../workbook.json"), "__WORKSPACE_ID__", azapi_resource.workspace.id),
        "__STATUS_URL__", "https://${azapi_resource.app.output.properties.defaultHostName}/api/status"
      )
    }
  }
}
