metadata description = 'The picture of the status page, over time, from the log.'

param location string
param tags object
param token string

@description('Log Analytics workspace of the app\'s log.')
param workspaceId string

@description('The page that shows the latest report.')
param statusUrl string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'clickhouse-privatelink', token)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'ClickHouse Private Link'
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: replace(
      replace(loadTextContent('../workbook.json'), '__WORKSPACE_ID__', workspaceId),
      '__STATUS_URL__',
      statusUrl
    )
  }
}
