// Only the required parameters.
using '../main.bicep'

param environmentName = 'demo'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param dnsZoneScopes = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-dns'
