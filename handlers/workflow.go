package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views"
	"surveyflow/views/components"
)

// workflows are the pages of workflows: lists, the form for a new one, and the editor.
type workflows struct {
	store *store.Store
	types *task.Registry
	base  link.Base
	clock clock.Clock
	log   *slog.Logger
}

// workflowRoutes are the rows of workflows.
func workflowRoutes(d Deps) []web.Route {
	h := &workflows{store: d.Store, types: d.Tasks, base: d.Base, clock: d.Clock, log: d.Log}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	return []web.Route{
		page(get, link.PatternWorkflows, h.list),
		page(get, link.PatternSurveyWorkflows, h.list),
		page(get, link.PatternWorkflowNew, h.new),
		page(post, link.PatternWorkflows, h.create),
		page(get, link.PatternWorkflow, h.show),
		page(post, link.PatternWorkflow, h.rename),
		page(post, link.PatternWorkflowEvent, h.saveEvent),
		page(post, link.PatternWorkflowCondition, h.saveCondition),
		page(post, link.PatternTasks, h.addTask),
		page(post, link.PatternTask, h.saveTask),
		page(post, link.PatternTaskMove, h.moveTask),
		page(post, link.PatternTaskDelete, h.deleteTask),
		page(post, link.PatternTaskTest, h.tryTask),
		page(post, link.PatternWorkflowPutLive, h.putLive),
		page(post, link.PatternWorkflowDiscard, h.discard),
		page(post, link.PatternWorkflowEnable, h.enable),
		page(post, link.PatternWorkflowDisable, h.disable),
		page(post, link.PatternWorkflowTest, h.test),
		page(post, link.PatternWorkflowDelete, h.delete),
	}
}

// list shows all workflows or, as a tab of a survey, its own.
func (h *workflows) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := views.WorkflowsProps{SurveyID: c.Param("surveyID"), Search: cutRunes(web.Query(c, "q"), 200)}
	if p.SurveyID != "" {
		s, err := h.store.Survey(ctx, actor, p.SurveyID)
		if err != nil {
			return err
		}
		p.SurveyName = s.Name
	}
	page := web.PageOf(c)
	p.After = page.Before
	rows, next, err := h.store.Workflows(ctx, actor, store.WorkflowFilter{SurveyID: p.SurveyID, Search: p.Search, Page: page})
	if err != nil {
		return err
	}
	p.Older = next
	if p.Items, err = h.items(ctx, actor, rows); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, views.Workflows(p))
}

// items are the lines of a list of workflows, with names of their surveys and their last runs.
func (h *workflows) items(ctx context.Context, actor models.Actor, rows []models.Workflow) ([]views.WorkflowItem, error) {
	ids := make([]string, len(rows))
	for i, w := range rows {
		ids[i] = w.ID
	}
	last, err := h.store.LastRuns(ctx, ids...)
	if err != nil {
		return nil, err
	}
	names, err := surveyNames(ctx, h.store, actor, rows)
	if err != nil {
		return nil, err
	}
	items := make([]views.WorkflowItem, len(rows))
	for i := range rows {
		w := &rows[i]
		items[i] = views.WorkflowItem{Head: headOf(w), Words: taskListWords(ctx, w.Draft.V.Tasks), UpdatedAt: w.UpdatedAt}
		if w.SurveyID != nil {
			items[i].Head.SurveyName = names[*w.SurveyID]
		}
		if run, ok := last[w.ID]; ok {
			item := runItem(&run)
			items[i].LastRun = &item
		}
	}
	return items, nil
}

// taskListWords says in a few words what a workflow does: its first task, and how many more there are.
func taskListWords(ctx context.Context, tasks []models.TaskSpec) string {
	switch len(tasks) {
	case 0:
		return i18n.T(ctx, "workflow.words.no_tasks")
	case 1:
		return views.TaskTitle(ctx, tasks[0])
	}
	return i18n.T(ctx, "workflow.words.more", "First", views.TaskTitle(ctx, tasks[0]), "Count", len(tasks)-1)
}

// surveyNames gives the names of the surveys that the workflows belong to, each read once.
func surveyNames(ctx context.Context, s *store.Store, actor models.Actor, rows []models.Workflow) (map[string]string, error) {
	names := map[string]string{}
	for _, w := range rows {
		if w.SurveyID == nil {
			continue
		}
		if _, known := names[*w.SurveyID]; known {
			continue
		}
		v, err := s.Survey(ctx, actor, *w.SurveyID)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound:
			names[*w.SurveyID] = ""
		case err != nil:
			return nil, err
		default:
			names[*w.SurveyID] = v.Name
		}
	}
	return names, nil
}

// headOf gives what every view of a workflow tells, without the name of its survey.
func headOf(w *models.Workflow) views.WorkflowHead {
	head := views.WorkflowHead{
		ID: w.ID, Name: w.Name, Status: w.Status(), OffReason: w.OffReason, Version: w.Version, Changed: w.Changed(),
	}
	if w.SurveyID != nil {
		head.SurveyID = *w.SurveyID
	}
	if w.LiveAt != nil {
		head.LiveAt = *w.LiveAt
	}
	return head
}

