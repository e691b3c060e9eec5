// The deployment of subscriptions.bicepparam, after its scopes were narrowed to one subscription.
using '../main.bicep'

param environmentName = 'demo'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param endpointScopes = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-inside'
param dnsZoneScopes = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-dns'
