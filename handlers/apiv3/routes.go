package apiv3

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// endpoint is one row of the API's table: a route and its description.
type endpoint struct {
	method  string
	pattern string
	handler echo.HandlerFunc
	open    bool // answers without a token
	quiet   bool // logged only when debugging: it comes thousands of times a second
	name    string
	tag     string
	summary string
	more    string // longer description
	params  []param
	body    any           // what is sent: a value of its type, or a schema
	noBody  bool          // the body may be left out
	form    bool          // the body may be multipart/form-data too
	result  any           // the member result: a value of its type, or a schema; nil for none
	plain   bool          // the answer is the result itself, without an envelope
	file    bool          // the answer is a file
	limit   int64         // largest body in bytes; 0 means web.DefaultLimit
	timeout time.Duration // how long a call may take; 0 means web.Timeout
}

// param is a parameter of the query or a header.
type param struct {
	name, in, text string
	schema         schema
}

// Routes are the API's rows of the one table of routes.
func (a *API) Routes() []web.Route {
	rows := make([]web.Route, 0, len(a.table)+2)
	for _, e := range a.table {
		guard := web.GuardToken
		if e.open {
			guard = web.GuardNone
		}
		rows = append(rows, web.Route{
			Method: e.method, Pattern: e.pattern, Handler: e.handler, Guard: guard, Origin: web.OriginPublic, Quiet: e.quiet, Errors: a.problem, Limit: e.limit, Timeout: e.timeout,
		})
	}
	rows = append(rows, a.oauthRoutes()...)
	for _, pattern := range []string{link.PatternAPIRoot, link.PatternAPIRest} {
		rows = append(rows, web.Route{
			Method: web.AnyMethod, Pattern: pattern, Handler: a.noRoute, Guard: web.GuardNone, Origin: web.OriginPublic, Errors: a.problem,
		})
	}
	return rows
}

// noRoute answers what is no route: 405 where another method would be one.
func (a *API) noRoute(c echo.Context) error {
	nameRequest(c)
	var methods []string
	for _, e := range a.table {
		if matches(e.pattern, c.Request().URL.Path) && !slices.Contains(methods, e.method) {
			methods = append(methods, e.method)
		}
	}
	if len(methods) == 0 {
		return models.NotFound("api.error.no_route")
	}
	c.Response().Header().Set("Allow", strings.Join(methods, ", "))
	return echo.NewHTTPError(http.StatusMethodNotAllowed)
}

// matches reports whether a path is one of a pattern's.
func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], ":") || got[i] == "") {
			return false
		}
	}
	return true
}

const (
	tagAccount     = "Account"
	tagSurveys     = "Surveys"
	tagDefinitions = "Survey definitions"
	tagResponses   = "Responses"
	tagWorkflows   = "Workflows"
	tagCredentials = "Credentials"
	tagContacts    = "Contacts"
	tagRuns        = "Runs"

	tagDistributions = "Distributions"
)

// tags lists the groups of the description in their order.
var tags = []string{tagAccount, tagSurveys, tagDefinitions, tagResponses, tagWorkflows, tagCredentials, tagContacts, tagDistributions, tagRuns}

// Parameters that several routes have.
var (
	scopeParam = param{"scope", "query", "organization: everything of the organisation and not only one's own; for administrators.", schema{"type": "string", "enum": []string{"organization"}}}
	sizeParam  = param{"pageSize", "query", "Elements of a page, 1 to 500; 100 when it is not named.", schema{"type": "integer", "minimum": 1, "maximum": 500}}
	skipParam  = param{"skipToken", "query", "The place in the list that nextPage names.", schema{"type": "string"}}
	paging     = []param{sizeParam, skipParam}
)

// offsetParam is the parameter of clients that page by number.
func offsetParam(what string) param {
	return param{"offset", "query", "How many " + what + " to pass over, for clients that page by number.", schema{"type": "integer", "minimum": 0}}
}

// endpoints is the table.
func (a *API) endpoints() []endpoint {
	return slices.Concat(a.accountEndpoints(), a.surveyEndpoints(), a.labelEndpoints(), a.collectorEndpoints(), a.definitionEndpoints(), a.responseEndpoints(), a.bulkResponseEndpoints(), a.exportEndpoints(), a.workflowEndpoints(), a.subscriptionEndpoints(), a.failingEndpoints(), a.credentialEndpoints(), a.contactEndpoints(), a.distributionEndpoints(), a.messageEndpoints(), a.runEndpoints())
}

