locals {
  storage_properties = {
    allowSharedKeyAccess         = false
    allowBlobPublicAccess        = false
    allowCrossTenantReplication  = false
    defaultToOAuthAuthentication = true
    minimumTlsVersion            = "TLS1_2"
    supportsHttpsTrafficOnly     = true
    encryption = {
      keySource                       = "Microsoft.Storage"
      requireInfrastructureEncryption = true
      services                        = { blob = { enabled = true, keyType = "Account" } }
    }
    publicNetworkAccess = local.public_access
    # Event Grid passes as a trusted service, with the system-assigned identity of its topic.
    networkAcls = { defaultAction = local.default_action, bypass = "AzureServices" }
  }

  containers = {
    packages    = "host"
    reports     = "data"
    deadletters = "data"
  }
}

# Two storage accounts: one of the Functions host, where the app owns all blobs, and one for reports and dead letters.
resource "azapi_resource" "storage" {
  for_each = toset(["host", "data"])

  type                   = "Microsoft.Storage/storageAccounts@2025-06-01"
  name                   = local.names["${each.key}_storage"]
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.primaryEndpoints.blob"]

  body = {
    kind       = "StorageV2"
    sku        = { name = "Standard_LRS" }
    properties = local.storage_properties
  }
}

# Azure creates the blob service with its account.
resource "azapi_update_resource" "blob_service" {
  for_each = azapi_resource.storage

  type      = "Microsoft.Storage/storageAccounts/blobServices@2025-06-01"
  name      = "default"
  parent_id = each.value.id

  body = {
    properties = {
      deleteRetentionPolicy          = { enabled = true, days = 7 }
      containerDeleteRetentionPolicy = { enabled = true, days = 7 }
    }
  }
}

resource "azapi_resource" "container" {
  for_each = local.containers

  type      = "Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01"
  name      = each.key
  parent_id = "${azapi_resource.storage[each.value].id}/blobServices/default"
}

resource "azapi_resource" "cleaning" {
  type      = "Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01"
  name      = "default"
  parent_id = azapi_resource.storage["data"].id

  body = {
    properties = {
      policy = {
        rules = [{
          name    = "delete-old-reports-and-dead-letters"
          type    = "Lifecycle"
          enabled = true
          definition = {
            filters = { blobTypes = ["blockBlob", "appendBlob"] }
            actions = { baseBlob = { delete = { daysAfterModificationGreaterThan = var.blob_retention_days } } }
          }
        }]
      }
    }
  }
}
