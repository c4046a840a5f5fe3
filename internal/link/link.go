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
	PatternAccountTokenDelete = "/account/tokens/:tokenID/delete"
	PatternAccountSessions    = "/account/sessions"

	PatternSurveys          = "/surveys"
	PatternSurveyNew        = "/surveys/new"
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
	PatternQuestionDelete   = "/surveys/:surveyID/questions/:questionID/delete"
	PatternEmbeddedData     = "/surveys/:surveyID/embedded-data"
	PatternSurveyPutLive    = "/surveys/:surveyID/put-live"
	PatternSurveyClose      = "/surveys/:surveyID/close"
	PatternSurveyReopen     = "/surveys/:surveyID/reopen"
	PatternSurveyDelete     = "/surveys/:surveyID/delete"
	PatternSurveySettings   = "/surveys/:surveyID/settings"
	PatternResponses        = "/surveys/:surveyID/responses"
	PatternResponse         = "/surveys/:surveyID/responses/:responseID"
	PatternResponseDelete   = "/surveys/:surveyID/responses/:responseID/delete"
	PatternSurveyWorkflows  = "/surveys/:surveyID/workflows"
	PatternSurveyCollectors = "/surveys/:surveyID/collectors"
	PatternCollectorClose   = "/surveys/:surveyID/collectors/:collectorID/close"
	PatternCollectorReopen  = "/surveys/:surveyID/collectors/:collectorID/reopen"

	PatternWorkflows         = "/workflows"
	PatternWorkflowNew       = "/workflows/new"
	PatternWorkflow          = "/workflows/:workflowID"
	PatternWorkflowEvent     = "/workflows/:workflowID/event"
	PatternWorkflowCondition = "/workflows/:workflowID/condition"
	PatternTasks             = "/workflows/:workflowID/tasks"
	PatternTask              = "/workflows/:workflowID/tasks/:taskID"
	PatternTaskMove          = "/workflows/:workflowID/tasks/:taskID/move"
	PatternTaskDelete        = "/workflows/:workflowID/tasks/:taskID/delete"
	PatternTaskTest          = "/workflows/:workflowID/tasks/:taskID/test"
	PatternWorkflowPutLive   = "/workflows/:workflowID/put-live"
	PatternWorkflowDiscard   = "/workflows/:workflowID/discard"
	PatternWorkflowEnable    = "/workflows/:workflowID/enable"
	PatternWorkflowDisable   = "/workflows/:workflowID/disable"
	PatternWorkflowTest      = "/workflows/:workflowID/test"
	PatternWorkflowDelete    = "/workflows/:workflowID/delete"
	PatternWorkflowRuns      = "/workflows/:workflowID/runs"

	PatternRuns       = "/runs"
	PatternRunsReplay = "/runs/replay"
	PatternRunsCancel = "/runs/cancel"
	PatternRun        = "/runs/:runID"
	PatternRunReplay  = "/runs/:runID/replay"
	PatternRunCancel  = "/runs/:runID/cancel"
	PatternRunPlay    = "/runs/:runID/play"

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
	PatternRespond      = "/s/:collector"
	PatternRespondPairs = "/s/:collector/*"
	PatternJFE          = "/jfe/form/:surveyID"
	PatternJFEPairs     = "/jfe/form/:surveyID/*"
	PatternReceiverURL  = "/receiver/:token"
	PatternStatic       = "/static/*"
	PatternHealth       = "/healthz"
	PatternReady        = "/readyz"
	PatternMetrics      = "/metrics"

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