func (a *API) accountEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPIWhoami, handler: a.serve(a.whoami), name: "whoami", tag: tagAccount,
			summary: "Who the token belongs to", result: whoami{},
		},
		{
			method: get, pattern: link.PatternAPIOpenAPI, handler: a.openAPI, open: true, name: "openapi", tag: tagAccount,
			summary: "This description", result: schema{"type": "object"}, plain: true,
		},
		{
			method: get, pattern: link.PatternAPIUsers, handler: a.serve(a.listUsers), name: "listUsers", tag: tagAccount,
			summary: "The people of the organisation, by address", result: list[userRow]{}, params: []param{sizeParam, offsetParam("people")},
		},
		{
			method: get, pattern: link.PatternAPIUser, handler: a.serve(a.showUser), name: "getUser", tag: tagAccount,
			summary: "One person", more: "Language, time zone and dates are null to members who ask about somebody else.", result: userDetail{},
		},
	}
}

func (a *API) surveyEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPISurveys, handler: a.serve(a.listSurveys), name: "listSurveys", tag: tagSurveys,
			summary: "List surveys, the last changed first", result: list[surveyRow]{},
			params: slices.Concat(paging, []param{offsetParam("surveys")}),
		},
		{
			method: post, pattern: link.PatternAPISurveys, handler: a.serve(a.makeSurvey), name: "importSurvey", tag: tagSurveys,
			summary: "Make a survey of a QSF file, or copy one",
			more:    "A file comes as multipart/form-data with name and file, or by its address with fileUrl, also as JSON. The report tells line by line what became of it. With X-COPY-SOURCE a survey is copied: the draft's questions and options, but no answers, workflows or dates.",
			body:    surveyMakingSchema, noBody: true, form: true, result: surveyMadeSchema, limit: importLimit, timeout: importTimeout,
			params: []param{
				{headerCopySource, "header", "The survey that is copied.", schema{"type": "string"}},
				{headerCopyOwner, "header", "Whose the copy is; the caller's when it is not named.", schema{"type": "string"}},
			},
		},
		{
			method: get, pattern: link.PatternAPISurvey, handler: a.serve(a.showSurvey), name: "getSurvey", tag: tagSurveys,
			summary: "A survey in the older shape, with the meaning of export columns",
			more:    "It shows what respondents see: the live version, or the draft of a survey that was never live.", result: legacySurveySchema,
		},
		{
			method: put, pattern: link.PatternAPISurvey, handler: a.serve(a.updateSurvey), name: "updateSurvey", tag: tagSurveys,
			summary: "Rename, publish and open, close, date or give away a survey",
			more:    "What is not named stays. isActive true publishes the draft and opens the survey; false closes it.", body: surveyChangeSchema,
		},
		{
			method: del, pattern: link.PatternAPISurvey, handler: a.serve(a.deleteSurvey), name: "deleteSurvey", tag: tagSurveys,
			summary: "Delete a survey with its workflows; their waiting runs are canceled",
		},
		{
			method: get, pattern: link.PatternAPICollaborations, handler: a.serve(a.listCollaborations), name: "listCollaborations", tag: tagSurveys,
			summary: "With whom a survey is shared", result: list[collaboration]{},
		},
		{
			method: post, pattern: link.PatternAPICollaborations, handler: a.serve(a.createCollaboration), name: "createCollaboration", tag: tagSurveys,
			summary: "Share a survey, or change what somebody may do", body: newCollaboration{}, result: collaboration{},
			more: "People look at a survey or change it. Any switch about changing gives the second; none, the first. Who gets more than before is told by mail.",
		},
		{
			method: del, pattern: link.PatternAPICollaboration, handler: a.serve(a.deleteCollaboration), name: "deleteCollaboration", tag: tagSurveys,
			summary: "Take a share back, or leave a survey oneself",
		},
	}
}

