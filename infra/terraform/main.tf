data "azapi_client_config" "home" {}

locals {
  home  = "/subscriptions/${data.azapi_client_config.home.subscription_id}"
  token = substr(sha1("${local.home}|${var.name}|${var.location}"), 0, 13)
  owner = var.owner_id == "" ? var.name : var.owner_id
  groups = {
    for id in local.monitored : id => id == lower(data.azapi_client_config.home.subscription_id) ? local.home_group : local.events_group
  }
  home_group   = coalesce(var.resource_group_name, "rg-${var.name}")
  events_group = coalesce(var.events_resource_group_name, "rg-${var.name}-events")
  names = {
    action_group         = coalesce(var.resource_names.action_group, "ag-${local.token}")
    app_identity         = coalesce(var.resource_names.app_identity, "id-app-${local.token}")
    application_insights = coalesce(var.resource_names.application_insights, "appi-${local.token}")
    data_storage         = coalesce(var.resource_names.data_storage, "stdata${local.token}")
    events_identity      = coalesce(var.resource_names.events_identity, "id-events-${local.token}")
    function_app         = coalesce(var.resource_names.function_app, "func-${local.token}")
    host_storage         = coalesce(var.resource_names.host_storage, "sthost${local.token}")
    key_vault            = coalesce(var.resource_names.key_vault, "kv-${local.token}")
    log_analytics        = coalesce(var.resource_names.log_analytics, "log-${local.token}")
    outcome_topic        = coalesce(var.resource_names.outcome_topic, "evgt-outcomes-${local.token}")
    plan                 = coalesce(var.resource_names.plan, "plan-${local.token}")
    virtual_network      = coalesce(var.resource_names.virtual_network, "vnet-${local.token}")
  }

  endpoints_at = length(var.endpoint_scopes) == 0 ? [local.home] : var.endpoint_scopes
  zones_at     = var.dns_zone_scopes
  created_at   = var.dns_zone_resource_group == "" ? [] : [var.dns_zone_resource_group]
  networks_at  = length(var.virtual_network_scopes) == 0 ? local.endpoints_at : var.virtual_network_scopes
  monitored    = toset([for scope in local.endpoints_at : split("/", lower(scope))[2]])

  roles = jsondecode(file("${path.module}/../roles.json"))
}

module "scopes" {
  source = "./scopes"

  granted = {
    endpoints = local.endpoints_at
    records   = concat(local.zones_at, local.created_at)
    zones     = local.created_at
    networks  = length(local.created_at) == 0 || var.dns_zone_choice == "central" ? [] : local.networks_at
    preflight = concat([for scope in local.endpoints_at : join("/", slice(split("/", scope), 0, 3))], local.zones_at, local.created_at)
  }
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2025-04-01"
  name      = local.home_group
  parent_id = local.home
  location  = var.location
  tags      = var.tags
}

# Two identities: one for the app, one for Event Grid to write dead letters. They share no right.
resource "azapi_resource" "identity" {
  for_each = setsubtract(["app", "events"], var.app_identity_id == "" ? [] : ["app"])

  type                   = "Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30"
  name                   = local.names["${each.key}_identity"]
  parent_id              = azapi_resource.group.id
  location               = var.location
  tags                   = var.tags
  response_export_values = ["properties.clientId", "properties.principalId"]
}

data "azapi_resource" "app_identity" {
  count = var.app_identity_id == "" ? 0 : 1

  type                   = "Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30"
  resource_id            = var.app_identity_id
  response_export_values = ["properties.clientId", "properties.principalId"]
}

locals {
  app_identity = var.app_identity_id == "" ? azapi_resource.identity["app"] : data.azapi_resource.app_identity[0]

  principals = {
    app    = local.app_identity.output.properties.principalId
    events = azapi_resource.identity["events"].output.properties.principalId
  }

  # Azure replicates new identities and role definitions with a delay.
  replication_errors = ["RoleDefinitionDoesNotExist", "PrincipalNotFound"]
}

# The custom roles of roles.json, one definition in each subscription where the role is assigned.
resource "azapi_resource" "role" {
  for_each = { for key, one in module.scopes.definitions : key => one if var.role_assignments == "all" }

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
  for_each = { for key, one in module.scopes.assignments : key => one if var.role_assignments == "all" }

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  name      = uuidv5("url", "${local.token}/${each.key}/${local.principals.app}")
  parent_id = each.value.scope
  retry     = { error_message_regex = local.replication_errors }

  body = {
    properties = {
      principalId      = local.principals.app
      principalType    = "ServicePrincipal"
      roleDefinitionId = azapi_resource.role[each.value.definition].id
    }
  }
}
