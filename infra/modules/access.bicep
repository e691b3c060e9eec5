metadata description = 'One custom role in one subscription, and its assignments at scopes in that subscription.'

targetScope = 'subscription'

@description('Identifies this role among the roles of this deployment.')
param key string

@description('Name of the role. It must be unique in the tenant.')
param title string

param details string

@description('Actions, without wildcards.')
param actions string[]

@description('Either this subscription or resource groups in it, in lower case.')
param scopes string[]

param principalId string

var groups = filter(scopes, scope => contains(scope, '/resourcegroups/'))

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, key)
  properties: {
    roleName: title
    description: details
    type: 'CustomRole'
    // One definition in each subscription. Azure refuses to remove a subscription from the assignable scopes while it
    // has assignments (RoleScopeBeingRemovedContainsAssignments), so a shared definition could not be narrowed.
    assignableScopes: [subscription().id]
    permissions: [{ actions: actions, notActions: [], dataActions: [], notDataActions: [] }]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(groups)) {
  name: guid(subscription().id, key, principalId)
  properties: { principalId: principalId, principalType: 'ServicePrincipal', roleDefinitionId: role.id }
}

module inGroup 'assignment.bicep' = [
  for group in groups: {
    scope: resourceGroup(split(group, '/')[4])
    params: { key: key, principalId: principalId, roleId: role.id }
  }
]
