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
  description = "The identity that an existing system topic needs for dead letters, unless private_networking is true."
  value       = azapi_resource.identity["events"].id
}

output "app_identity_principal_id" {
  value = local.principals.app
}

output "outcome_topic_id" {
  value = one(azapi_resource.outcomes[*].id)
}

output "workspace_id" {
  value = local.workspace_id
}

output "required_role_assignments" {
  description = "Role assignments that others must create, because of role_assignments: principal, scope, and the id of a built-in role or the name of a role in roles.json."
  value = concat(
    var.role_assignments == "all" ? [] : [
      for one in values(module.scopes.assignments) : {
        principal_id = local.principals.app
        scope        = one.scope
        role         = split("/", one.definition)[0]
      }
    ],
    var.role_assignments != "none" ? [] : [
      for one in values(local.own_roles) : {
        principal_id = local.principals[one.who]
        scope        = one.scope
        role         = one.role
      }
    ],
    # Only a topic that exists has an identity: run this again after subscribe = true.
    var.role_assignments != "none" ? [] : [
      for principal in values(local.topic_principals) : {
        principal_id = principal
        scope        = azapi_resource.container["deadletters"].id
        role         = local.own_roles.deadletters.role
      }
      if var.private_networking
    ],
  )
}
