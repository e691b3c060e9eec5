output "resource_group_name" {
  value = azapi_resource.group.name
}

output "function_app_name" {
  value = azapi_resource.app.name
}

output "function_app_id" {
  value = azapi_resource.app.id
}

output "function_app_url" {
  value = "https://${azapi_resource.app.output.properties.defaultHostName}"
}

output "events_identity_id" {
  description = "The identity that a system topic of somebody else needs, for dead letters."
  value       = azapi_resource.identity["events"].id
}

output "app_identity_principal_id" {
  value = azapi_resource.identity["app"].output.properties.principalId
}

output "outcome_topic_id" {
  value = one(azapi_resource.outcomes[*].id)
}

output "workspace_id" {
  value = azapi_resource.workspace.id
}
