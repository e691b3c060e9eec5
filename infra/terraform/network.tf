# Private networking: private endpoints, and a virtual network to try it with. Inbound restrictions of the function app.

locals {
  public_access   = var.private_networking ? "Disabled" : "Enabled"
  default_action  = var.private_networking ? "Deny" : "Allow"
  creates_network = var.private_networking && var.outbound_subnet_id == ""

  outbound_subnet_id = local.creates_network ? "${one(azapi_resource.network[*].id)}/subnets/outbound" : var.outbound_subnet_id
  endpoint_subnet_id = local.creates_network ? "${one(azapi_resource.network[*].id)}/subnets/private-endpoints" : var.private_endpoint_subnet_id

  zone_names = {
    blob  = "privatelink.blob.core.windows.net"
    vault = "privatelink.vaultcore.azure.net"
    topic = "privatelink.eventgrid.azure.net"
  }

  given_zones = {
    for key, name in local.zone_names : key => one([
      for id in var.private_dns_zone_ids : id if lower(element(split("/", id), -1)) == name
    ])
  }

  private_targets = {
    for key, one in {
      host     = { kind = "blob", id = azapi_resource.storage["host"].id }
      data     = { kind = "blob", id = azapi_resource.storage["data"].id }
      vault    = { kind = "vault", id = azapi_resource.vault.id }
      outcomes = { kind = "topic", id = one(azapi_resource.outcomes[*].id) }
    } : key => one if var.private_networking && (key != "outcomes" || var.outcome_topic)
  }

  allowed_ranges = [
    for index, range in var.inbound_address_ranges : {
      name      = "allowed-${index}"
      priority  = 200 + index
      action    = "Allow"
      tag       = "Default"
      ipAddress = range
    }
  ]

  restrictions = {
    ipSecurityRestrictions = concat(
      [{ name = "event-grid", priority = 100, action = "Allow", tag = "ServiceTag", ipAddress = "AzureEventGrid" }],
      local.allowed_ranges
    )
    ipSecurityRestrictionsDefaultAction    = "Deny"
    scmIpSecurityRestrictions              = local.allowed_ranges
    scmIpSecurityRestrictionsDefaultAction = "Deny"
    scmIpSecurityRestrictionsUseMain       = false
  }
}

resource "azapi_resource" "network" {
  count = local.creates_network ? 1 : 0

  type      = "Microsoft.Network/virtualNetworks@2024-05-01"
  name      = local.names.virtual_network
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      addressSpace = { addressPrefixes = ["10.240.0.0/24"] }
      subnets = [
        {
          name = "outbound"
          properties = {
            addressPrefix = "10.240.0.0/26"
            # Flex Consumption needs this delegation, and not that of other plans.
            delegations = [{ name = "functions", properties = { serviceName = "Microsoft.App/environments" } }]
          }
        },
        {
          name       = "private-endpoints"
          properties = { addressPrefix = "10.240.0.64/27" }
        },
      ]
    }
  }
}

resource "azapi_resource" "zone" {
  for_each = { for key, name in local.zone_names : key => name if local.creates_network }

  type      = "Microsoft.Network/privateDnsZones@2024-06-01"
  name      = each.value
  parent_id = azapi_resource.group.id
  location  = "global"
  tags      = var.tags
}

resource "azapi_resource" "zone_link" {
  for_each = azapi_resource.zone

  type      = "Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01"
  name      = local.names.virtual_network
  parent_id = each.value.id
  location  = "global"
  tags      = var.tags

  body = { properties = { registrationEnabled = false, virtualNetwork = { id = one(azapi_resource.network[*].id) } } }
}

resource "azapi_resource" "private_endpoint" {
  for_each = local.private_targets

  type      = "Microsoft.Network/privateEndpoints@2024-05-01"
  name      = "pe-${each.key}-${local.token}"
  parent_id = azapi_resource.group.id
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      subnet = { id = local.endpoint_subnet_id }
      privateLinkServiceConnections = [
        { name = each.value.kind, properties = { privateLinkServiceId = each.value.id, groupIds = [each.value.kind] } }
      ]
    }
  }
}

resource "azapi_resource" "private_endpoint_record" {
  for_each = {
    for key, one in local.private_targets : key => one.kind
    if local.creates_network || local.given_zones[one.kind] != null
  }

  type      = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01"
  name      = "default"
  parent_id = azapi_resource.private_endpoint[each.key].id

  body = {
    properties = {
      privateDnsZoneConfigs = [{
        name       = each.value
        properties = { privateDnsZoneId = local.creates_network ? azapi_resource.zone[each.value].id : local.given_zones[each.value] }
      }]
    }
  }
}
