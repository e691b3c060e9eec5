// Private networking with subnets and zones of an organization, as `make scan` checks it. The zone of Event Grid is left to
// a policy.
using '../main.bicep'

param environmentName = 'demo'
param location = 'westus3'
param clickhouseOrgId = '22222222-2222-4222-8222-222222222222'
param clickhouseApiKey = 'demo-key'
param clickhouseApiSecret = 'demo-secret'
param dnsZoneScopes = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-dns'
param privateNetworking = true
param outboundSubnetId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/outbound'
param privateEndpointSubnetId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/endpoints'
param privateDnsZoneIds = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net, /subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net'
param inboundAddressRanges = '203.0.113.0/24, 198.51.100.7/32'
param roleAssignments = 'own'
param vaultPurgeProtection = true
