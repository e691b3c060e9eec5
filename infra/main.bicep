metadata description = 'Phase 1: every resource that the code needs. Phase 2, events.bicep, needs the deployed code.'

import { Grant, OwnAssignment, ResourceNames, Tags } from 'modules/types.bicep'

targetScope = 'subscription'

// Required. azd asks for these.

@minLength(1)
@maxLength(40)
@description('Name of this deployment. It is part of the names of its resources and, unless ownerId is given, the OWNER_ID.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
@description('Region of the function app and of its resources. Private endpoints can be in any region.')
param location string

@minLength(36)
@maxLength(36)
@description('Id of the ClickHouse Cloud organization.')
param clickhouseOrgId string

@minLength(1)
@description('Id of a ClickHouse Cloud API key (docs/permissions.md lists the permissions of its role). The id is not a secret.')
param clickhouseApiKey string

@secure()
@description('Secret of that key. It is stored in the key vault only. Empty: the vault keeps its current secret.')
param clickhouseApiSecret string

@minLength(1)
@description('Setting DNS_ZONE_SCOPES: ARM ids of the resource groups (or subscriptions) with the private DNS zones, comma-separated. The app can write A records in all of their zones, so there is no default.')
param dnsZoneScopes string

// Which endpoints are in scope, and where their records are. All have defaults.

@maxLength(64)
@description('Setting OWNER_ID, the name in every ownership mark. Do not change it later, and do not use it for two deployments. Empty: environmentName without parentheses.')
param ownerId string = ''

@description('Setting ENDPOINT_SCOPES: ARM ids of the subscriptions or resource groups with the private endpoints, comma-separated. Each of these subscriptions is monitored. Empty: this subscription.')
param endpointScopes string = ''

@allowed(['', 'linked', 'central'])
@description('Setting DNS_ZONE_CHOICE. linked: the zone that is linked to the virtual network of the endpoint. central: the one zone of the right name in dnsZoneScopes (hub and spoke with a DNS resolver). Empty: linked.')
param dnsZoneChoice string = ''

@description('Setting DNS_ZONE_RESOURCE_GROUP: ARM id of the resource group where the app creates missing zones and, unless dnsZoneChoice is central, links them. Empty: the app creates no zones and has no permission to.')
param dnsZoneResourceGroup string = ''

@description('ARM ids of the subscriptions or resource groups with virtual networks that the app can link to the zones it creates, comma-separated. Used only with dnsZoneResourceGroup, and not if dnsZoneChoice is central. Empty: endpointScopes.')
param virtualNetworkScopes string = ''

// Other settings of the app (docs/settings.md). Empty: the default of the app.

@description('Setting ENDPOINT_TAG.')
param endpointTag string = ''

@description('Setting SERVICE_FILTER: selectors of the services that endpoints can get access to. Empty: every service.')
param serviceFilter string = ''

@allowed(['', 'guid', 'resource_id'])
@description('Setting ENDPOINT_ID_KIND.')
param endpointIdKind string = ''

@allowed(['', 'true', 'false'])
@description('Setting DNS_ADOPT.')
param dnsAdopt string = ''

@description('Setting DNS_RECORD_TTL, in seconds.')
param dnsRecordTtl string = ''

@description('Setting AUDIT_SCHEDULE: six NCRONTAB fields. Empty: every 15 minutes.')
param auditSchedule string = ''

@allowed(['', 'upsert', 'sync'])
@description('Setting EVENT_POLICY. upsert: events add and repair, and do not remove. Empty: sync.')
param eventPolicy string = ''

@allowed(['', 'report', 'upsert', 'sync'])
@description('Setting AUDIT_POLICY.')
param auditPolicy string = ''

@description('Setting AUDIT_DEADLINE, in minutes.')
param auditDeadline string = ''

@description('Setting MAX_REMOVALS: the most endpoints that one audit or one hour of events can release.')
param maxRemovals string = ''

@description('Setting PENDING_GRACE, in minutes.')
param pendingGrace string = ''

@description('Setting CLICKHOUSE_API_URL.')
param clickhouseApiUrl string = ''

@description('Setting CLICKHOUSE_RATE_LIMIT: calls/seconds of one process.')
param clickhouseRateLimit string = ''

// How the app runs.

@description('Whether to create an Event Grid topic for outcome events, setting OUTCOME_TOPIC_ENDPOINT.')
param outcomeTopic bool = true

@description('Client id of an Entra ID app registration. Given: HTTP functions require a token for it, besides the function key. Empty: the function key alone.')
param entraClientId string = ''

@description('Client ids of further applications whose tokens are accepted, comma-separated, such as 04b07795-8ddb-461a-bbee-02f9e1bf7b46 (Azure CLI). Only with entraClientId.')
param entraAllowedClientIds string = ''

@description('Object ids of the users and service principals whose tokens are accepted, comma-separated. Only with entraClientId. Empty: all of the tenant.')
param entraAllowedPrincipalIds string = ''

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB. 512 is enough for some thousand endpoints, but starts slower, and some regions refuse it.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Maximum number of instances of a function. All share the rate limit of the ClickHouse Cloud API, so more are not faster. Some regions refuse less than 40.')
param maximumInstanceCount int = 40

@minValue(0)
@description('Instances that stay ready for events, so that an event has no cold start. They cost money while idle.')
param alwaysReadyInstances int = 0

@minValue(1)
@description('Days for which audit reports and dead-lettered events are kept.')
param blobRetentionDays int = 90

// Logs and alerts.

@description('Email address that receives the alerts. Empty: no action group is created.')
param alertEmail string = ''

@description('ARM id of an action group that exists. Given: alerts use it, and alertEmail is not used.')
param actionGroupId string = ''

@description('ARM id of a Log Analytics workspace that exists. Given: logs go there, and its retention and daily quota apply.')
param logAnalyticsWorkspaceId string = ''

@minValue(30)
@maxValue(730)
@description('Days for which logs are kept.')
param logRetentionDays int = 30

@minValue(-1)
@description('Gigabytes of logs a day, after which Log Analytics accepts no more until the next day; log alerts then do not work. Normal use is far below 1. -1: no limit.')
param logDailyQuotaGB int = 5

// Requirements of your organization.

@description('Name of the resource group. Empty: rg-<environmentName>.')
param resourceGroupName string = ''

@description('Names of resources, as a JSON object. Each name that is not given is derived from environmentName.')
param resourceNames ResourceNames = {}

@description('Tags of every resource, as a JSON object.')
param resourceTags Tags = {}

@description('ARM id of a user-assigned identity that exists. Given: the app uses it.')
param appIdentityId string = ''

@allowed(['all', 'own', 'none'])
@description('Role assignments to create. all: also the custom roles in the subscriptions of endpoints and zones. own: those on the resources of this deployment. none: no role assignment. The hook postprovision prints the commands for the others.')
param roleAssignments string = 'all'

@description('Whether nobody can delete the key vault before its retention period ends. Azure does not let you turn this off again.')
param vaultPurgeProtection bool = false

// Networking.

@description('IPv4 or IPv6 ranges in CIDR notation that can call the HTTP functions and deploy code, comma-separated. Given: Azure refuses all others, except Event Grid.')
param inboundAddressRanges string = ''

@description('Whether storage, key vault and outcome topic are reached through private endpoints only, and the app connects through a virtual network. Only Event Grid and inboundAddressRanges can connect to the app.')
param privateNetworking bool = false

@description('ARM id of the subnet for outbound traffic, delegated to Microsoft.App/environments. With privateNetworking. Empty: a virtual network is created.')
param outboundSubnetId string = ''

@description('ARM id of the subnet for the private endpoints of storage, key vault and outcome topic. Required if outboundSubnetId is given.')
param privateEndpointSubnetId string = ''

@description('ARM ids of the private DNS zones privatelink.blob.core.windows.net, privatelink.vaultcore.azure.net and privatelink.eventgrid.azure.net, comma-separated. A zone that is missing here is left to a policy of your organization.')
param privateDnsZoneIds string = ''

func listOf(text string) string[] => filter(map(split(text, ','), item => trim(item)), item => !empty(item))

@description('Scopes in lower case, without spaces and trailing slashes.')
func scopesOf(text string) string[] =>
  map(listOf(toLower(text)), scope => endsWith(scope, '/') ? take(scope, max(length(scope) - 1, 0)) : scope)

func subscriptionOf(scope string) string => split(scope, '/')[2]

@description('The zone whose name starts with these characters, or an empty string.')
func zoneOf(zoneIds string[], start string) string =>
  first(filter(zoneIds, id => startsWith(toLower(last(split(id, '/'))), start))) ?? ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = union(resourceTags, { 'azd-env-name': environmentName })
// Azure allows parentheses in names of resource groups, OWNER_ID does not.
var owner = empty(ownerId) ? replace(replace(environmentName, '(', ''), ')', '') : ownerId

var home = toLower(subscription().id)
var endpointsAt = empty(endpointScopes) ? [home] : scopesOf(endpointScopes)
var zonesAt = scopesOf(dnsZoneScopes)
var createdZonesAt = scopesOf(dnsZoneResourceGroup)
var networksAt = empty(virtualNetworkScopes) ? endpointsAt : scopesOf(virtualNetworkScopes)

var roles = loadJsonContent('roles.json')
var roleScopes = [
  { role: 'endpoints', scopes: union(endpointsAt, []) }
  { role: 'records', scopes: union(zonesAt, createdZonesAt) }
  { role: 'zones', scopes: createdZonesAt }
  { role: 'networks', scopes: empty(createdZonesAt) || dnsZoneChoice == 'central' ? [] : union(networksAt, []) }
  {
    role: 'preflight'
    scopes: union(map(endpointsAt, scope => '/subscriptions/${subscriptionOf(scope)}'), zonesAt, createdZonesAt)
  }
]
// One definition for each role and subscription. An assignment at a subscription includes its resource groups.
var grants = flatten(map(
  roleScopes,
  item =>
    map(union(map(item.scopes, scope => subscriptionOf(scope)), []), id => {
      role: item.role
      title: 'clickhouse-privatelink ${roles[item.role].title}, ${owner} (${token}, ${take(id, 8)})'
      subscription: id
      scopes: contains(item.scopes, '/subscriptions/${id}')
        ? ['/subscriptions/${id}']
        : filter(item.scopes, scope => subscriptionOf(scope) == id)
    })
))

var assignsOwnRoles = roleAssignments != 'none'
var createsNetwork = privateNetworking && empty(outboundSubnetId)
var privateTargets = [
  { name: 'host', groupId: 'blob', zone: 'privatelink.blob.', zoneIndex: 0 }
  { name: 'data', groupId: 'blob', zone: 'privatelink.blob.', zoneIndex: 0 }
  { name: 'vault', groupId: 'vault', zone: 'privatelink.vaultcore.', zoneIndex: 1 }
  { name: 'outcomes', groupId: 'topic', zone: 'privatelink.eventgrid.', zoneIndex: 2 }
]

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    appName: resourceNames.?appIdentity ?? 'id-app-${token}'
    eventsName: resourceNames.?eventsIdentity ?? 'id-events-${token}'
    existingId: appIdentityId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    hostName: resourceNames.?hostStorage ?? 'sthost${token}'
    dataName: resourceNames.?dataStorage ?? 'stdata${token}'
    appPrincipalId: identities.outputs.appPrincipalId
    eventsPrincipalId: identities.outputs.eventsPrincipalId
    retentionDays: blobRetentionDays
    private: privateNetworking
    assignRoles: assignsOwnRoles
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: resourceNames.?keyVault ?? 'kv-${token}'
    principalId: identities.outputs.appPrincipalId
    apiSecret: clickhouseApiSecret
    purgeProtection: vaultPurgeProtection
    private: privateNetworking
    assignRoles: assignsOwnRoles
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: resourceNames.?logAnalytics ?? 'log-${token}'
    insightsName: resourceNames.?applicationInsights ?? 'appi-${token}'
    existingWorkspaceId: logAnalyticsWorkspaceId
    principalId: identities.outputs.appPrincipalId
    retentionDays: logRetentionDays
    dailyQuotaGB: logDailyQuotaGB
    assignRoles: assignsOwnRoles
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: monitoring.outputs.workspaceLocation
    tags: tags
    token: token
    actionGroupName: resourceNames.?actionGroup ?? 'ag-${token}'
    email: alertEmail
    existingActionGroupId: actionGroupId
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
  }
}

