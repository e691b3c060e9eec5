# Required.

variable "name" {
  description = "Name of this deployment. It is part of the names of its resources and, unless owner_id is given, the OWNER_ID."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,40}$", var.name))
    error_message = "The name must have 1 to 40 letters, digits and hyphens."
  }
}

variable "location" {
  description = "Region of the function app and of its resources. Private endpoints can be in any region."
  type        = string
}

variable "clickhouse_org_id" {
  description = "Id of the ClickHouse Cloud organization."
  type        = string
}

variable "clickhouse_api_key" {
  description = "Id of a ClickHouse Cloud API key (docs/permissions.md lists the permissions of its role). The id is not a secret."
  type        = string
}

variable "clickhouse_api_secret" {
  description = "Secret of that key. It is stored in the key vault only, neither in the state nor in a plan. Required only when clickhouse_api_secret_version changes."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "clickhouse_api_secret_version" {
  description = "Any text. Terraform writes the secret when this changes, because it does not store the secret itself."
  type        = string
  default     = "1"
}

variable "subscribe" {
  description = "Whether to subscribe the function to events. Azure accepts this only after the code is deployed: false for the first apply, then always true. false deletes the event subscription, so there is no default."
  type        = bool
}

# Which endpoints are in scope, and where their records are.

variable "owner_id" {
  description = "Setting OWNER_ID, the name in every ownership mark. Do not change it later, and do not use it for two deployments. Empty: name."
  type        = string
  default     = ""
}

variable "endpoint_scopes" {
  description = "Setting ENDPOINT_SCOPES: ARM ids of the subscriptions or resource groups with the private endpoints. Each of these subscriptions is monitored. Empty: the subscription of the provider."
  type        = list(string)
  default     = []
}

variable "dns_zone_scopes" {
  description = "Setting DNS_ZONE_SCOPES: ARM ids of the resource groups (or subscriptions) with the private DNS zones. The app can write A records in all of their zones, so there is no default."
  type        = list(string)

  validation {
    condition     = length(var.dns_zone_scopes) > 0
    error_message = "dns_zone_scopes must name at least one resource group."
  }
}

variable "dns_zone_choice" {
  description = "Setting DNS_ZONE_CHOICE. linked: the zone that is linked to the virtual network of the endpoint. central: the one zone of the right name in dns_zone_scopes (hub and spoke with a DNS resolver)."
  type        = string
  default     = "linked"

  validation {
    condition     = contains(["linked", "central"], var.dns_zone_choice)
    error_message = "dns_zone_choice must be linked or central."
  }
}

variable "dns_zone_resource_group" {
  description = "Setting DNS_ZONE_RESOURCE_GROUP: ARM id of the resource group where the app creates missing zones and, unless dns_zone_choice is central, links them. Empty: the app creates no zones and has no permission to."
  type        = string
  default     = ""
}

variable "virtual_network_scopes" {
  description = "ARM ids of the subscriptions or resource groups with virtual networks that the app can link to the zones it creates. Used only with dns_zone_resource_group, and not if dns_zone_choice is central. Empty: endpoint_scopes."
  type        = list(string)
  default     = []
}

variable "event_policy" {
  description = "Setting EVENT_POLICY. upsert: events add and repair, and do not remove."
  type        = string
  default     = "sync"

  validation {
    condition     = contains(["upsert", "sync"], var.event_policy)
    error_message = "event_policy must be upsert or sync."
  }
}

variable "settings" {
  description = "Other settings of the app by name, such as { AUDIT_POLICY = \"upsert\" }. The others have the default of the app."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.settings), "CLICKHOUSE_CLOUD_API_SECRET")
    error_message = "Set the API secret with clickhouse_api_secret, so that it is stored in the key vault only."
  }
}

# How the app runs, logs and alerts.

variable "system_topic_ids" {
  description = "ARM ids of system topics that exist for monitored subscriptions. Azure allows one for each subscription. Each must have the identity in the output events_identity_id or, with private_networking, a system-assigned identity."
  type        = list(string)
  default     = []
}

variable "outcome_topic" {
  description = "Whether to create an Event Grid topic for outcome events, setting OUTCOME_TOPIC_ENDPOINT."
  type        = bool
  default     = true
}

variable "alert_email" {
  description = "Email address that receives the alerts. Empty: no action group is created."
  type        = string
  default     = ""
}

variable "failed_delivery_threshold" {
  description = "Number of failed delivery attempts within an hour, for one error, above which an alert fires. Some are normal: an event that cannot be processed yet fails, and Event Grid retries it."
  type        = number
  default     = 5
}

variable "entra_client_id" {
  description = "Client id of an Entra ID app registration. Given: HTTP functions require a token for it, besides the function key. Empty: the function key alone."
  type        = string
  default     = ""
}

variable "instance_memory_mb" {
  description = "Memory of one instance in MB: 512, 2048 or 4096."
  type        = number
  default     = 2048

  validation {
    condition     = contains([512, 2048, 4096], var.instance_memory_mb)
    error_message = "instance_memory_mb must be 512, 2048 or 4096."
  }
}