func (a *API) definitionEndpoints() []endpoint {
	return []endpoint{
		{
			method: post, pattern: link.PatternAPIDefinitions, handler: a.serve(a.createSurvey), name: "createSurvey", tag: tagDefinitions,
			summary: "Make a survey with one empty block and a public link", body: newSurveySchema, result: madeSurvey{},
		},
		{
			method: get, pattern: link.PatternAPIDefinition, handler: a.serve(a.showDefinition), name: "getDefinition", tag: tagDefinitions,
			summary: "The draft of a survey", result: definitionSchema,
			params: []param{{"format", "query", "qsf: the survey as a file, without an envelope.", schema{"type": "string", "enum": []string{"qsf"}}}},
		},
		{
			method: get, pattern: link.PatternAPIImportReport, handler: a.serve(a.showImportReport), name: "getImportReport", tag: tagDefinitions,
			summary: "What became of the file that a survey was made of", result: importReport{},
		},
		{
			method: get, pattern: link.PatternAPIQuestions, handler: a.serve(a.listQuestions), name: "listQuestions", tag: tagDefinitions,
			summary: "The questions of the draft in survey order", result: questionListSchema,
		},
		{
			method: post, pattern: link.PatternAPIQuestions, handler: a.serve(a.createQuestion), name: "createQuestion", tag: tagDefinitions,
			summary: "Add a question to the draft", more: unusedText, body: questionSchema, result: madeQuestion{},
			params: []param{{"blockId", "query", "The block that it is added to; the first one when it is not named.", schema{"type": "string"}}},
		},
		{
			method: get, pattern: link.PatternAPIQuestion, handler: a.serve(a.showQuestion), name: "getQuestion", tag: tagDefinitions,
			summary: "One question of the draft", result: questionSchema,
		},
		{
			method: put, pattern: link.PatternAPIQuestion, handler: a.serve(a.updateQuestion), name: "updateQuestion", tag: tagDefinitions,
			summary: "Replace a question of the draft", more: unusedText, body: questionSchema,
		},
		{
			method: del, pattern: link.PatternAPIQuestion, handler: a.serve(a.deleteQuestion), name: "deleteQuestion", tag: tagDefinitions,
			summary: "Remove a question from the draft",
		},
		{
			method: get, pattern: link.PatternAPIVersions, handler: a.serve(a.listVersions), name: "listVersions", tag: tagDefinitions,
			summary: "What was published, the newest first", result: list[versionRow]{}, params: paging,
		},
		{
			method: get, pattern: link.PatternAPIVersion, handler: a.serve(a.showVersion), name: "getVersion", tag: tagDefinitions,
			summary: "One version with its definition", result: shownVersionSchema,
		},
		{
			method: post, pattern: link.PatternAPIVersions, handler: a.serve(a.createVersion), name: "createVersion", tag: tagDefinitions,
			summary: "Publish the draft", body: newVersion{}, result: madeVersion{},
		},
	}
}

const unusedText = "Parts that the product does not use yet, and questions of types that it cannot ask, are kept, given back unchanged, and named in meta.notice."

func (a *API) responseEndpoints() []endpoint {
	return []endpoint{
		{
			method: post, pattern: link.PatternAPIResponses, handler: a.serve(a.createResponse), quiet: true, name: "createResponse", tag: tagResponses,
			summary: "Create a response; workflows start as for any other", body: newResponse{}, result: madeResponse{},
			more:   "Values are recode values or ids of choices (an array for several), _TEXT for texts, and plain names for embedded data and metadata.",
			params: []param{{headerIdempotency, "header", "The same key again in the survey answers the same response and makes no second one.", schema{"type": "string", "maxLength": maxKey}}},
		},
		{
			method: get, pattern: link.PatternAPIResponse, handler: a.serve(a.showResponse), name: "getResponse", tag: tagResponses,
			summary: "One response with values and labels", result: survey.Export{},
		},
		{
			method: get, pattern: link.PatternAPIResponseSchema, handler: a.serve(a.showSchema), name: "getResponseSchema", tag: tagResponses,
			summary: "What the responses to a survey consist of, as JSON Schema",
			more:    "Of what is published; of the draft while nothing is. What links and programs pass besides is embedded data that the schema does not name.",
			result:  responseSchemaSchema,
		},
		{
			method: put, pattern: link.PatternAPIResponseUpdate, handler: a.serve(a.updateResponse), name: "updateResponse", tag: tagResponses,
			summary: "Change the embedded data of a response; workflows start that wait for updated responses",
			more:    "What embeddedData does not name stays; null takes a field out. Unless resetRecordedDate is false the response counts as recorded now.",
			body:    responseUpdate{},
		},
		{
			method: del, pattern: link.PatternAPIResponse, handler: a.serve(a.deleteResponse), name: "deleteResponse", tag: tagResponses,
			summary: "Delete a response; runs that carry its values keep them until their retention ends",
		},
		{
			method: post, pattern: link.PatternAPISessions, handler: a.serve(a.startSession), name: "startSession", tag: tagResponses,
			summary: "Begin a response that a program answers page by page", body: newSession{}, result: shownSession{},
			more: "The survey has to be open. Display logic, piped text, languages and what the survey requires are as on its pages. The id is a secret. " +
				"With recipientId (a contactId or contactLookupId) it is the answer to that contact's last invitation to the survey, or to the one of distributionId, and goes on with what they began.",
		},
		{
			method: get, pattern: link.PatternAPISession, handler: a.serve(a.showSession), name: "getSession", tag: tagResponses,
			summary: "The page that a session shows now", result: shownSession{},
		},
		{
			method: post, pattern: link.PatternAPISession, handler: a.serve(a.updateSession), name: "updateSession", tag: tagResponses,
			summary: "Answer questions of the page that a session shows, and go on or end it", body: sessionChange{}, result: shownSession{},
			more: `Choices are named by their ids, as {"2":{"selected":true,"text":"…"}}; everything else takes the values of a new response. With advance the survey's rules hold; with close what was answered is recorded as partial.`,
		},
	}
}