module outcomes 'modules/outcomes.bicep' = if (outcomeTopic) {
  scope: group
  params: {
    location: location
    tags: tags
    name: resourceNames.?outcomeTopic ?? 'evgt-outcomes-${token}'
    principalId: identities.outputs.appPrincipalId
    private: privateNetworking
    assignRoles: assignsOwnRoles
  }
}

module access 'modules/access.bicep' = [
  for grant in grants: if (roleAssignments == 'all') {
    scope: subscription(grant.subscription)
    params: {
      key: '${token}-${grant.role}'
      title: grant.title
      details: roles[grant.role].description
      actions: roles[grant.role].actions
      scopes: grant.scopes
      principalId: identities.outputs.appPrincipalId
    }
  }
]

module network 'modules/network.bicep' = if (createsNetwork) {
  scope: group
  params: { location: location, tags: tags, name: resourceNames.?virtualNetwork ?? 'vnet-${token}' }
}

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for (target, index) in privateTargets: if (privateNetworking && (target.name != 'outcomes' || outcomeTopic)) {
    scope: group
    params: {
      location: location
      tags: tags
      name: 'pe-${target.name}-${token}'
      groupId: target.groupId
      targetId: [
        storage.outputs.hostAccountId
        storage.outputs.dataAccountId
        vault.outputs.id
        outcomeTopic ? outcomes!.outputs.id : ''
      ][index]
      subnetId: createsNetwork
        ? network!.outputs.privateEndpointSubnetId
        : empty(privateEndpointSubnetId)
            ? fail('privateEndpointSubnetId is required with outboundSubnetId')
            : privateEndpointSubnetId
      createRecord: createsNetwork || !empty(zoneOf(listOf(privateDnsZoneIds), target.zone))
      zoneId: createsNetwork
        ? network!.outputs.zoneIds[target.zoneIndex]
        : zoneOf(listOf(privateDnsZoneIds), target.zone)
    }
  }
]

