metadata description = 'Everything that is needed before the code is deployed. What needs the deployed code is in events.bicep.'

targetScope = 'subscription'

// What azd asks for.

@minLength(1)
@maxLength(40)
@description('Name of this deployment: part of the names of its resources, and the OWNER_ID unless ownerId is given.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
@description('Region of the function app and what belongs to it. Endpoints may be in any region.')
param location string

@minLength(36)
@maxLength(36)
@description('Id of the ClickHouse Cloud organization.')
param clickhouseOrgId string

@minLength(1)
@description('Id of a ClickHouse Cloud API key (docs/permissions.md says what its role needs). The id is no secret.')
param clickhouseApiKey string

@secure()
@description('Secret of that key. It goes into the key vault and nowhere else. Empty: the vault keeps what it has.')
param clickhouseApiSecret string

// Whose endpoints may ask, and where their records are. All have defaults.

@maxLength(64)
@description('Setting OWNER_ID, the name in every mark of ownership. Never reuse or change it lightly. Empty: environmentName.')
param ownerId string = ''

@description('Setting ENDPOINT_SCOPES: ARM ids of the subscriptions or resource groups whose endpoints may ask, separated by commas. Each subscription in it is monitored. Empty: this subscription.')
param endpointScopes string = ''

@description('Setting DNS_ZONE_SCOPES: ARM ids of the subscriptions or, better, resource groups whose private DNS zones may be written to, separated by commas. Empty: endpointScopes.')
param dnsZoneScopes string = ''

@allowed(['', 'linked', 'central'])
@description('Setting DNS_ZONE_CHOICE. central: the one zone of the right name in dnsZoneScopes, whatever it is linked to (hub and spoke with a DNS resolver); no network is linked, and no right to link one is given. Empty: linked.')
param dnsZoneChoice string = ''

@description('Setting DNS_ZONE_RESOURCE_GROUP: ARM id of the resource group where missing zones are made and, unless dnsZoneChoice is central, linked. Empty: none are made, and no right to make one is given.')
param dnsZoneResourceGroup string = ''

@description('ARM ids of the subscriptions or resource groups whose virtual networks may be linked to zones that are made, separated by commas. Used only with dnsZoneResourceGroup, and not if dnsZoneChoice is central. Empty: endpointScopes.')
param virtualNetworkScopes string = ''

// Other settings of the app. Empty: the default of the app, as its README tells it.

@description('Setting ENDPOINT_TAG.')
param endpointTag string = ''

@description('Setting SERVICE_FILTER: the services that may be given, as selectors. Empty: every service.')
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
@description('Setting EVENT_POLICY. upsert: events add and repair, and remove nothing. Empty: sync.')
param eventPolicy string = ''

@allowed(['', 'report', 'upsert', 'sync'])
@description('Setting AUDIT_POLICY.')
param auditPolicy string = ''

@description('Setting AUDIT_DEADLINE, in minutes.')
param auditDeadline string = ''

@description('Setting MAX_REMOVALS, for a pass over everything and for what events release within an hour.')
param maxRemovals string = ''

@description('Setting PENDING_GRACE, in minutes.')
param pendingGrace string = ''

@description('Setting CLICKHOUSE_API_URL.')
param clickhouseApiUrl string = ''

@description('Setting CLICKHOUSE_RATE_LIMIT, calls/seconds of one process.')
param clickhouseRateLimit string = ''

// How it is run and watched.

@description('Whether to make an Event Grid topic for outcome events, setting OUTCOME_TOPIC_ENDPOINT.')
param outcomeTopic bool = true

@description('Address that alerts are sent to. Empty: they only show in the portal.')
param alertEmail string = ''

@description('Client id of an Entra ID app registration. Given: HTTP functions ask for a token of it, besides the function key. Empty: the function key alone.')
param entraClientId string = ''

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB. 512 is enough for audits of up to some thousand endpoints, and slower to start.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Most instances of one function at a time. All share one rate limit of the ClickHouse Cloud API, so many do not make it faster.')
param maximumInstanceCount int = 40

@minValue(0)
@description('Instances kept warm for events, so that the first after a pause takes no cold start. They cost money while idle.')
param alwaysReadyInstances int = 0

@minValue(30)
@maxValue(730)
@description('Days that logs are kept.')
param logRetentionDays int = 30

@minValue(1)
@description('Days that reports of audits and dead-lettered events are kept.')
param blobRetentionDays int = 90

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var owner = empty(ownerId) ? environmentName : ownerId

var home = toLower(subscription().id)
var endpointsAt = empty(endpointScopes) ? [home] : map(split(toLower(endpointScopes), ','), scope => trim(scope))
var zonesAt = empty(dnsZoneScopes) ? endpointsAt : map(split(toLower(dnsZoneScopes), ','), scope => trim(scope))
var madeAt = empty(dnsZoneResourceGroup) ? [] : [toLower(trim(dnsZoneResourceGroup))]
var networksAt = empty(virtualNetworkScopes)
  ? endpointsAt
  : map(split(toLower(virtualNetworkScopes), ','), scope => trim(scope))

var roles = loadJsonContent('roles.json')
var granted = [
  { role: 'endpoints', scopes: union(endpointsAt, []) }
  { role: 'records', scopes: union(zonesAt, madeAt) }
  { role: 'zones', scopes: madeAt }
  { role: 'networks', scopes: empty(madeAt) || dnsZoneChoice == 'central' ? [] : union(networksAt, []) }
  {
    role: 'preflight'
    scopes: union(map(endpointsAt, scope => '/subscriptions/${split(scope, '/')[2]}'), zonesAt, madeAt)
  }
]
// A custom role is defined once in each subscription that it is used in.
var grants = flatten(map(
  granted,
  one =>
    map(union(map(one.scopes, scope => split(scope, '/')[2]), []), id => {
      role: one.role
      subscription: id
      scopes: filter(one.scopes, scope => split(scope, '/')[2] == id)
    })
))

var chosenSettings = {
  OWNER_ID: owner
  CLICKHOUSE_ORG_ID: clickhouseOrgId
  CLICKHOUSE_CLOUD_API_KEY: clickhouseApiKey
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
  AZURE_RESOURCE_MANAGER_URL: environment().resourceManager
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: { location: location, tags: tags, token: token }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    appPrincipalId: identities.outputs.appPrincipalId
    eventsPrincipalId: identities.outputs.eventsPrincipalId
    retentionDays: blobRetentionDays
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identities.outputs.appPrincipalId
    apiSecret: clickhouseApiSecret
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identities.outputs.appPrincipalId
    retentionDays: logRetentionDays
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
  }
}

