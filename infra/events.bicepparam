// Values from the azd environment, which holds the outputs of main.bicep. The hook checks that they are set.
using './events.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param functionAppId = readEnvironmentVariable('FUNCTION_APP_ID')
param monitoredScopes = readEnvironmentVariable('MONITORED_SCOPES')
param eventsIdentityId = readEnvironmentVariable('EVENTS_IDENTITY_ID')
param deadLetterStorageId = readEnvironmentVariable('DEAD_LETTER_STORAGE_ID')
param workspaceId = readEnvironmentVariable('WORKSPACE_ID')
param actionGroupId = readEnvironmentVariable('ACTION_GROUP_ID', '')
param systemTopicIds = readEnvironmentVariable('SYSTEM_TOPIC_IDS', '')
param failedDeliveryThreshold = int(readEnvironmentVariable('FAILED_DELIVERY_THRESHOLD', '5'))