module app 'modules/app.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    planName: resourceNames.?plan ?? 'plan-${token}'
    name: resourceNames.?functionApp ?? 'func-${token}'
    identityId: identities.outputs.appId
    identityClientId: identities.outputs.appClientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    hostAccountName: storage.outputs.hostAccountName
    hostBlobUrl: storage.outputs.hostBlobUrl
    connectionString: monitoring.outputs.connectionString
    settings: {
      OWNER_ID: owner
      CLICKHOUSE_ORG_ID: clickhouseOrgId
      CLICKHOUSE_CLOUD_API_KEY: clickhouseApiKey
      CLICKHOUSE_CLOUD_API_SECRET: vault.outputs.secretReference
      CLICKHOUSE_API_URL: clickhouseApiUrl
      CLICKHOUSE_RATE_LIMIT: clickhouseRateLimit
      ENDPOINT_SCOPES: join(endpointsAt, ',')
      ENDPOINT_TAG: endpointTag
      SERVICE_FILTER: serviceFilter
      ENDPOINT_ID_KIND: endpointIdKind
      DNS_ZONE_SCOPES: join(zonesAt, ',')
      DNS_ZONE_CHOICE: dnsZoneChoice
      DNS_ZONE_RESOURCE_GROUP: dnsZoneResourceGroup
      DNS_ADOPT: dnsAdopt
      DNS_RECORD_TTL: dnsRecordTtl
      AUDIT_SCHEDULE: empty(auditSchedule) ? '0 */15 * * * *' : auditSchedule
      EVENT_POLICY: eventPolicy
      AUDIT_POLICY: auditPolicy
      AUDIT_DEADLINE: auditDeadline
      MAX_REMOVALS: maxRemovals
      PENDING_GRACE: pendingGrace
      REPORT_STORE: storage.outputs.reportContainerUrl
      OUTCOME_TOPIC_ENDPOINT: outcomeTopic ? outcomes!.outputs.endpoint : ''
      AZURE_RESOURCE_MANAGER_URL: environment().resourceManager
    }
    entraClientId: entraClientId
    entraAllowedClientIds: listOf(entraAllowedClientIds)
    entraAllowedPrincipalIds: listOf(entraAllowedPrincipalIds)
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    outboundSubnetId: createsNetwork ? network!.outputs.outboundSubnetId : (privateNetworking ? outboundSubnetId : '')
    restrictInbound: privateNetworking || !empty(inboundAddressRanges)
    inboundAddressRanges: listOf(inboundAddressRanges)
  }
  dependsOn: [privateEndpoints]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
    statusUrl: '${app.outputs.url}/api/status'
  }
}

