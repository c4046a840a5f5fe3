// Package layout holds the frames of pages: App for people who are signed in, Plain for sign-in, set-up and errors, and
// Respond for respondents. What belongs to a request and not to a page (who looks, theme, path) comes by the context,
// through the accessors of this file, which are safe without it.
package layout

import (
	"context"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/components"
)

// Viewer is who looks at a page. The zero Viewer is nobody.
type Viewer struct {
	ID           string
	Name         string
	Email        string
	Organisation string
	Admin        bool
	Unread       int // notifications
}

type (
	viewerKey  struct{}
	themeKey   struct{}
	pathKey    struct{}
	accessKey  struct{}
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

// WithAccess returns a context for a page of a survey or a workflow with which its viewer may do so much.
func WithAccess(ctx context.Context, access models.Access) context.Context {
	return context.WithValue(ctx, accessKey{}, access)
}

// MayEdit reports whether the viewer may change the survey or workflow that the page is about.
func MayEdit(ctx context.Context) bool {
	return value[models.Access](ctx, accessKey{}).Allows(models.AccessEdit)
}

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
	SectionSurveys       Section = "surveys"
	SectionContacts      Section = "contacts"
	SectionWorkflows     Section = "workflows"
	SectionRuns          Section = "runs"
	SectionReceivers     Section = "receivers"
	SectionCredentials   Section = "credentials"
	SectionMySurveys     Section = "mySurveys"
	SectionStatistics    Section = "statistics"
	SectionSettings      Section = "settings"
	SectionAccount       Section = "account"
	SectionNotifications Section = "notifications"
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
			{SectionContacts, components.IconUsers, link.Contacts(), i18n.T(ctx, "layout.nav.contacts")},
			{SectionWorkflows, components.IconWorkflow, link.Workflows(), i18n.T(ctx, "layout.nav.workflows")},
			{SectionRuns, components.IconHistory, link.Runs(), i18n.T(ctx, "layout.nav.runs")},
		},
		{
			{SectionMySurveys, components.IconMail, link.MySurveys(), i18n.T(ctx, "layout.nav.my_surveys")},
			{SectionStatistics, components.IconGauge, link.Statistics(), i18n.T(ctx, "layout.nav.statistics")},
		},
		{
			{SectionCredentials, components.IconKeyRound, link.Credentials(), i18n.T(ctx, "layout.nav.credentials")},
			{SectionReceivers, components.IconInbox, link.Receivers(), i18n.T(ctx, "layout.nav.receivers")},
			{SectionSettings, components.IconSettings, link.Settings(), i18n.T(ctx, "layout.nav.settings")},
		},
	}
}

// SurveyTab is one of the views of a survey.
type SurveyTab string

// The views of a survey.
const (
	SurveyTabBuild      SurveyTab = "build"
	SurveyTabResponses  SurveyTab = "responses"
	SurveyTabReports    SurveyTab = "reports"
	SurveyTabWorkflows  SurveyTab = "workflows"
	SurveyTabCollectors SurveyTab = "collectors"
	SurveyTabLabels     SurveyTab = "labels"
	SurveyTabSettings   SurveyTab = "settings"

	SurveyTabTranslations SurveyTab = "translations"
)

// SurveyTabs returns the tabs of a survey with one of them current.
func SurveyTabs(ctx context.Context, surveyID string, current SurveyTab) []components.Tab {
	tabs := []components.Tab{
		{Label: i18n.T(ctx, "layout.survey.build"), Href: link.SurveyBuild(surveyID), Current: current == SurveyTabBuild},
		{Label: i18n.T(ctx, "translation.tab"), Href: link.SurveyTranslations(surveyID), Current: current == SurveyTabTranslations},
		{Label: i18n.T(ctx, "label.tab"), Href: link.SurveyLabels(surveyID), Current: current == SurveyTabLabels},
		{Label: i18n.T(ctx, "layout.survey.collectors"), Href: link.SurveyCollectors(surveyID), Current: current == SurveyTabCollectors},
		{Label: i18n.T(ctx, "layout.survey.responses"), Href: link.Responses(surveyID), Current: current == SurveyTabResponses},
		{Label: i18n.T(ctx, "report.tab"), Href: link.SurveyReports(surveyID), Current: current == SurveyTabReports},
		{Label: i18n.T(ctx, "layout.survey.workflows"), Href: link.SurveyWorkflows(surveyID), Current: current == SurveyTabWorkflows},
	}
	if MayEdit(ctx) { // to others its forms are closed
		tabs = append(tabs, components.Tab{Label: i18n.T(ctx, "layout.survey.settings"), Href: link.SurveySettings(surveyID), Current: current == SurveyTabSettings})
	}
	return tabs
}

// WorkflowTab is one of the views of a workflow.
type WorkflowTab string

// The views of a workflow.
const (
	WorkflowTabEditor WorkflowTab = "editor"
	WorkflowTabRuns   WorkflowTab = "runs"

	WorkflowTabRevisions WorkflowTab = "revisions"
	WorkflowTabSettings  WorkflowTab = "settings"
)

// WorkflowTabs returns the tabs of a workflow with one of them current.
func WorkflowTabs(ctx context.Context, workflowID string, current WorkflowTab) []components.Tab {
	return []components.Tab{
		{Label: i18n.T(ctx, "layout.workflow.editor"), Href: link.Workflow(workflowID), Current: current == WorkflowTabEditor},
		{Label: i18n.T(ctx, "layout.workflow.runs"), Href: link.WorkflowRuns(workflowID), Current: current == WorkflowTabRuns},
		{Label: i18n.T(ctx, "layout.workflow.revisions"), Href: link.WorkflowRevisions(workflowID), Current: current == WorkflowTabRevisions},
		{Label: i18n.T(ctx, "layout.workflow.settings"), Href: link.WorkflowSettings(workflowID), Current: current == WorkflowTabSettings},
	}
}