module outcomes 'modules/outcomes.bicep' = if (outcomeTopic) {
  name: 'outcomes'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identities.outputs.appPrincipalId
  }
}

module access 'modules/access.bicep' = [
  for grant in grants: {
    name: 'access-${grant.role}-${take(grant.subscription, 8)}-${token}'
    scope: subscription(grant.subscription)
    params: {
      key: '${token}-${grant.role}'
      title: 'clickhouse-privatelink ${roles[grant.role].title}, ${owner} (${token}, ${take(grant.subscription, 8)})'
      details: roles[grant.role].description
      actions: roles[grant.role].actions
      scopes: grant.scopes
      principalId: identities.outputs.appPrincipalId
    }
  }
]

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    identityId: identities.outputs.appId
    identityClientId: identities.outputs.appClientId
    packageContainerUrl: storage.outputs.packageContainerUrl
    hostAccountName: storage.outputs.hostAccountName
    hostBlobUrl: storage.outputs.hostBlobUrl
    connectionString: monitoring.outputs.connectionString
    settings: union(chosenSettings, {
      CLICKHOUSE_CLOUD_API_SECRET: vault.outputs.secretReference
      REPORT_STORE: storage.outputs.reportContainerUrl
      OUTCOME_TOPIC_ENDPOINT: outcomeTopic ? outcomes!.outputs.endpoint : ''
    })
    entraClientId: entraClientId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    statusUrl: '${app.outputs.url}/api/status'
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = app.outputs.name
output FUNCTION_APP_ID string = app.outputs.id
output FUNCTION_APP_URL string = app.outputs.url
output MONITORED_SCOPES string = join(endpointsAt, ',')
output EVENTS_IDENTITY_ID string = identities.outputs.eventsId
output DEAD_LETTER_STORAGE_ID string = storage.outputs.dataAccountId
output WORKSPACE_ID string = monitoring.outputs.workspaceId
output ACTION_GROUP_ID string = alerts.outputs.actionGroupId
output OUTCOME_TOPIC_ID string = outcomeTopic ? outcomes!.outputs.id : ''
output DEPLOYMENT_TOKEN string = token
output ROLE_SUBSCRIPTIONS string = join(union(map(grants, grant => grant.subscription), []), ',')
output APP_IDENTITY_PRINCIPAL_ID string = identities.outputs.appPrincipalId
