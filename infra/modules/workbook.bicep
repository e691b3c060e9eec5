metadata description = 'A workbook with the history of the status page, from the log.'

import { Tags } from 'types.bicep'

param location string
param tags Tags
param token string

@description('Log Analytics workspace with the log of the app.')
param workspaceId string

@description('Application Insights component of the app.')
param insightsId string

@description('URL of the page with the latest report.')
param statusUrl string

var values = { __WORKSPACE_ID__: workspaceId, __INSIGHTS_ID__: insightsId, __STATUS_URL__: statusUrl }

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
    serializedData: reduce(
      items(values),
      loadTextContent('../workbook.json'),
      (text, value) => replace(text, value.key, value.value)
    )
  }
}
