package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/script"
	"surveyflow/internal/secret"
	"surveyflow/internal/signing"
	"surveyflow/internal/store"
	"surveyflow/internal/task"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

// workflows are the pages of workflows: lists, the form for a new one, and the editor.
type workflows struct {
	store   *store.Store
	types   *task.Registry
	base    link.Base
	clock   clock.Clock
	log     *slog.Logger
	scripts *script.Pool // nil in a program without code tasks
	signing *signing.Keeper
	mails   bool // mail leaves this instance
	people  *account.People
	sealer  *secret.Sealer
	trials  trials
}

// workflowRoutes are the rows of workflows.
func workflowRoutes(d Deps) []web.Route {
	h := &workflows{store: d.Store, types: d.Tasks, base: d.Base, clock: d.Clock, log: d.Log, scripts: d.Scripts, signing: d.Signing, mails: d.Mail != nil, people: d.People, sealer: d.Sealer}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	page := func(method, pattern string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: method, Pattern: pattern, Handler: handler, Guard: web.GuardUser, Origin: web.OriginApp}
	}
	forEditors := func(method, pattern string, handler echo.HandlerFunc) web.Route { // pages of forms
		r := page(method, pattern, handler)
		r.Access = models.AccessEdit
		return r
	}
	return []web.Route{
		page(post, link.PatternListWorkflow, h.createForList),
		page(get, link.PatternWorkflows, h.list),
		page(get, link.PatternSurveyWorkflows, h.list),
		page(get, link.PatternWorkflowNew, h.new),
		page(post, link.PatternWorkflows, h.create),
		page(get, link.PatternWorkflow, h.show),
		page(post, link.PatternWorkflow, h.rename),
		page(post, link.PatternWorkflowEvent, h.saveEvent),
		forEditors(get, link.PatternWorkflowSample, h.sample),
		page(post, link.PatternWorkflowToken, h.makeToken),
		page(post, link.PatternWorkflowCondition, h.saveCondition),
		page(post, link.PatternTasks, h.addTask),
		page(post, link.PatternTask, h.saveTask),
		page(post, link.PatternTaskMove, h.moveTask),
		page(post, link.PatternTaskDelete, h.deleteTask),
		page(post, link.PatternTaskCopy, h.duplicateTask),
		page(post, link.PatternTaskRestore, h.restoreTask),
		page(post, link.PatternTaskCurl, h.pasteCurl),
		page(post, link.PatternTaskPreview, h.previewTask),
		page(post, link.PatternTaskTest, h.tryTask),
		page(post, link.PatternTaskFind, h.findOutput),
		page(post, link.PatternTaskSecretRotate, h.rotateSecret),
		forEditors(get, link.PatternWebhookNew, h.newWebhook),
		forEditors(post, link.PatternWebhookNew, h.stepWebhook),
		page(post, link.PatternTaskCheck, h.checkCode),
		page(post, link.PatternWorkflowPutLive, h.putLive),
		page(post, link.PatternWorkflowDiscard, h.discard),
		page(post, link.PatternWorkflowEnable, h.enable),
		page(post, link.PatternWorkflowDisable, h.disable),
		page(post, link.PatternWorkflowTest, h.test),
		page(post, link.PatternWorkflowDelete, h.delete),
		forEditors(get, link.PatternWorkflowSettings, h.settings),
		forEditors(post, link.PatternWorkflowNotify, h.saveNotify),
		forEditors(post, link.PatternWorkflowOffAfter, h.saveOffAfter),
		forEditors(get, link.PatternWorkflowRevisions, h.revisions),
		page(post, link.PatternWorkflowRestore, h.restore),
		page(post, link.PatternWorkflowDuplicate, h.duplicate),
		page(get, link.PatternWorkflowExport, h.export),
		page(get, link.PatternWorkflowImport, h.importForm),
		page(post, link.PatternWorkflowImport, h.importFile),
	}
}

// list shows all workflows or, as a tab of a survey, its own.
func (h *workflows) list(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	p := workflowpages.WorkflowsProps{SurveyID: c.Param("surveyID"), Search: cutRunes(web.Query(c, "q"), 200)}
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
	return web.Render(c, http.StatusOK, workflowpages.Workflows(p))
}

