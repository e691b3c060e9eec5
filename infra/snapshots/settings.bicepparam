// Every setting of the app, alerts by email, authentication by Entra ID, and a name with parentheses.
using '../main.bicep'

param environmentName = 'demo(test)'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param dnsZoneScopes = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-dns'
param dnsZoneChoice = 'central'
param dnsZoneResourceGroup = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-created'
param endpointTag = 'clickhouse'
param serviceFilter = 'tag:team=data'
param endpointIdKind = 'resource_id'
param dnsAdopt = 'true'
param dnsRecordTtl = '60'
param auditSchedule = '0 0 * * * *'
param eventPolicy = 'upsert'
param auditPolicy = 'sync'
param auditDeadline = '9'
param maxRemovals = '5'
param pendingGrace = '30'
param clickhouseApiUrl = 'https://api.clickhouse.cloud/v1'
param clickhouseRateLimit = '5/10'
param outcomeTopic = false
param alertEmail = 'operators@example.com'
param entraClientId = '55555555-5555-4555-8555-555555555555'
param entraAllowedClientIds = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
param entraAllowedPrincipalIds = '66666666-6666-4666-8666-666666666666'
param instanceMemoryMB = 512
param maximumInstanceCount = 100
param alwaysReadyInstances = 1
param logRetentionDays = 90
param logDailyQuotaGB = -1
param blobRetentionDays = 30
