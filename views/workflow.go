package views

import (
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
)

// What the side panel of the editor can show, as the parameter "edit" of its address says it. A task is shown by
// EditTask and its id, the choice of a new step by EditAdd and the number of tasks before it.
const (
	EditEvent     = "event"
	EditCondition = "condition"
	EditSettings  = "settings"
	EditTest      = "test"
	EditDelete    = "delete"
	EditTask      = "task-"
	EditAdd       = "add-"
)

// editorPath gives the address of a workflow's editor with its panel showing something.
func editorPath(workflowID, edit string) string {
	return link.With(link.Workflow(workflowID), "edit", edit)
}

// EditorPath gives the address of a workflow's editor with its panel showing something, such as EditEvent.
func EditorPath(workflowID, edit string) string { return editorPath(workflowID, edit) }

// WorkflowHead is what every view of a workflow tells about it.
type WorkflowHead struct {
	ID         string
	Name       string
	SurveyID   string // empty for a workflow without a survey
	SurveyName string
	Status     models.WorkflowStatus
	OffReason  string // why it switched itself off
	Version    int    // what is live; 0 before the first Put live
	LiveAt     time.Time
	Changed    bool // the draft differs from what is live
}

// workflowCrumbs leads to a workflow: through its survey, where it has one.
func workflowCrumbs(ctx context.Context, h WorkflowHead) []components.Crumb {
	if h.SurveyID == "" {
		return []components.Crumb{{Label: i18n.T(ctx, "workflow.list.title"), Href: link.Workflows()}}
	}
	return []components.Crumb{
		{Label: i18n.T(ctx, "workflow.list.title"), Href: link.Workflows()},
		{Label: h.SurveyName, Href: link.SurveyWorkflows(h.SurveyID)},
	}
}

// Token is one thing that can be piped, in the owner's words.
type Token struct {
	Group   string // shown as the heading of its kind
	Label   string
	Text    string // the token itself
	Choices string // id of the question whose choices it is compared with; empty for none
}

// QuestionChoices are the choices of a question, as a condition may name them.
type QuestionChoices struct {
	ID      string
	Choices []components.Option
}

// tokenGroups gives the groups of tokens in the order in which they come.
func tokenGroups(tokens []Token) []string {
	var groups []string
	for _, t := range tokens {
		if !slices.Contains(groups, t.Group) {
			groups = append(groups, t.Group)
		}
	}
	return groups
}

// findToken finds what a text names when it is one token and nothing else.
func findToken(tokens []Token, text string) (Token, bool) {
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Text == text })
	if i < 0 {
		return Token{}, false
	}
	return tokens[i], true
}

// TaskProps describes the form of a task.
type TaskProps struct {
	Spec      models.TaskSpec
	Retry     string // default, none or own
	Delays    string // of an own schedule, as people write it: "5 s, 1 min"
	Errors    []models.FieldError
	Web       WebServiceForm // of a web service task
	First     bool           // nothing stands before it, so that it cannot move up
	Last      bool
	Receivers []components.Option // addresses of the owner's receivers, to try things out
	Tokens    []Token
}

// WebServiceForm is what is typed into the form of a web service task, as it was typed.
type WebServiceForm struct {
	Method  string
	URL     string
	Headers []models.HeaderSpec
	Format  models.BodyFormat // empty for no body
	Mode    models.BodyMode
	Pairs   []models.PairSpec
	Text    string
	Timeout string // seconds
}

// Retry schedules that the form of a task offers.
const (
	RetryDefault = "default"
	RetryNone    = "none"
	RetryOwn     = "own"
)

// taskIcon is the icon of a type of task.
func taskIcon(t models.TaskType) components.IconName {
	if t == models.TaskWebService {
		return components.IconGlobe
	}
	return components.IconBraces
}

// Host gives the part of a URL that people recognise it by: its host, or all of it when there is none to see.
func Host(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return rest
}