func (a *API) workflowEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPIWorkflows, handler: a.serve(a.listWorkflows), name: "listWorkflows", tag: tagWorkflows,
			summary: "List workflows, the last changed first", result: list[workflowBody]{},
			params: slices.Concat(paging, []param{{"surveyId", "query", "Only those of this survey.", schema{"type": "string"}}}),
		},
		{
			method: post, pattern: link.PatternAPIWorkflows, handler: a.serve(a.createWorkflow), name: "createWorkflow", tag: tagWorkflows,
			summary: "Make a workflow; it is live at once, and on when enabled is true", body: workflowWriteSchema, result: workflowBody{},
		},
		{
			method: get, pattern: link.PatternAPIWorkflow, handler: a.serve(a.showWorkflow), name: "getWorkflow", tag: tagWorkflows,
			summary: "A workflow as it runs: its live version", result: workflowBody{},
		},
		{
			method: put, pattern: link.PatternAPIWorkflow, handler: a.serve(a.updateWorkflow), name: "updateWorkflow", tag: tagWorkflows,
			summary: "Change a workflow; it is live at once and replaces the draft",
			more:    "Members that are not named stay. With revision, a write that was made of an older one is answered 409.",
			body:    workflowWriteSchema, result: workflowBody{},
		},
		{
			method: del, pattern: link.PatternAPIWorkflow, handler: a.serve(a.deleteWorkflow), name: "deleteWorkflow", tag: tagWorkflows,
			summary: "Delete a workflow; meta.notice says how many waiting runs were canceled",
		},
		{
			method: post, pattern: link.PatternAPIWorkflowEnable, handler: a.serve(a.enableWorkflow), name: "enableWorkflow", tag: tagWorkflows,
			summary: "Turn a workflow on; runs that waited for that go on, or are canceled", body: workflowSwitchSchema, noBody: true, result: workflowBody{},
		},
		{
			method: post, pattern: link.PatternAPIWorkflowDisable, handler: a.serve(a.disableWorkflow), name: "disableWorkflow", tag: tagWorkflows,
			summary: "Turn a workflow off; its waiting runs are held", result: workflowBody{},
		},
		{
			method: post, pattern: link.PatternAPIWorkflowTest, handler: a.serve(a.testWorkflow), name: "testWorkflow", tag: tagWorkflows,
			summary: "Run the live version on a response that is there or on the values of an event, marked as a test", body: workflowTest{}, result: runDetail{},
		},
		{
			method: get, pattern: link.PatternAPIWorkflowRuns, handler: a.serve(a.listWorkflowRuns), name: "listWorkflowRuns", tag: tagWorkflows,
			summary: "The runs of a workflow, the newest first", result: list[runRow]{}, params: slices.Concat(paging, runParams),
		},
	}
}