variable "maximum_instance_count" {
  description = "Maximum number of instances of a function. All share the rate limit of the ClickHouse Cloud API, so more are not faster. Some regions refuse less than 40."
  type        = number
  default     = 40
}

variable "always_ready_instances" {
  description = "Instances that stay ready for events, so that an event has no cold start. They cost money while idle."
  type        = number
  default     = 0
}

variable "log_retention_days" {
  description = "Days for which logs are kept, from 30 to 730."
  type        = number
  default     = 30
}

variable "blob_retention_days" {
  description = "Days for which audit reports and dead-lettered events are kept."
  type        = number
  default     = 90
}

variable "azure_resource_manager_url" {
  description = "Setting AZURE_RESOURCE_MANAGER_URL. Change it in sovereign clouds only."
  type        = string
  default     = "https://management.azure.com"
}

variable "login_url" {
  description = "URL of Entra ID. Change it in sovereign clouds only."
  type        = string
  default     = "https://login.microsoftonline.com"
}

variable "tags" {
  description = "Tags of every resource that can have tags."
  type        = map(string)
  default     = {}
}

variable "log_daily_quota_gb" {
  description = "Gigabytes of logs a day, after which Log Analytics accepts no more until the next day; log alerts then do not work. Normal use is far below 1. -1: no limit."
  type        = number
  default     = 5
}

variable "entra_allowed_client_ids" {
  description = "Client ids of further applications whose tokens are accepted, such as 04b07795-8ddb-461a-bbee-02f9e1bf7b46 (Azure CLI). Only with entra_client_id."
  type        = list(string)
  default     = []
}

variable "entra_allowed_principal_ids" {
  description = "Object ids of the users and service principals whose tokens are accepted. Only with entra_client_id. Empty: all of the tenant."
  type        = list(string)
  default     = []
}

# Requirements of your organization.

variable "app_identity_id" {
  description = "ARM id of a user-assigned identity that exists. Given: the app uses it."
  type        = string
  default     = ""
}

variable "log_analytics_workspace_id" {
  description = "ARM id of a Log Analytics workspace that exists. Given: logs go there, and its retention and daily quota apply."
  type        = string
  default     = ""
}

variable "action_group_id" {
  description = "ARM id of an action group that exists. Given: alerts use it, and alert_email is not used."
  type        = string
  default     = ""
}

variable "resource_group_name" {
  description = "Name of the resource group. Empty: rg-<name>."
  type        = string
  default     = ""
}

variable "events_resource_group_name" {
  description = "Name of the resource groups for system topics and alerts in other subscriptions. Empty: rg-<name>-events."
  type        = string
  default     = ""
}

variable "resource_names" {
  description = "Names of resources. Each name that is not given is derived from name."
  type = object({
    action_group         = optional(string)
    app_identity         = optional(string)
    application_insights = optional(string)
    data_storage         = optional(string)
    events_identity      = optional(string)
    function_app         = optional(string)
    host_storage         = optional(string)
    key_vault            = optional(string)
    log_analytics        = optional(string)
    outcome_topic        = optional(string)
    plan                 = optional(string)
    virtual_network      = optional(string)
  })
  default = {}
}

variable "role_assignments" {
  description = "Role assignments to create. all: also the custom roles in the subscriptions of endpoints and zones. own: those on the resources of this deployment. none: no role assignment. The output required_role_assignments lists the others."
  type        = string
  default     = "all"

  validation {
    condition     = contains(["all", "own", "none"], var.role_assignments)
    error_message = "role_assignments must be all, own or none."
  }
}

variable "vault_purge_protection" {
  description = "Whether nobody can delete the key vault before its retention period ends. Azure does not let you turn this off again."
  type        = bool
  default     = false
}

# Networking.

variable "inbound_address_ranges" {
  description = "IPv4 or IPv6 ranges in CIDR notation that can call the HTTP functions and deploy code. Given: Azure refuses all others, except Event Grid."
  type        = list(string)
  default     = []
}

variable "private_networking" {
  description = "Whether storage, key vault and outcome topic are reached through private endpoints only, and the app connects through a virtual network. Only Event Grid and inbound_address_ranges can connect to the app."
  type        = bool
  default     = false
}

variable "outbound_subnet_id" {
  description = "ARM id of the subnet for outbound traffic, delegated to Microsoft.App/environments. With private_networking. Empty: a virtual network is created."
  type        = string
  default     = ""
}

variable "private_endpoint_subnet_id" {
  description = "ARM id of the subnet for the private endpoints of storage, key vault and outcome topic. Required if outbound_subnet_id is given."
  type        = string
  default     = ""

  validation {
    condition     = !var.private_networking || var.outbound_subnet_id == "" || var.private_endpoint_subnet_id != ""
    error_message = "private_endpoint_subnet_id is required with outbound_subnet_id."
  }
}

variable "private_dns_zone_ids" {
  description = "ARM ids of the private DNS zones privatelink.blob.core.windows.net, privatelink.vaultcore.azure.net and privatelink.eventgrid.azure.net. A zone that is missing here is left to a policy of your organization."
  type        = list(string)
  default     = []
}
