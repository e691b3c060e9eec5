metadata description = 'Who is told, and of what.'

param tags object
param token string

@description('Address that alerts are sent to. Empty: they only show in the portal.')
param email string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'ch-plink'
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

output actionGroupId string = empty(email) ? '' : people.id
