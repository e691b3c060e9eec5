# What has to be given.

variable "name" {
  description = "Name of this deployment: part of the names of its resources, and the OWNER_ID unless owner_id is given."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,40}$", var.name))
    error_message = "It is to be 1 to 40 letters, digits and hyphens."
  }
}

variable "location" {
  description = "Region of the function app and what belongs to it. Endpoints may be in any region."
  type        = string
}

variable "clickhouse_org_id" {
  description = "Id of the ClickHouse Cloud organization."
  type        = string
}

variable "clickhouse_api_key" {
  description = "Id of a ClickHouse Cloud API key (docs/permissions.md says what its role needs). The id is no secret."
  type        = string
}

variable "clickhouse_api_secret" {
  description = "Secret of that key. It goes into the key vault and nowhere else, neither into state nor plan. Needed only when clickhouse_api_secret_version changes."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "clickhouse_api_secret_version" {
  description = "Any text. The secret is written when this changes, because Terraform does not remember the secret itself."
  type        = string
  default     = "1"
}

variable "subscribe" {
  description = "Whether to subscribe the function to events. Azure takes that only once the code is deployed: false at first, then true and never false again, which would delete the event subscription. So it has no default."
  type        = bool
}

# Whose endpoints may ask, and where their records are.

variable "owner_id" {
  description = "Setting OWNER_ID, the name in every mark of ownership. Never reuse or change it lightly. Empty: name."
  type        = string
  default     = ""
}

variable "endpoint_scopes" {
  description = "Setting ENDPOINT_SCOPES: ARM ids of the subscriptions or resource groups whose endpoints may ask. Each subscription in it is monitored. Empty: the subscription of the provider."
  type        = list(string)
  default     = []
}

variable "dns_zone_scopes" {
  description = "Setting DNS_ZONE_SCOPES: ARM ids of the subscriptions or, better, resource groups whose private DNS zones may be written to. Empty: endpoint_scopes."
  type        = list(string)
  default     = []
}

variable "dns_zone_choice" {
  description = "Setting DNS_ZONE_CHOICE. central: the one zone of the right name in dns_zone_scopes, whatever it is linked to (hub and spoke with a DNS resolver); no network is linked, and no right to link one is given."
  type        = string
  default     = "linked"

  validation {
    condition     = contains(["linked", "central"], var.dns_zone_choice)
    error_message = "dns_zone_choice is linked or central."
  }
}

variable "dns_zone_resource_group" {
  description = "Setting DNS_ZONE_RESOURCE_GROUP: ARM id of the resource group where missing zones are made and, unless dns_zone_choice is central, linked. Empty: none are made, and no right to make one is given."
  type        = string
  default     = ""
}

variable "virtual_network_scopes" {
  description = "ARM ids of the subscriptions or resource groups whose virtual networks may be linked to zones that are made. Used only with dns_zone_resource_group, and not if dns_zone_choice is central. Empty: endpoint_scopes."
  type        = list(string)
  default     = []
}

variable "event_policy" {
  description = "Setting EVENT_POLICY. upsert: events add and repair, and remove nothing."
  type        = string
  default     = "sync"

  validation {
    condition     = contains(["upsert", "sync"], var.event_policy)
    error_message = "event_policy is upsert or sync."
  }
}

variable "settings" {
  description = "Other settings of the app by name, such as { AUDIT_POLICY = \"upsert\" }. Those left out have the app's default."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.settings), "CLICKHOUSE_CLOUD_API_SECRET")
    error_message = "The API secret is given by clickhouse_api_secret, so that it stays out of the settings."
  }
}

# How it is run and watched.

variable "system_topic_ids" {
  description = "ARM ids of system topics that exist already on monitored subscriptions: Azure allows one for each. They must have the identity in the output events_identity_id."
  type        = list(string)
  default     = []
}

variable "outcome_topic" {
  description = "Whether to make an Event Grid topic for outcome events, setting OUTCOME_TOPIC_ENDPOINT."
  type        = bool
  default     = true
}

variable "alert_email" {
  description = "Address that alerts are sent to. Empty: they only show in the portal."
  type        = string
  default     = ""
}

variable "failed_delivery_threshold" {
  description = "Failed delivery attempts within an hour, for one error, that raise no alert. Some are normal: an event that cannot be handled yet fails and is delivered again."
  type        = number
  default     = 5
}

variable "entra_client_id" {
  description = "Client id of an Entra ID app registration. Given: HTTP functions ask for a token of it, besides the function key. Empty: the function key alone."
  type        = string
  default     = ""
}

variable "instance_memory_mb" {
  description = "Memory of one instance in MB: 512, 2048 or 4096."
  type        = number
  default     = 2048

  validation {
    condition     = contains([512, 2048, 4096], var.instance_memory_mb)
    error_message = "It is to be 512, 2048 or 4096."
  }
}

variable "maximum_instance_count" {
  description = "Most instances of one function at a time. All share one rate limit of the ClickHouse Cloud API, so many do not make it faster."
  type        = number
  default     = 40
}

variable "always_ready_instances" {
  description = "Instances kept warm for events, so that the first after a pause takes no cold start. They cost money while idle."
  type        = number
  default     = 0
}

variable "log_retention_days" {
  description = "Days that logs are kept, from 30 to 730."
  type        = number
  default     = 30
}

variable "blob_retention_days" {
  description = "Days that reports of audits and dead-lettered events are kept."
  type        = number
  default     = 90
}

variable "azure_resource_manager_url" {
  description = "Setting AZURE_RESOURCE_MANAGER_URL. To be changed in sovereign clouds only."
  type        = string
  default     = "https://management.azure.com"
}

variable "login_url" {
  description = "Where Entra ID is. To be changed in sovereign clouds only."
  type        = string
  default     = "https://login.microsoftonline.com"
}

variable "tags" {
  description = "Tags of every resource that can have some."
  type        = map(string)
  default     = {}
}
