// Package layout holds the frames of pages: App for people who are signed in, Plain for sign-in, set-up and errors, and
// Respond for respondents. What belongs to a request and not to a page (who looks, theme, path) comes by the context,
// through the accessors of this file, which are safe without it.
package layout

import (
	"context"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/views/components"
)

// Viewer is who looks at a page. The zero Viewer is nobody.
type Viewer struct {
	ID           string
	Name         string
	Email        string
	Organisation string
	Admin        bool
}

type (
	viewerKey  struct{}
	themeKey   struct{}
	pathKey    struct{}
	flashesKey struct{}
)

// value returns what a context holds under a key, or the zero value.
func value[T any](ctx context.Context, key any) T {
	v, _ := ctx.Value(key).(T)
	return v
}

// WithViewer returns a context for a page that v looks at.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerOf returns who looks at the page.
func ViewerOf(ctx context.Context) Viewer { return value[Viewer](ctx, viewerKey{}) }

// WithTheme returns a context for a page in a theme: "light", "dark", or "" to follow the system. Others count as "".
func WithTheme(ctx context.Context, theme string) context.Context {
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	return context.WithValue(ctx, themeKey{}, theme)
}

// ThemeOf returns the theme of the page.
func ThemeOf(ctx context.Context) string { return value[string](ctx, themeKey{}) }

// WithPath returns a context for the page at a path with its query, to which the theme switch leads back.
func WithPath(ctx context.Context, path string) context.Context {
	return context.WithValue(ctx, pathKey{}, path)
}

// PathOf returns the path of the page.
func PathOf(ctx context.Context) string { return value[string](ctx, pathKey{}) }

// WithFlashes returns a context for a page that tells what was just done; App and Plain show it above the content.
func WithFlashes(ctx context.Context, flashes ...components.Flash) context.Context {
	return context.WithValue(ctx, flashesKey{}, flashes)
}

// FlashesOf returns what the page tells.
func FlashesOf(ctx context.Context) []components.Flash {
	return value[[]components.Flash](ctx, flashesKey{})
}

// Section is a part of the app, as the navigation shows them.
type Section string

// The sections.
const (
	SectionSurveys   Section = "surveys"
	SectionWorkflows Section = "workflows"
	SectionRuns      Section = "runs"
	SectionReceivers Section = "receivers"
	SectionAccount   Section = "account"
)

// navLink is a link of the navigation.
type navLink struct {
	section Section
	icon    components.IconName
	href    string
	label   string
}

// navigation returns the links of the navigation in two groups: the daily work, and what it needs.
func navigation(ctx context.Context) [][]navLink {
	return [][]navLink{
		{
			{SectionSurveys, components.IconClipboardList, link.Surveys(), i18n.T(ctx, "layout.nav.surveys")},
			{SectionWorkflows, components.IconWorkflow, link.Workflows(), i18n.T(ctx, "layout.nav.workflows")},
			{SectionRuns, components.IconHistory, link.Runs(), i18n.T(ctx, "layout.nav.runs")},
		},
		{
			{SectionReceivers, components.IconInbox, link.Receivers(), i18n.T(ctx, "layout.nav.receivers")},
		},
	}
}

// SurveyTab is one of the views of a survey.
type SurveyTab string

// The views of a survey.
const (
	SurveyTabBuild      SurveyTab = "build"
	SurveyTabResponses  SurveyTab = "responses"
	SurveyTabWorkflows  SurveyTab = "workflows"
	SurveyTabCollectors SurveyTab = "collectors"
	SurveyTabSettings   SurveyTab = "settings"
)

// SurveyTabs returns the tabs of a survey with one of them current.
func SurveyTabs(ctx context.Context, surveyID string, current SurveyTab) []components.Tab {
	return []components.Tab{
		{Label: i18n.T(ctx, "layout.survey.build"), Href: link.SurveyBuild(surveyID), Current: current == SurveyTabBuild},
		{Label: i18n.T(ctx, "layout.survey.collectors"), Href: link.SurveyCollectors(surveyID), Current: current == SurveyTabCollectors},
		{Label: i18n.T(ctx, "layout.survey.responses"), Href: link.Responses(surveyID), Current: current == SurveyTabResponses},
		{Label: i18n.T(ctx, "layout.survey.workflows"), Href: link.SurveyWorkflows(surveyID), Current: current == SurveyTabWorkflows},
		{Label: i18n.T(ctx, "layout.survey.settings"), Href: link.SurveySettings(surveyID), Current: current == SurveyTabSettings},
	}
}

// WorkflowTab is one of the views of a workflow.
type WorkflowTab string

// The views of a workflow.
const (
	WorkflowTabEditor WorkflowTab = "editor"
	WorkflowTabRuns   WorkflowTab = "runs"
)

// WorkflowTabs returns the tabs of a workflow with one of them current.
func WorkflowTabs(ctx context.Context, workflowID string, current WorkflowTab) []components.Tab {
	return []components.Tab{
		{Label: i18n.T(ctx, "layout.workflow.editor"), Href: link.Workflow(workflowID), Current: current == WorkflowTabEditor},
		{Label: i18n.T(ctx, "layout.workflow.runs"), Href: link.WorkflowRuns(workflowID), Current: current == WorkflowTabRuns},
	}
}
