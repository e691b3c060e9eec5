data "azapi_client_config" "home" {}

locals {
  home   = "/subscriptions/${data.azapi_client_config.home.subscription_id}"
  token  = substr(sha1("${local.home}|${var.name}|${var.location}"), 0, 13)
  owner  = var.owner_id == "" ? var.name : var.owner_id
  groups = { for id in local.monitored : id => "rg-${var.name}${id == lower(data.azapi_client_config.home.subscription_id) ? "" : "-events"}" }

  endpoints_at = length(var.endpoint_scopes) == 0 ? [local.home] : var.endpoint_scopes
  zones_at     = length(var.dns_zone_scopes) == 0 ? local.endpoints_at : var.dns_zone_scopes
  made_at      = var.dns_zone_resource_group == "" ? [] : [var.dns_zone_resource_group]
  networks_at  = length(var.virtual_network_scopes) == 0 ? local.endpoints_at : var.virtual_network_scopes
  monitored    = toset([for scope in local.endpoints_at : split("/", lower(scope))[2]])

  roles = jsondecode(file("${path.module}/../roles.json"))
}

module "scopes" {
  source = "./scopes"

  granted = {
    endpoints = local.endpoints_at
    records   = concat(local.zones_at, local.made_at)
    zones     = local.made_at
    networks  = length(local.made_at) == 0 || var.dns_zone_choice == "central" ? [] : local.networks_at
    preflight = concat([for scope in local.endpoints_at : join("/", slice(split("/", scope), 0, 3))], local.zones_at, local.made_at)
  }
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2025-04-01"
  name      = "rg-${var.name}"
  parent_id = local.home
  location  = var.location
  tags      = var.tags
}

# Two identities: of the app, and of Event Grid where it dead-letters. Neither can do what the other may.
resource "azapi_resource" "identity" {
  for_each = toset(["app", "events"])

  type                   = "Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30"
  name                   = "id-${each.key}-${local.token}"
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.clientId", "properties.principalId"]
}

# The custom roles of roles.json, each defined once in a subscription that it is used in.
resource "azapi_resource" "role" {
  for_each = module.scopes.definitions

  type      = "Microsoft.Authorization/roleDefinitions@2022-04-01"
  name      = uuidv5("url", "${local.token}/${each.key}")
  parent_id = "/subscriptions/${each.value.subscription}"

  body = {
    properties = {
      roleName         = "clickhouse-privatelink ${local.roles[each.value.role].title}, ${local.owner} (${local.token}, ${substr(each.value.subscription, 0, 8)})"
      description      = local.roles[each.value.role].description
      type             = "CustomRole"
      assignableScopes = ["/subscriptions/${each.value.subscription}"]
      permissions = [{
        actions        = local.roles[each.value.role].actions
        notActions     = []
        dataActions    = []
        notDataActions = []
      }]
    }
  }
}

resource "azapi_resource" "role_assignment" {
  for_each = module.scopes.assignments

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  name      = uuidv5("url", "${local.token}/${each.key}")
  parent_id = each.value.scope

  body = {
    properties = {
      principalId      = azapi_resource.identity["app"].output.properties.principalId
      principalType    = "ServicePrincipal"
      roleDefinitionId = azapi_resource.role[each.value.definition].id
    }
  }
}
