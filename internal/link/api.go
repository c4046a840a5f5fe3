package link

// PatternOAuthToken is where programs get tokens of the API by OAuth 2.0.
const PatternOAuthToken = "/oauth2/token"

// Patterns of the API (contract §6). Every spelling of "API/v3", and double or trailing slashes, are folded into these
// before routing.
const (
	PatternAPIOpenAPI = APIPrefix + "/openapi.json"
	PatternAPIWhoami  = APIPrefix + "/whoami"

	PatternAPISurveys        = APIPrefix + "/surveys"
	PatternAPISurvey         = APIPrefix + "/surveys/:surveyId"
	PatternAPIResponses      = APIPrefix + "/surveys/:surveyId/responses"
	PatternAPIResponseUpdate = APIPrefix + "/responses/:responseId"
	PatternAPIResponse       = APIPrefix + "/surveys/:surveyId/responses/:responseId"

	PatternAPISessions = APIPrefix + "/surveys/:surveyId/sessions"
	PatternAPISession  = APIPrefix + "/surveys/:surveyId/sessions/:sessionId"

	PatternAPIResponseSchema  = APIPrefix + "/surveys/:surveyId/response-schema"
	PatternAPIResponseUpdates = APIPrefix + "/surveys/:surveyId/update-responses"
	PatternAPIResponseUpdated = APIPrefix + "/surveys/:surveyId/update-responses/:progressId"
	PatternAPIResponseDeletes = APIPrefix + "/surveys/:surveyId/delete-responses"
	PatternAPIResponseDeleted = APIPrefix + "/surveys/:surveyId/delete-responses/:progressId"
	PatternAPIResponseImports = APIPrefix + "/surveys/:surveyId/import-responses"
	PatternAPIResponseImport  = APIPrefix + "/surveys/:surveyId/import-responses/:progressId"

	PatternAPIExports          = APIPrefix + "/surveys/:surveyId/export-responses"
	PatternAPIExport           = APIPrefix + "/surveys/:surveyId/export-responses/:exportId"
	PatternAPIExportFile       = APIPrefix + "/surveys/:surveyId/export-responses/:exportId/file"
	PatternAPILegacyExports    = APIPrefix + "/responseexports"
	PatternAPILegacyExport     = APIPrefix + "/responseexports/:exportId"
	PatternAPILegacyExportFile = APIPrefix + "/responseexports/:exportId/file"

	PatternAPILabels = APIPrefix + "/surveys/:surveyId/data-labels"

	PatternAPIDefinitions = APIPrefix + "/survey-definitions"
	PatternAPIDefinition  = APIPrefix + "/survey-definitions/:surveyId"
	PatternAPIQuestions   = APIPrefix + "/survey-definitions/:surveyId/questions"
	PatternAPIQuestion    = APIPrefix + "/survey-definitions/:surveyId/questions/:questionId"
	PatternAPIVersions    = APIPrefix + "/survey-definitions/:surveyId/versions"
	PatternAPIVersion     = APIPrefix + "/survey-definitions/:surveyId/versions/:version"

	PatternAPIBlocks      = APIPrefix + "/survey-definitions/:surveyId/blocks"
	PatternAPIBlock       = APIPrefix + "/survey-definitions/:surveyId/blocks/:blockId"
	PatternAPIFlow        = APIPrefix + "/survey-definitions/:surveyId/flow"
	PatternAPIOptions     = APIPrefix + "/survey-definitions/:surveyId/options"
	PatternAPIMetadata    = APIPrefix + "/survey-definitions/:surveyId/metadata"
	PatternAPIQuotas      = APIPrefix + "/survey-definitions/:surveyId/quotas"
	PatternAPIQuota       = APIPrefix + "/survey-definitions/:surveyId/quotas/:quotaId"
	PatternAPIQuotaGroups = APIPrefix + "/survey-definitions/:surveyId/quotagroups"
	PatternAPIQuotaGroup  = APIPrefix + "/survey-definitions/:surveyId/quotagroups/:quotaId"
	PatternAPIQuotaList   = APIPrefix + "/surveys/:surveyId/quotas"
	PatternAPILanguages   = APIPrefix + "/surveys/:surveyId/languages"
	PatternAPITranslation = APIPrefix + "/surveys/:surveyId/translations/:languageCode"

	PatternAPIOrganization = APIPrefix + "/organizations/:organizationId"
	PatternAPIGroups       = APIPrefix + "/groups"
	PatternAPIDivisions    = APIPrefix + "/divisions"
	PatternAPILibraries    = APIPrefix + "/libraries"
	PatternAPIMessages     = APIPrefix + "/libraries/:libraryId/messages"
	PatternAPIMessage      = APIPrefix + "/libraries/:libraryId/messages/:messageId"
	PatternAPIUserToken    = APIPrefix + "/users/:userId/apitoken"

	PatternAPIDistributions         = APIPrefix + "/distributions"
	PatternAPIDistribution          = APIPrefix + "/distributions/:distributionId"
	PatternAPIDistributionHistory   = APIPrefix + "/distributions/:distributionId/history"
	PatternAPIDistributionLinks     = APIPrefix + "/distributions/:distributionId/links"
	PatternAPIDistributionReminders = APIPrefix + "/distributions/:distributionId/reminders"
	PatternAPIDistributionThanks    = APIPrefix + "/distributions/:distributionId/thankyous"

	PatternAPIImportReport = APIPrefix + "/survey-definitions/:surveyId/import-report"

	PatternAPICollaborations = APIPrefix + "/surveys/:surveyId/permissions/collaborations"
	PatternAPICollaboration  = APIPrefix + "/surveys/:surveyId/permissions/collaborations/:recipientId"

	PatternAPIUsers = APIPrefix + "/users"
	PatternAPIUser  = APIPrefix + "/users/:userId"

	PatternAPISubscriptions = APIPrefix + "/eventsubscriptions"
	PatternAPISubscription  = APIPrefix + "/eventsubscriptions/:subscriptionId"

	PatternAPIWorkflows       = APIPrefix + "/workflows"
	PatternAPIWorkflow        = APIPrefix + "/workflows/:workflowId"
	PatternAPIWorkflowEnable  = APIPrefix + "/workflows/:workflowId/enable"
	PatternAPIWorkflowDisable = APIPrefix + "/workflows/:workflowId/disable"
	PatternAPIWorkflowTest    = APIPrefix + "/workflows/:workflowId/test"
	PatternAPIWorkflowRuns    = APIPrefix + "/workflows/:workflowId/runs"

	PatternAPICredentials = APIPrefix + "/credentials"
	PatternAPICredential  = APIPrefix + "/credentials/:credentialId"

	PatternAPIRuns       = APIPrefix + "/runs"
	PatternAPIRun        = APIPrefix + "/runs/:runId"
	PatternAPIRunsReplay = APIPrefix + "/runs/replay"
	PatternAPIRunsCancel = APIPrefix + "/runs/cancel"
	PatternAPIRunsPlay   = APIPrefix + "/runs/play"
	PatternAPIRunsExport = APIPrefix + "/runs/export"
	PatternAPIJob        = APIPrefix + "/jobs/:jobId"
	PatternAPIJobCancel  = APIPrefix + "/jobs/:jobId/cancel"
	PatternAPIJobFile    = APIPrefix + "/jobs/:jobId/file"
	PatternAPIRunReplay  = APIPrefix + "/runs/:runId/replay"
	PatternAPIRunCancel  = APIPrefix + "/runs/:runId/cancel"
	PatternAPIRunPlay    = APIPrefix + "/runs/:runId/play"

	// PatternAPIRoot and PatternAPIRest take what is no route of the API, so that it is answered in the API's own form.
	PatternAPIRoot = "/API"
	PatternAPIRest = "/API/*"
)