// azd stores these in its environment: events.bicepparam and the hooks read them.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = app.outputs.name
output FUNCTION_APP_ID string = app.outputs.id
output FUNCTION_APP_URL string = app.outputs.url
output MONITORED_SCOPES string = join(endpointsAt, ',')
output EVENTS_IDENTITY_ID string = privateNetworking ? '' : identities.outputs.eventsId
output DEAD_LETTER_STORAGE_ID string = storage.outputs.dataAccountId
output WORKSPACE_ID string = monitoring.outputs.workspaceId
output ALERT_ACTION_GROUP_ID string = alerts.outputs.actionGroupId
output OUTCOME_TOPIC_ID string = outcomeTopic ? outcomes!.outputs.id : ''
output DEPLOYMENT_TOKEN string = token
output DEPLOYMENT_TAGS Tags = tags
output APP_IDENTITY_PRINCIPAL_ID string = identities.outputs.appPrincipalId
output ROLE_GRANTS Grant[] = grants
output OWN_ROLE_ASSIGNMENTS OwnAssignment[] = concat(
  [
    {
      role: 'Storage Blob Data Owner'
      principalId: identities.outputs.appPrincipalId
      scope: storage.outputs.hostAccountId
    }
    {
      role: 'Storage Blob Data Contributor'
      principalId: identities.outputs.appPrincipalId
      scope: storage.outputs.reportContainerId
    }
    {
      role: 'Storage Blob Data Contributor'
      principalId: identities.outputs.eventsPrincipalId
      scope: storage.outputs.deadLetterContainerId
    }
    { role: 'Key Vault Secrets User', principalId: identities.outputs.appPrincipalId, scope: vault.outputs.secretId }
    {
      role: 'Monitoring Metrics Publisher'
      principalId: identities.outputs.appPrincipalId
      scope: monitoring.outputs.insightsId
    }
  ],
  outcomeTopic
    ? [{ role: 'EventGrid Data Sender', principalId: identities.outputs.appPrincipalId, scope: outcomes!.outputs.id }]
    : []
)
output ROLE_ASSIGNMENTS_CREATED string = roleAssignments