// items are the lines of a list of workflows, with names of their surveys and their last runs.
func (h *workflows) items(ctx context.Context, actor models.Actor, rows []models.Workflow) ([]workflowpages.WorkflowItem, error) {
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
	items := make([]workflowpages.WorkflowItem, len(rows))
	for i := range rows {
		w := &rows[i]
		items[i] = workflowpages.WorkflowItem{Head: headOf(w), Words: taskListWords(ctx, w.Draft.V.Tasks), UpdatedAt: w.UpdatedAt}
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
		return workflowpages.TaskTitle(ctx, tasks[0])
	}
	return i18n.T(ctx, "workflow.words.more", "First", workflowpages.TaskTitle(ctx, tasks[0]), "Count", len(tasks)-1)
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
func headOf(w *models.Workflow) frame.WorkflowHead {
	head := frame.WorkflowHead{
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
	p := workflowpages.WorkflowNewProps{SurveyID: web.Query(c, "survey"), Starter: web.Query(c, "starter"), Event: web.Query(c, "event")}
	if !slices.Contains(workflowpages.Starters, p.Starter) {
		p.Starter = workflowpages.StarterSend
	}
	return h.renderNew(c, http.StatusOK, p)
}

func (h *workflows) renderNew(c echo.Context, status int, p workflowpages.WorkflowNewProps) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	var err error
	if p.Surveys, err = surveyChoices(ctx, h.store, actor, ""); err != nil {
		return err
	}
	if !slices.Contains(models.EventTypes, models.EventType(p.Event)) {
		p.Event = string(models.EventSurveyResponse)
		if len(p.Surveys) == 0 {
			p.Event = string(models.EventJSON)
		}
	}
	if p.SurveyID == "" && len(p.Surveys) > 0 && status == http.StatusOK && models.EventType(p.Event).NeedsSurvey() {
		p.SurveyID = p.Surveys[0].Value
	}
	if p.Receivers, err = receiverOptions(ctx, h.store, h.base, actor); err != nil {
		return err
	}
	return web.Render(c, status, workflowpages.WorkflowNew(p))
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
		Event    string `form:"event"`
	}
	if err := web.Bind(c, &in); err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.Actor(c)
	refuse := func(field, key string) error {
		return h.renderNew(c, http.StatusUnprocessableEntity, workflowpages.WorkflowNewProps{
			Name: in.Name, SurveyID: in.SurveyID, Starter: in.Starter, URL: in.URL, Event: in.Event, Errors: []models.FieldError{models.Field(field, key)},
		})
	}
	event := models.EventType(in.Event)
	if !slices.Contains(models.EventTypes, event) {
		event = models.EventSurveyResponse
	}
	other := event == models.EventSurveyResponse && workflowpages.StarterEvent(in.Starter) != event // about a survey, on an event of another kind
	asked := in.SurveyID
	if other {
		event = workflowpages.StarterEvent(in.Starter)
	}
	def := models.WorkflowDefinition{Event: models.EventSpec{Type: event}}
	w := models.Workflow{ID: models.NewID(models.PrefixWorkflow), OwnerID: actor.UserID, EventType: event}
	if event == models.EventSchedule {
		def.Event.Cron, def.Event.TimeZone = firstCron, web.Organisation(c).TimeZone
	}
	if event == models.EventContactList {
		in.SurveyID = "" // people come into lists, whatever is asked of them
	}
	if other {
		survey, err := h.store.SurveyToEdit(ctx, actor, asked)
		if err != nil {
			return refuse("surveyId", "workflow.error.survey")
		}
		if in.Starter == workflowpages.StarterWeekly {
			beginWeekly(ctx, &def, survey, h.base.App(link.SurveyReports(asked)), web.User(c))
		} else {
			beginSending(ctx, &def, in.Starter, asked)
		}
	}
	if in.SurveyID != "" || event.NeedsSurvey() {
		survey, err := h.store.Survey(ctx, actor, in.SurveyID)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound:
			return refuse("surveyId", "workflow.error.survey")
		case err != nil:
			return err
		}
		w.SurveyID = &survey.ID
		if event == models.EventSurveyResponse {
			begin(ctx, &def, in.Starter, in.URL, &survey.Draft.V, web.User(c))
		}
	}
	if utf8.RuneCountInString(in.Name) > 200 {
		return refuse("name", "workflow.error.name")
	}
	if event != models.EventSurveyResponse && !other {
		in.Starter = workflowpages.StarterEmpty
	}
	workflow.Normalize(&def)
	// Whoever makes a workflow by hand and goes away hears of failed runs, until they say that they need not.
	def.Notifications = models.Notifications{Enabled: true, Recipients: []string{}}
	if in.Name == "" {
		in.Name = startName(ctx, in.Starter, in.URL)
	}
	w.Name, w.Draft.V = in.Name, def
	if err := h.store.CreateWorkflow(ctx, actor, &w); err != nil {
		return err
	}
	if event != models.EventSurveyResponse {
		return web.Redirect(c, frame.EditorPath(w.ID, frame.EditEvent))
	}
	if len(def.Tasks) == 0 {
		return web.Redirect(c, link.Workflow(w.ID))
	}
	at := frame.EditorPath(w.ID, frame.EditTask+def.Tasks[0].ID)
	if in.URL == "" { // what it lacks is said at once
		at = link.With(at, "check", "1")
	}
	return web.Redirect(c, at)
}
