// Package link knows every address of the app: the patterns its routes are made of, the paths its pages link to, and
// the absolute URLs it gives to the world. No other package writes a path by hand.
package link

import (
	"net/url"
	"strings"
)

// Patterns of the pages, in the router's notation (":surveyID" is a path parameter). A pattern that ends in a verb is
// for POST.
const (
	PatternHome    = "/"
	PatternSignIn  = "/sign-in"
	PatternSignOut = "/sign-out"
	PatternSetUp   = "/set-up"
	PatternTheme   = "/theme"

	PatternAccount            = "/account"
	PatternAccountPreferences = "/account/preferences"
	PatternAccountPassword    = "/account/password"
	PatternAccountTokens      = "/account/tokens"
	PatternAccountToken       = "/account/tokens/:tokenID"
	PatternAccountTokenDelete = "/account/tokens/:tokenID/delete"
	PatternAccountSessions    = "/account/sessions"

	PatternSurveys          = "/surveys"
	PatternSurveyNew        = "/surveys/new"
	PatternSurveysImport    = "/surveys/import"
	PatternSurveyImported   = "/surveys/:surveyID/import"
	PatternSurveyFile       = "/surveys/:surveyID/export.qsf"
	PatternSurvey           = "/surveys/:surveyID"
	PatternSurveyBuild      = "/surveys/:surveyID/build"
	PatternSurveyPages      = "/surveys/:surveyID/pages"
	PatternSurveyPage       = "/surveys/:surveyID/pages/:pageID"
	PatternSurveyPageMove   = "/surveys/:surveyID/pages/:pageID/move"
	PatternSurveyPageDelete = "/surveys/:surveyID/pages/:pageID/delete"
	PatternQuestions        = "/surveys/:surveyID/questions"
	PatternQuestion         = "/surveys/:surveyID/questions/:questionID"
	PatternQuestionMove     = "/surveys/:surveyID/questions/:questionID/move"
	PatternQuestionCopy     = "/surveys/:surveyID/questions/:questionID/copy"
	PatternQuestionCopyTo   = "/surveys/:surveyID/questions/:questionID/copy-to"
	PatternQuestionDelete   = "/surveys/:surveyID/questions/:questionID/delete"
	PatternEmbeddedData     = "/surveys/:surveyID/embedded-data"
	PatternSurveyPutLive    = "/surveys/:surveyID/put-live"
	PatternSurveyClose      = "/surveys/:surveyID/close"
	PatternSurveyReopen     = "/surveys/:surveyID/reopen"
	PatternSurveyDelete     = "/surveys/:surveyID/delete"
	PatternSurveySettings   = "/surveys/:surveyID/settings"
	PatternSurveyPreview    = "/surveys/:surveyID/preview"
	PatternSurveyPreviewRun = "/surveys/:surveyID/preview/runs"
	PatternResponses        = "/surveys/:surveyID/responses"
	PatternResponse         = "/surveys/:surveyID/responses/:responseID"
	PatternResponseDelete   = "/surveys/:surveyID/responses/:responseID/delete"
	PatternSurveyWorkflows  = "/surveys/:surveyID/workflows"
	PatternSurveyCollectors = "/surveys/:surveyID/collectors"
	PatternCollectorClose   = "/surveys/:surveyID/collectors/:collectorID/close"
	PatternCollectorReopen  = "/surveys/:surveyID/collectors/:collectorID/reopen"
	PatternCollectorFrames  = "/surveys/:surveyID/collectors/:collectorID/frames"

	PatternSurveyReports       = "/surveys/:surveyID/reports"
	PatternSurveyReportDetails = "/surveys/:surveyID/reports/details"
	PatternSurveyReportExport  = "/surveys/:surveyID/reports/export"
	PatternSurveyReportTexts   = "/surveys/:surveyID/reports/questions/:questionID"

	PatternWorkflows         = "/workflows"
	PatternWorkflowNew       = "/workflows/new"
	PatternWorkflow          = "/workflows/:workflowID"
	PatternWorkflowEvent     = "/workflows/:workflowID/event"
	PatternWorkflowSample    = "/workflows/:workflowID/event/sample"
	PatternWorkflowToken     = "/workflows/:workflowID/event/token"
	PatternWorkflowCondition = "/workflows/:workflowID/condition"
	PatternTasks             = "/workflows/:workflowID/tasks"
	PatternTask              = "/workflows/:workflowID/tasks/:taskID"
	PatternTaskMove          = "/workflows/:workflowID/tasks/:taskID/move"
	PatternTaskDelete        = "/workflows/:workflowID/tasks/:taskID/delete"
	PatternTaskCopy          = "/workflows/:workflowID/tasks/:taskID/copy"
	PatternTaskCurl          = "/workflows/:workflowID/tasks/:taskID/curl"
	PatternTaskPreview       = "/workflows/:workflowID/tasks/:taskID/preview"
	PatternTaskRestore       = "/workflows/:workflowID/tasks/:taskID/restore"
	PatternTaskFind          = "/workflows/:workflowID/tasks/:taskID/find"
	PatternTaskCheck         = "/workflows/:workflowID/tasks/:taskID/check"
	PatternTaskTest          = "/workflows/:workflowID/tasks/:taskID/test"
	PatternWorkflowPutLive   = "/workflows/:workflowID/put-live"
	PatternWorkflowDiscard   = "/workflows/:workflowID/discard"
	PatternWorkflowEnable    = "/workflows/:workflowID/enable"
	PatternWorkflowDisable   = "/workflows/:workflowID/disable"
	PatternWorkflowTest      = "/workflows/:workflowID/test"
	PatternWorkflowDelete    = "/workflows/:workflowID/delete"
	PatternWorkflowRuns      = "/workflows/:workflowID/runs"

	PatternWorkflowSettings  = "/workflows/:workflowID/settings"
	PatternWorkflowNotify    = "/workflows/:workflowID/notifications"
	PatternWorkflowRevisions = "/workflows/:workflowID/revisions"
	PatternWorkflowRestore   = "/workflows/:workflowID/revisions/:version/restore"
	PatternWorkflowDuplicate = "/workflows/:workflowID/duplicate"
	PatternWorkflowExport    = "/workflows/:workflowID/export"
	PatternWorkflowImport    = "/workflows/import"

	PatternRuns       = "/runs"
	PatternRunsBulk   = "/runs/bulk"
	PatternRunsExport = "/runs/export"
	PatternRun        = "/runs/:runID"
	PatternRunReplay  = "/runs/:runID/replay"
	PatternRunCancel  = "/runs/:runID/cancel"
	PatternRunPlay    = "/runs/:runID/play"

	PatternJobs        = "/jobs"
	PatternJob         = "/jobs/:jobID"
	PatternJobCancel   = "/jobs/:jobID/cancel"
	PatternJobFile     = "/jobs/:jobID/file"
	PatternSurveyStart = "/surveys/:surveyID/start-workflow"

	PatternCredentials         = "/credentials"
	PatternCredentialNew       = "/credentials/new"
	PatternCredential          = "/credentials/:credentialID"
	PatternCredentialConnect   = "/credentials/:credentialID/connect"
	PatternCredentialHandshake = "/credentials/:credentialID/handshake"
	PatternCredentialDelete    = "/credentials/:credentialID/delete"
	PatternSettingsDomains     = "/settings/domains" // where the list was
	PatternSecurityDomains     = "/settings/security/domains"
	PatternOAuthRedirect       = "/oauth-client-service/redirect"

	PatternReceivers        = "/receivers"
	PatternReceiverNew      = "/receivers/new"
	PatternReceiver         = "/receivers/:receiverID"
	PatternReceiverRequests = "/receivers/:receiverID/requests"
	PatternReceiverRequest  = "/receivers/:receiverID/requests/:requestID"
	PatternReceiverClear    = "/receivers/:receiverID/clear"
	PatternReceiverDelete   = "/receivers/:receiverID/delete"
)

