metadata description = 'Types that several templates share.'

@export()
@description('Tags of a resource.')
type Tags = { *: string }

@export()
@description('Names of resources. Each name that is not given is derived from the environment name.')
type ResourceNames = {
  actionGroup: string?
  appIdentity: string?
  applicationInsights: string?
  dataStorage: string?
  eventsIdentity: string?
  functionApp: string?
  hostStorage: string?
  keyVault: string?
  logAnalytics: string?
  outcomeTopic: string?
  plan: string?
  virtualNetwork: string?
}

@export()
@description('Settings of the app. An empty value means the default of the app.')
type AppSettings = { *: string }

@export()
@description('A custom role, and where the app needs it.')
type Grant = {
  @description('Key of the role in roles.json.')
  role: string

  @description('Name of the custom role in Azure.')
  title: string

  subscription: string
  scopes: string[]
}

@export()
@description('A built-in role that an identity needs on a resource of the deployment.')
type OwnAssignment = { role: string, principalId: string, scope: string }
