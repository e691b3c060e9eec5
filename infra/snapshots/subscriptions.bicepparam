// Three subscriptions, with scopes in capitals, with spaces, twice, with a trailing slash, and within one another.
using '../main.bicep'

param environmentName = 'demo'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param endpointScopes = '/SUBSCRIPTIONS/11111111-1111-1111-1111-111111111111, /subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/RG-App/,/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-inside,/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg-app'
param dnsZoneScopes = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/Rg-Dns'
param dnsZoneResourceGroup = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/Rg-Created'
param virtualNetworkScopes = '/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg-network'