// Patterns of what others call (contract §3). The two respondent patterns are followed by any number of name/value path
// pairs, which the second form of each takes.
const (
	PatternRespond       = "/s/:collector"
	PatternRespondPairs  = "/s/:collector/*"
	PatternUnsubscribe   = "/unsubscribe/:invitationID/:token"
	PatternJFE           = "/jfe/form/:surveyID"
	PatternJFEPairs      = "/jfe/form/:surveyID/*"
	PatternReceiverURL   = "/receiver/:token"
	PatternJSONEvent     = "/inbound-event/v1/events/:format/triggers" // the format is json, in any case
	PatternStatic        = "/static/*"
	PatternHealth        = "/healthz"
	PatternReady         = "/readyz"
	PatternMetrics       = "/metrics"
	PatternCollectorCall = "/api.php" // the webhook of collectors

	// APIPrefix starts every path of the API; APIPrefixUpper is the spelling some of Qualtrics' clients use.
	APIPrefix      = "/API/v3"
	APIPrefixUpper = "/API/V3"
)

// fill puts values, escaped, in the place of the parameters of a pattern, from left to right.
func fill(pattern string, values ...string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") && len(values) > 0 {
			parts[i], values = url.PathEscape(values[0]), values[1:]
		}
	}
	return strings.Join(parts, "/")
}

// With returns path with query parameters added: pairs of a name and a value. Pairs with an empty value are left out,
// so that the address of a list without filters stays short.
func With(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Add(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + query.Encode()
}

// Local returns target when it is a path of this app, which is safe to redirect to, and fallback otherwise: an address
// from a query ("?next=") must not lead to another site.
func Local(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n\t") {
		return fallback
	}
	if u, err := url.Parse(target); err != nil || u.Host != "" || u.Scheme != "" {
		return fallback
	}
	return target
}

// CollectorFrames returns the path that says which sites may show a collector's pages in a frame (POST).
func CollectorFrames(surveyID, collectorID string) string {
	return fill(PatternCollectorFrames, surveyID, collectorID)
}