// Patterns of the API's contact lists and contacts: of a directory, and the older ones of Qualtrics' Research Core.
const (
	PatternAPIDirectories       = APIPrefix + "/directories"
	PatternAPIDirectoryContacts = APIPrefix + "/directories/:directoryId/contacts"
	PatternAPIDirectoryContact  = APIPrefix + "/directories/:directoryId/contacts/:contactId"
	PatternAPIDirectoryLists    = APIPrefix + "/directories/:directoryId/mailinglists"
	PatternAPIDirectoryList     = APIPrefix + "/directories/:directoryId/mailinglists/:mailingListId"
	PatternAPIListContacts      = APIPrefix + "/directories/:directoryId/mailinglists/:mailingListId/contacts"
	PatternAPIListContact       = APIPrefix + "/directories/:directoryId/mailinglists/:mailingListId/contacts/:contactId"

	PatternAPIMailingLists    = APIPrefix + "/mailinglists"
	PatternAPIMailingList     = APIPrefix + "/mailinglists/:mailingListId"
	PatternAPIMailingContacts = APIPrefix + "/mailinglists/:mailingListId/contacts"
	PatternAPIContactImports  = APIPrefix + "/mailinglists/:mailingListId/contactimports"
	PatternAPIContactImport   = APIPrefix + "/mailinglists/:mailingListId/contactimports/:importId"
	PatternAPIListImports     = APIPrefix + "/directories/:directoryId/mailinglists/:mailingListId/transactioncontacts"
	PatternAPIListImport      = APIPrefix + "/directories/:directoryId/mailinglists/:mailingListId/transactioncontacts/:importId"
	PatternAPIBounces         = APIPrefix + "/bounces"
	PatternAPIMailingContact  = APIPrefix + "/mailinglists/:mailingListId/contacts/:contactId"
)