func (h *workflows) new(c echo.Context) error {
	p := views.WorkflowNewProps{SurveyID: web.Query(c, "survey"), Starter: web.Query(c, "starter")}
	if p.Starter != views.StarterEmpty {
		p.Starter = views.StarterSend
	}
	return h.renderNew(c, http.StatusOK, p)
}

func (h *workflows) renderNew(c echo.Context, status int, p views.WorkflowNewProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	surveys, _, err := h.store.Surveys(ctx, actor, store.SurveyFilter{Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return err
	}
	for _, s := range surveys {
		p.Surveys = append(p.Surveys, components.Option{Value: s.ID, Label: s.Name})
	}
	if p.SurveyID == "" && len(p.Surveys) > 0 {
		p.SurveyID = p.Surveys[0].Value
	}
	if p.Receivers, err = receiverOptions(ctx, h.store, h.base, actor); err != nil {
		return err
	}
	return web.Render(c, status, views.WorkflowNew(p))
}

// receiverOptions offers the addresses of the actor's receivers.
func receiverOptions(ctx context.Context, s *store.Store, base link.Base, actor models.Actor) ([]components.Option, error) {
	rows, err := s.Receivers(ctx, actor)
	if err != nil {
		return nil, err
	}
	options := make([]components.Option, len(rows))
	for i, r := range rows {
		options[i] = components.Option{Value: base.ReceiverURL(r.Token), Label: r.Name}
	}
	return options, nil
}

func (h *workflows) create(c echo.Context) error {
	var in struct {
		Name     string `form:"name"`
		SurveyID string `form:"surveyId"`
		Starter  string `form:"starter"`
		URL      string `form:"url"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	refuse := func(field, key string) error {
		return h.renderNew(c, http.StatusUnprocessableEntity, views.WorkflowNewProps{
			Name: in.Name, SurveyID: in.SurveyID, Starter: in.Starter, URL: in.URL, Errors: []models.FieldError{models.Field(field, key)},
		})
	}
	survey, err := h.store.Survey(ctx, actor, in.SurveyID)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
		return refuse("surveyId", "workflow.error.survey")
	case err != nil:
		return err
	case utf8.RuneCountInString(in.Name) > 200:
		return refuse("name", "workflow.error.name")
	}
	def := models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse, On: []string{models.OnCreated}}}
	edit := ""
	if in.Starter == views.StarterSend {
		def.Tasks = []models.TaskSpec{sendResponses(&survey.Draft.V, in.URL)}
	}
	workflow.Normalize(&def)
	if in.Starter == views.StarterSend {
		edit = views.EditTask + def.Tasks[0].ID
	}
	if in.Name == "" {
		in.Name = startName(ctx, in.Starter, in.URL)
	}
	w := models.Workflow{
		ID: models.NewID(models.PrefixWorkflow), SurveyID: &survey.ID, OwnerID: actor.UserID, Name: in.Name, EventType: def.Event.Type,
		Draft: models.JSON[models.WorkflowDefinition]{V: def},
	}
	if err := h.store.CreateWorkflow(ctx, actor, &w); err != nil {
		return err
	}
	return web.Redirect(c, views.EditorPath(w.ID, edit))
}

// startName names a workflow whose owner did not.
func startName(ctx context.Context, starter, url string) string {
	if starter == views.StarterSend && strings.Contains(url, "://") && !strings.Contains(views.Host(url), "{") {
		return cutRunes(i18n.T(ctx, "workflow.name.send_to", "Host", views.Host(url)), 200)
	}
	return i18n.T(ctx, "workflow.name.untitled")
}

// sendResponses is a task that sends every answer of a survey, named by its export tag, to a URL.
func sendResponses(def *models.SurveyDefinition, url string) models.TaskSpec {
	config := models.WebServiceConfig{
		Method: "POST", URL: url,
		Body: &models.BodySpec{Format: models.BodyJSON, Mode: models.BodyKeyValue, Pairs: answerPairs(def)},
	}
	text, err := models.MarshalJSON(config)
	if err != nil { // strings alone
		text = []byte("{}")
	}
	return models.TaskSpec{Type: models.TaskWebService, OnFailure: models.FailureContinue, Config: text}
}

func answerPairs(def *models.SurveyDefinition) []models.PairSpec {
	pair := func(key, value string) models.PairSpec {
		return models.PairSpec{Key: key, Value: value, DataType: models.DataSystemDefault, OnCastFailure: models.CastError}
	}
	pairs := []models.PairSpec{pair("responseId", "${rm://Field/ResponseID}"), pair("recordedAt", "${rm://Field/RecordedDate}")}
	for _, q := range def.Questions() {
		path := "ChoiceTextEntryValue"
		if len(q.Choices) > 0 {
			path = "ChoiceGroup/SelectedChoices"
		}
		pairs = append(pairs, pair(q.ExportTag(), "${q://"+q.ID+"/"+path+"}"))
	}
	for _, t := range workflow.Tokens(def) {
		if t.Group == "embedded" {
			pairs = append(pairs, pair(t.Label, t.Text))
		}
	}
	return pairs
}
