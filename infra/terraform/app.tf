locals {
  app_client_id = local.app_identity.output.properties.clientId

  app_settings = merge(
    {
      AUDIT_SCHEDULE = "0 */15 * * * *"
    },
    var.settings,
    {
      OWNER_ID                    = local.owner
      CLICKHOUSE_ORG_ID           = var.clickhouse_org_id
      CLICKHOUSE_CLOUD_API_KEY    = var.clickhouse_api_key
      CLICKHOUSE_CLOUD_API_SECRET = "@Microsoft.KeyVault(SecretUri=${azapi_resource.vault.output.properties.vaultUri}secrets/clickhouse-cloud-api-secret/)"
      ENDPOINT_SCOPES             = join(",", local.endpoints_at)
      DNS_ZONE_SCOPES             = join(",", local.zones_at)
      DNS_ZONE_CHOICE             = var.dns_zone_choice
      EVENT_POLICY                = var.event_policy
      REPORT_STORE                = "${azapi_resource.storage["data"].output.properties.primaryEndpoints.blob}${azapi_resource.container["reports"].name}"
      AZURE_RESOURCE_MANAGER_URL  = var.azure_resource_manager_url
    },
    var.dns_zone_resource_group == "" ? {} : { DNS_ZONE_RESOURCE_GROUP = var.dns_zone_resource_group },
    { for index, topic in azapi_resource.outcomes : "OUTCOME_TOPIC_ENDPOINT" => topic.output.properties.endpoint },
    {
      # The endpoint alone is not enough: the host then at times fails to build its blob client.
      # https://github.com/Azure/azure-functions-host/issues/11787
      AzureWebJobsStorage__accountName          = azapi_resource.storage["host"].name
      AzureWebJobsStorage__blobServiceUri       = azapi_resource.storage["host"].output.properties.primaryEndpoints.blob
      AzureWebJobsStorage__credential           = "managedidentity"
      AzureWebJobsStorage__clientId             = local.app_client_id
      APPLICATIONINSIGHTS_CONNECTION_STRING     = azapi_resource.insights.output.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${local.app_client_id};Authorization=AAD"
      AZURE_CLIENT_ID                           = local.app_client_id
    }
  )
}

resource "azapi_resource" "plan" {
  type      = "Microsoft.Web/serverfarms@2024-11-01"
  name      = local.names.plan
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    kind       = "functionapp"
    sku        = { name = "FC1", tier = "FlexConsumption" }
    properties = { reserved = true }
  }
}

resource "azapi_resource" "app" {
  depends_on = [azapi_resource.own_role_assignment, azapi_resource.private_endpoint_record]

  type                   = "Microsoft.Web/sites@2024-11-01"
  name                   = local.names.function_app
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.defaultHostName"]

  identity {
    type         = "UserAssigned"
    identity_ids = [local.app_identity.id]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId              = azapi_resource.plan.id
      httpsOnly                 = true
      keyVaultReferenceIdentity = local.app_identity.id
      publicNetworkAccess       = "Enabled" # Event Grid cannot deliver to a private endpoint.
      virtualNetworkSubnetId    = var.private_networking ? local.outbound_subnet_id : null
      # Flex Consumption refuses other site settings, such as ftpsState, in some regions (error 51021).
      siteConfig = merge(
        {
          minTlsVersion = "1.2"
          appSettings   = [for name, value in local.app_settings : { name = name, value = value }]
        },
        { for key, value in local.restrictions : key => value if var.private_networking || length(var.inbound_address_ranges) > 0 }
      )
      functionAppConfig = {
        deployment = {
          storage = {
            type  = "blobContainer"
            value = "${azapi_resource.storage["host"].output.properties.primaryEndpoints.blob}${azapi_resource.container["packages"].name}"
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = local.app_identity.id
            }
          }
        }
        runtime = { name = "python", version = "3.13" }
        scaleAndConcurrency = {
          instanceMemoryMB     = var.instance_memory_mb
          maximumInstanceCount = var.maximum_instance_count
          alwaysReady = [
            for name in ["function:endpoint_changed"] : { name = name, instanceCount = var.always_ready_instances }
            if var.always_ready_instances > 0
          ]
        }
      }
    }
  }
}

# Azure creates these with the site, so they are updated and never deleted. Azure at times refuses parts of one site that
# are written at the same time, so they are written one by one.
resource "azapi_update_resource" "no_ftp_passwords" {
  type      = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01"
  name      = "ftp"
  parent_id = azapi_resource.app.id
  body      = { properties = { allow = false } }
}

resource "azapi_update_resource" "no_deployment_passwords" {
  depends_on = [azapi_update_resource.no_ftp_passwords]

  type      = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01"
  name      = "scm"
  parent_id = azapi_resource.app.id
  body      = { properties = { allow = false } }
}

resource "azapi_update_resource" "authentication" {
  count      = var.entra_client_id == "" ? 0 : 1
  depends_on = [azapi_update_resource.no_deployment_passwords]

  type      = "Microsoft.Web/sites/config@2024-11-01"
  name      = "authsettingsV2"
  parent_id = azapi_resource.app.id

  body = {
    properties = {
      platform = { enabled = true }
      globalValidation = {
        requireAuthentication       = true
        unauthenticatedClientAction = "Return401"
        # Event Grid calls this path, in either spelling, with a key of the host and no token.
        excludedPaths = ["/runtime/webhooks/eventgrid", "/runtime/webhooks/EventGrid"]
      }
      identityProviders = {
        azureActiveDirectory = {
          enabled = true
          registration = {
            clientId     = var.entra_client_id
            openIdIssuer = "${var.login_url}/${data.azapi_client_config.home.tenant_id}/v2.0"
          }
          validation = {
            allowedAudiences = [var.entra_client_id, "api://${var.entra_client_id}"]
            defaultAuthorizationPolicy = {
              allowedApplications = distinct(concat([var.entra_client_id], var.entra_allowed_client_ids))
              allowedPrincipals   = length(var.entra_allowed_principal_ids) == 0 ? null : { identities = var.entra_allowed_principal_ids }
            }
          }
        }
      }
      login        = { tokenStore = { enabled = false } }
      httpSettings = { requireHttps = true }
    }
  }
}
