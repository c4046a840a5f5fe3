package link

// Patterns of the API (contract §6). Every spelling of "API/v3", and double or trailing slashes, are folded into these
// before routing.
const (
	PatternAPIOpenAPI = APIPrefix + "/openapi.json"
	PatternAPIWhoami  = APIPrefix + "/whoami"

	PatternAPISurveys   = APIPrefix + "/surveys"
	PatternAPISurvey    = APIPrefix + "/surveys/:surveyId"
	PatternAPIResponses = APIPrefix + "/surveys/:surveyId/responses"
	PatternAPIResponse  = APIPrefix + "/surveys/:surveyId/responses/:responseId"

	PatternAPIDefinitions = APIPrefix + "/survey-definitions"
	PatternAPIDefinition  = APIPrefix + "/survey-definitions/:surveyId"
	PatternAPIQuestions   = APIPrefix + "/survey-definitions/:surveyId/questions"
	PatternAPIQuestion    = APIPrefix + "/survey-definitions/:surveyId/questions/:questionId"
	PatternAPIVersions    = APIPrefix + "/survey-definitions/:surveyId/versions"

	PatternAPIWorkflows       = APIPrefix + "/workflows"
	PatternAPIWorkflow        = APIPrefix + "/workflows/:workflowId"
	PatternAPIWorkflowEnable  = APIPrefix + "/workflows/:workflowId/enable"
	PatternAPIWorkflowDisable = APIPrefix + "/workflows/:workflowId/disable"
	PatternAPIWorkflowTest    = APIPrefix + "/workflows/:workflowId/test"
	PatternAPIWorkflowRuns    = APIPrefix + "/workflows/:workflowId/runs"

	PatternAPIRuns      = APIPrefix + "/runs"
	PatternAPIRun       = APIPrefix + "/runs/:runId"
	PatternAPIRunReplay = APIPrefix + "/runs/:runId/replay"
	PatternAPIRunCancel = APIPrefix + "/runs/:runId/cancel"
	PatternAPIRunPlay   = APIPrefix + "/runs/:runId/play"

	// PatternAPIRoot and PatternAPIRest take what is no route of the API, so that it is answered in the API's own form.
	PatternAPIRoot = "/API"
	PatternAPIRest = "/API/*"
)
