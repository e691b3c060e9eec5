resource "azapi_resource" "vault" {
  type                   = "Microsoft.KeyVault/vaults@2024-11-01"
  name                   = "kv-${local.token}"
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
    }
  }
}

# Through Azure Resource Manager, so that whoever applies this needs no right to read secrets.
resource "azapi_resource" "secret" {
  type      = "Microsoft.KeyVault/vaults/secrets@2024-11-01"
  name      = "clickhouse-cloud-api-secret"
  parent_id = azapi_resource.vault.id

  body = {
    properties = { contentType = "secret of a ClickHouse Cloud API key" }
  }

  sensitive_body         = { properties = { value = var.clickhouse_api_secret } }
  sensitive_body_version = { "properties.value" = var.clickhouse_api_secret_version }
}

resource "azapi_resource" "workspace" {
  type      = "Microsoft.OperationalInsights/workspaces@2025-02-01"
  name      = "log-${local.token}"
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      sku             = { name = "PerGB2018" }
      retentionInDays = var.log_retention_days
      features        = { disableLocalAuth = true, enableLogAccessUsingOnlyResourcePermissions = true }
    }
  }
}

resource "azapi_resource" "insights" {
  type                   = "Microsoft.Insights/components@2020-02-02"
  name                   = "appi-${local.token}"
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.ConnectionString"]

  body = {
    kind = "web"
    properties = {
      Application_Type    = "web"
      WorkspaceResourceId = azapi_resource.workspace.id
      DisableLocalAuth    = true
    }
  }
}

resource "azapi_resource" "outcomes" {
  count = var.outcome_topic ? 1 : 0

  type                   = "Microsoft.EventGrid/topics@2025-02-15"
  name                   = "evgt-outcomes-${local.token}"
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.endpoint"]

  body = {
    properties = {
      inputSchema              = "CloudEventSchemaV1_0"
      disableLocalAuth         = true
      minimumTlsVersionAllowed = "1.2"
    }
  }
}

locals {
  secret_id = "${azapi_resource.vault.id}/secrets/clickhouse-cloud-api-secret"

  # Built-in roles on the deployment's own resources; docs/permissions.md tells what each is for.
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
  for_each   = local.own_roles
  depends_on = [azapi_resource.secret]

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  name      = uuidv5("url", "${local.token}/own/${each.key}")
  parent_id = each.value.scope

  body = {
    properties = {
      principalId      = azapi_resource.identity[each.value.who].output.properties.principalId
      principalType    = "ServicePrincipal"
      roleDefinitionId = "${local.home}/providers/Microsoft.Authorization/roleDefinitions/${each.value.role}"
    }
  }
}
