resource "azapi_resource" "vault" {
  type                   = "Microsoft.KeyVault/vaults@2024-11-01"
  name                   = local.names.key_vault
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.vaultUri"]

  body = {
    properties = {
      tenantId                  = data.azapi_client_config.home.tenant_id
      sku                       = { family = "A", name = "standard" }
      enableRbacAuthorization   = true
      enableSoftDelete          = true
      softDeleteRetentionInDays = 7
      enablePurgeProtection     = var.vault_purge_protection ? true : null # Azure refuses false.
      publicNetworkAccess       = local.public_access
      # Azure Resource Manager passes as a trusted service when it writes the secret.
      networkAcls = { defaultAction = local.default_action, bypass = "AzureServices" }
    }
  }
}

# Through Azure Resource Manager, so that an apply needs no permission to read secrets. An action, because Azure Resource
# Manager does not delete secrets: terraform destroy would fail for a resource. The secret is deleted with its vault.
resource "azapi_resource_action" "secret" {
  type        = "Microsoft.KeyVault/vaults/secrets@2024-11-01"
  resource_id = local.secret_id
  method      = "PUT"

  body = {
    properties = { contentType = "Secret of a ClickHouse Cloud API key" }
  }

  sensitive_body         = { properties = { value = var.clickhouse_api_secret } }
  sensitive_body_version = { "properties.value" = var.clickhouse_api_secret_version }
}

resource "azapi_resource" "workspace" {
  count = var.log_analytics_workspace_id == "" ? 1 : 0

  type      = "Microsoft.OperationalInsights/workspaces@2025-02-01"
  name      = local.names.log_analytics
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      sku              = { name = "PerGB2018" }
      retentionInDays  = var.log_retention_days
      workspaceCapping = { dailyQuotaGb = var.log_daily_quota_gb }
      features         = { disableLocalAuth = true, enableLogAccessUsingOnlyResourcePermissions = true }
    }
  }
}

data "azapi_resource" "workspace" {
  count = var.log_analytics_workspace_id == "" ? 0 : 1

  type                   = "Microsoft.OperationalInsights/workspaces@2025-02-01"
  resource_id            = var.log_analytics_workspace_id
  response_export_values = ["location"]
}

locals {
  workspace_id = coalesce(var.log_analytics_workspace_id, one(azapi_resource.workspace[*].id))
  # Azure requires that log alerts are in the region of the workspace.
  workspace_location = coalesce(one(data.azapi_resource.workspace[*].output.location), var.location)
}

resource "azapi_resource" "insights" {
  type                   = "Microsoft.Insights/components@2020-02-02"
  name                   = local.names.application_insights
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.ConnectionString"]

  body = {
    kind = "web"
    properties = {
      Application_Type    = "web"
      WorkspaceResourceId = local.workspace_id
      DisableLocalAuth    = true
    }
  }
}

resource "azapi_resource" "outcomes" {
  count = var.outcome_topic ? 1 : 0

  type                   = "Microsoft.EventGrid/topics@2025-02-15"
  name                   = local.names.outcome_topic
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.endpoint"]

  body = {
    properties = {
      inputSchema              = "CloudEventSchemaV1_0"
      disableLocalAuth         = true
      minimumTlsVersionAllowed = "1.2"
      publicNetworkAccess      = local.public_access
    }
  }
}

locals {
  secret_id = "${azapi_resource.vault.id}/secrets/clickhouse-cloud-api-secret"

  # Built-in roles on the resources of the deployment; docs/permissions.md lists what each is for.
  own_roles = merge(
    {
      host = {
        role  = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b" # Storage Blob Data Owner
        who   = "app"
        scope = azapi_resource.storage["host"].id
      }
      reports = {
        role  = "ba92f5b4-2d11-453d-a403-e96b0029c9fe" # Storage Blob Data Contributor
        who   = "app"
        scope = azapi_resource.container["reports"].id
      }
      deadletters = {
        role  = "ba92f5b4-2d11-453d-a403-e96b0029c9fe" # Storage Blob Data Contributor
        who   = "events"
        scope = azapi_resource.container["deadletters"].id
      }
      secret = {
        role  = "4633458b-17de-408a-b874-0445c86b69e6" # Key Vault Secrets User
        who   = "app"
        scope = local.secret_id
      }
      telemetry = {
        role  = "3913510d-42f4-4e42-8a64-420c390055eb" # Monitoring Metrics Publisher
        who   = "app"
        scope = azapi_resource.insights.id
      }
    },
    { for index, topic in azapi_resource.outcomes : "outcomes" => {
      role  = "d5a91429-5739-47e2-a06b-3470a27159e7" # EventGrid Data Sender
      who   = "app"
      scope = topic.id
    } }
  )
}

resource "azapi_resource" "own_role_assignment" {
  for_each   = { for key, one in local.own_roles : key => one if var.role_assignments != "none" }
  depends_on = [azapi_resource_action.secret]

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  name      = uuidv5("url", "${local.token}/own/${each.key}/${local.principals[each.value.who]}")
  parent_id = each.value.scope
  retry     = { error_message_regex = local.replication_errors }

  body = {
    properties = {
      principalId      = local.principals[each.value.who]
      principalType    = "ServicePrincipal"
      roleDefinitionId = "${local.home}/providers/Microsoft.Authorization/roleDefinitions/${each.value.role}"
    }
  }
}