var runParams = []param{
	{"status", "query", "Only runs with this status.", schema{"type": "string", "enum": models.RunStatuses}},
	{"from", "query", "Only runs made at this time or later.", schema{"type": "string", "format": "date-time"}},
	{"to", "query", "Only runs made before this time.", schema{"type": "string", "format": "date-time"}},
	{"q", "query", "The beginning of first name, last name or e-mail address; 3 characters or more.", schema{"type": "string", "minLength": 3}},
}

func (a *API) runEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPIRuns, handler: a.serve(a.listRuns), name: "listRuns", tag: tagRuns,
			summary: "The runs of all workflows, the newest first", result: list[runRow]{},
			params: slices.Concat(paging, runParams, []param{{"workflowId", "query", "Only runs of this workflow.", schema{"type": "string"}}}),
		},
		{
			method: get, pattern: link.PatternAPIRun, handler: a.serve(a.showRun), name: "getRun", tag: tagRuns,
			summary: "A run with its tasks and every try, secrets masked", result: runDetail{},
		},
		{
			method: post, pattern: link.PatternAPIRunReplay, handler: a.serve(a.replayRun), name: "replayRun", tag: tagRuns,
			summary: "Repeat a run that has ended; answers the new one", body: runReplaySchema, noBody: true, result: runDetail{},
		},
		{
			method: post, pattern: link.PatternAPIRunsReplay, handler: a.serve(a.replayRuns), name: "replayRuns", tag: tagRuns,
			summary: "Repeat many runs that have ended: those of runIds, or all that match a filter",
			more:    "The answer names a job, which GET /jobs/{jobId} tells of. Runs that have not ended are reported and left alone. perSecond holds the pace; without it replays go as fast as there is room beside other runs.",
			body:    bulkReplaySchema, result: startedJob{},
		},
		{
			method: post, pattern: link.PatternAPIRunsCancel, handler: a.serve(a.cancelRuns), name: "cancelRuns", tag: tagRuns,
			summary: "End many runs that have not ended: those of runIds, or all that match a filter",
			more:    "The answer names a job, which GET /jobs/{jobId} tells of. Running ones end before their next task.",
			body:    bulkOpenSchema, result: startedJob{},
		},
		{
			method: post, pattern: link.PatternAPIRunsPlay, handler: a.serve(a.playRuns), name: "playRuns", tag: tagRuns,
			summary: "Let many runs that wait go on now: those of runIds, or all that match a filter",
			more:    "The answer names a job, which GET /jobs/{jobId} tells of.",
			body:    bulkOpenSchema, result: startedJob{},
		},
		{
			method: post, pattern: link.PatternAPIRunsExport, handler: a.serve(a.exportRuns), name: "exportRuns", tag: tagRuns,
			summary: "Write all runs that match a filter into a file",
			more:    "The answer names a job, which GET /jobs/{jobId} tells of. Once it is complete, its file is at GET /jobs/{jobId}/file for a day.",
			body:    bulkExportSchema, result: startedJob{},
		},
		{
			method: post, pattern: link.PatternAPIWorkflowRuns, handler: a.serve(a.runForResponses), name: "runForResponses", tag: tagWorkflows,
			summary: "Start the workflow for responses that are there: those of responseIds, or all that match a filter",
			more:    "The answer names a job, which GET /jobs/{jobId} tells of. The condition decides as for a new response, unless always is true.",
			body:    bulkStartSchema, result: startedJob{},
		},
		{
			method: post, pattern: link.PatternAPIJobCancel, handler: a.serve(a.cancelJob), name: "cancelJob", tag: tagRuns,
			summary: "End long work where it is; what it has done stays", result: jobBody{},
		},
		{
			method: get, pattern: link.PatternAPIJobFile, handler: a.jobFile, name: "getJobFile", tag: tagRuns,
			summary: "The file that long work has made, as CSV or JSON", result: schema{}, plain: true,
		},
		{
			method: get, pattern: link.PatternAPIJob, handler: a.serve(a.showJob), name: "getJob", tag: tagRuns,
			summary: "How far long work is", result: jobBody{},
		},
		{
			method: post, pattern: link.PatternAPIRunCancel, handler: a.serve(a.cancelRun), name: "cancelRun", tag: tagRuns,
			summary: "End a run that waits, or a running one before its next task", result: runDetail{},
		},
		{
			method: post, pattern: link.PatternAPIRunPlay, handler: a.serve(a.playRun), name: "playRun", tag: tagRuns,
			summary: "Let a run that waits go on now", result: runDetail{},
		},
	}
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)
