metadata description = 'One custom role in one subscription, and its assignment at scopes in it.'

targetScope = 'subscription'

@description('What tells this role from others of this project in the subscription.')
param key string

@description('Name of the role. Azure wants it unique in the tenant.')
param title string

param details string

@description('Actions, without wildcards.')
param actions string[]

@description('This subscription or resource groups of it, in lower case.')
param scopes string[]

param principalId string

var groups = filter(scopes, scope => contains(scope, '/resourcegroups/'))
var everywhere = length(groups) < length(scopes)

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, key)
  properties: {
    roleName: title
    description: details
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [{ actions: actions, notActions: [], dataActions: [], notDataActions: [] }]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (everywhere) {
  name: guid(subscription().id, key, principalId)
  properties: { principalId: principalId, principalType: 'ServicePrincipal', roleDefinitionId: role.id }
}

module inGroup 'assignment.bicep' = [
  for group in groups: if (!everywhere) {
    name: 'assignment-${uniqueString(group, key)}'
    scope: resourceGroup(split(group, '/')[4])
    params: { key: key, principalId: principalId, roleId: role.id }
  }
]
