# From the scopes that each role is given on to the definitions and assignments that are needed. It needs no provider.

variable "granted" {
  description = "For each role the ARM ids of the subscriptions and resource groups that it is given on."
  type        = map(list(string))
}

locals {
  scopes = {
    for role, scopes in var.granted :
    role => distinct([for scope in scopes : trimsuffix(lower(trimspace(scope)), "/")])
  }

  grants = flatten([
    for role, scopes in local.scopes : [
      for scope in scopes : {
        role         = role
        subscription = split("/", scope)[2]
        scope        = scope
      }
      # What a whole subscription is given on is not given once more on its resource groups.
      if length(split("/", scope)) == 3 || !contains(scopes, join("/", slice(split("/", scope), 0, 3)))
    ]
  ])
}

output "definitions" {
  description = "Each role in each subscription that it is used in, by a key of both."
  value = {
    for key, grants in { for grant in local.grants : "${grant.role}/${grant.subscription}" => grant... } :
    key => { role = grants[0].role, subscription = grants[0].subscription }
  }
}

output "assignments" {
  description = "Each scope that a role is given on, with the key of its definition."
  value = {
    for grant in local.grants :
    "${grant.role}${grant.scope}" => { definition = "${grant.role}/${grant.subscription}", scope = grant.scope }
  }
}
