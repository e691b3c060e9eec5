# A service, a private endpoint of the network team, and this project between them: the endpoint's tag is all
# that has to be said. No `clickhouse_service_private_endpoints_attachment` for services that this project
# serves: it claims a service's whole allow list and would take off what the tag put on.

terraform {
  required_version = ">= 1.11"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.11, < 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0, < 5.0"
    }
    clickhouse = {
      source  = "ClickHouse/clickhouse"
      version = ">= 3.2, < 4.0"
    }
  }
}

variable "subscription_id" {
  type = string
}

variable "clickhouse_org_id" {
  type = string
}

variable "clickhouse_api_key" {
  type = string
}

variable "clickhouse_api_secret" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "service_password_hash" {
  description = "SHA256 of the default user's password, in base64."
  type        = string
  sensitive   = true
}

variable "subnet_id" {
  description = "Where the private endpoint is to be."
  type        = string
}

variable "subscribe" {
  description = "False for the first apply; true once the code is deployed, and from then on."
  type        = bool
}

provider "azapi" {
  subscription_id = var.subscription_id
}

provider "azurerm" {
  subscription_id = var.subscription_id
  features {}
}

provider "clickhouse" {
  organization_id = var.clickhouse_org_id
  token_key       = var.clickhouse_api_key
  token_secret    = var.clickhouse_api_secret
}

module "privatelink" {
  source = "../.."

  name                  = "privatelink"
  location              = "westus3"
  clickhouse_org_id     = var.clickhouse_org_id
  clickhouse_api_key    = var.clickhouse_api_key
  clickhouse_api_secret = var.clickhouse_api_secret
  subscribe             = var.subscribe

  endpoint_scopes = ["/subscriptions/${var.subscription_id}"]
  dns_zone_scopes = ["/subscriptions/${var.subscription_id}/resourceGroups/rg-dns"]
  settings        = { AUDIT_POLICY = "upsert" }
}

resource "clickhouse_service" "analytics" {
  name                 = "analytics"
  cloud_provider       = "azure"
  region               = "westus3"
  idle_scaling         = true
  idle_timeout_minutes = 5
  password_hash        = var.service_password_hash
  ip_access            = []
}

resource "azurerm_private_endpoint" "analytics" {
  name                = "pe-analytics"
  location            = "westus3"
  resource_group_name = module.privatelink.resource_group_name
  subnet_id           = var.subnet_id

  private_service_connection {
    name                              = "clickhouse"
    private_connection_resource_alias = clickhouse_service.analytics.private_endpoint_config.endpoint_service_id
    is_manual_connection              = true
    request_message                   = "by Terraform"
  }

  tags = { "clickhouse-services" = clickhouse_service.analytics.name }
}

output "function_app_name" {
  value = module.privatelink.function_app_name
}
