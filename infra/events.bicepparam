// Values from the azd environment, which contains the outputs of main.bicep. The hook checks that the required ones are
// set. The defaults here let the compiler check this file without that environment.
using './events.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', '')
param location = readEnvironmentVariable('AZURE_LOCATION', '')
param functionAppId = readEnvironmentVariable('FUNCTION_APP_ID', '')
param monitoredScopes = readEnvironmentVariable('MONITORED_SCOPES', '')
param eventsIdentityId = readEnvironmentVariable('EVENTS_IDENTITY_ID', '')
param deadLetterStorageId = readEnvironmentVariable('DEAD_LETTER_STORAGE_ID', '')
param workspaceId = readEnvironmentVariable('WORKSPACE_ID', '')
param actionGroupId = readEnvironmentVariable('ALERT_ACTION_GROUP_ID', '')
param systemTopicIds = readEnvironmentVariable('SYSTEM_TOPIC_IDS', '')
param failedDeliveryThreshold = int(readEnvironmentVariable('FAILED_DELIVERY_THRESHOLD', '5'))
param resourceGroupName = readEnvironmentVariable('AZURE_RESOURCE_GROUP', '')
param eventsResourceGroupName = readEnvironmentVariable('EVENTS_RESOURCE_GROUP_NAME', '')
param resourceTags = json(readEnvironmentVariable('DEPLOYMENT_TAGS', '{}'))
param roleAssignments = readEnvironmentVariable('ROLE_ASSIGNMENTS_CREATED', 'all')
