package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/runpages"
)

func (h *runs) show(c echo.Context) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	d, err := h.store.Run(ctx, actor, c.Param("runID"))
	if err != nil {
		return err
	}
	p := runpages.RunProps{
		Item: runItem(&d.RunRow), Version: d.WorkflowVersion, LiveVersion: d.WorkflowVersion, Tasks: runTasks(ctx, d), Replays: d.Replays,
		Active: d.Status == models.RunOpen, CanReplay: d.Status != models.RunOpen && !d.WorkflowDeleted, Seen: runFingerprint(d),
	}
	items := []runpages.RunItem{p.Item}
	if err := waitsOf(ctx, h.store, []store.RunRow{d.RunRow}, items); err != nil {
		return err
	}
	p.Item = items[0]
	if d.SurveyID != nil {
		p.SurveyID = *d.SurveyID
	}
	if d.FinishedAt != nil {
		p.FinishedAt, p.StatusAt = *d.FinishedAt, *d.FinishedAt
	} else if d.QueueStateAt != nil && !p.Item.Anonymous {
		p.StatusAt = time.UnixMicro(*d.QueueStateAt).UTC()
	}
	if d.ReplayOf != nil {
		p.ReplayOf = *d.ReplayOf
	}
	p.CanContinue = d.Status == models.RunFailed && slices.ContainsFunc(p.Tasks, func(t runpages.RunTask) bool { return t.Status == "succeeded" })
	if web.IsFragment(c) && c.QueryParam("seen") == p.Seen {
		return c.NoContent(http.StatusNoContent)
	}
	if !d.WorkflowDeleted {
		w, err := h.store.Workflow(ctx, actor, d.WorkflowID)
		if err != nil {
			return err
		}
		p.LiveVersion = w.Version
	}
	if err := h.fillEvent(ctx, d, &p); err != nil {
		return err
	}
	if web.IsFragment(c) {
		if !p.Active { // the buttons and dialogs outside of the refreshed part are others now
			return web.Redirect(c, link.Run(d.ID))
		}
		return web.Render(c, http.StatusOK, runpages.RunDetail(p))
	}
	return web.Render(c, http.StatusOK, runpages.Run(p))
}

// fillEvent shows what happened by the names that the survey had then.
func (h *runs) fillEvent(ctx context.Context, d *store.RunDetail, p *runpages.RunProps) error {
	p.Event = runpages.RunEvent{Type: d.Event.Type, At: d.Event.CreatedAt, Payload: d.Event.Payload}
	snapshot, err := workflow.DecodeSnapshot(d.Event.Payload)
	if err != nil {
		return nil //nolint:nilerr // the payload is shown as it is
	}
	if person := workflow.Respondent(snapshot); person != nil {
		name := strings.TrimSpace(person.FirstName + " " + person.LastName)
		p.Event.Values = append(p.Event.Values,
			runpages.NamedValue{Name: i18n.T(ctx, "run.event.contact.name"), Value: name},
			runpages.NamedValue{Name: i18n.T(ctx, "run.event.contact.email"), Value: person.Email})
		p.Item.Person = cmp.Or(name, person.Email)
	}
	if len(snapshot.Payload) > 0 {
		fillSentEvent(ctx, d, snapshot, p)
	}
	if d.Event.SurveyID == nil || d.Event.SurveyVersion == nil {
		return nil
	}
	version, err := h.store.SurveyVersion(ctx, *d.Event.SurveyID, *d.Event.SurveyVersion)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	def := &version.Definition.V
	values := &workflow.Values{Snapshot: snapshot, Survey: def}
	for _, q := range def.Questions() {
		path := "ChoiceTextEntryValue"
		if len(q.Choices) > 0 {
			path = "ChoiceGroup/SelectedChoicesTextEntry"
		}
		text := func(path string) string {
			return values.Value(pipedtext.Ref{Scheme: "q", Name: q.ID, Path: path}).String()
		}
		p.Event.Values = append(p.Event.Values, runpages.NamedValue{Name: text("QuestionText"), Value: text(path)})
	}
	for _, name := range fieldNames(def, snapshot.Fields) {
		p.Event.Values = append(p.Event.Values, runpages.NamedValue{Name: name, Value: snapshot.Fields[name]})
	}
	return nil
}

// fillSentEvent shows the named parts of an event that was sent, and all of it as it came.
func fillSentEvent(ctx context.Context, d *store.RunDetail, s *models.Snapshot, p *runpages.RunProps) {
	event := d.Definition.Event
	values := &workflow.Values{Snapshot: s, Fields: workflow.NewEventFields(event)}
	for _, f := range workflow.FieldsOf(event) {
		value := values.Value(pipedtext.Ref{Scheme: "aedj", Name: f.Name}).String()
		p.Event.Values = append(p.Event.Values, runpages.NamedValue{Name: fieldLabel(ctx, event.Type, f.Name), Value: value})
	}
	p.Event.Payload = string(s.Payload)
}

// fieldNames lists embedded data: in the survey's order, then what else the response carries.
func fieldNames(def *models.SurveyDefinition, fields map[string]string) []string {
	var names []string
	for _, f := range def.EmbeddedData {
		names = append(names, f.Name)
	}
	var more []string
	for name := range fields {
		if !slices.Contains(names, name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	return append(names, more...)
}

// runFingerprint is the same as long as the page of a run shows the same.
func runFingerprint(d *store.RunDetail) string {
	last := ""
	for _, a := range d.Attempts {
		last += a.TaskID + strconv.Itoa(a.Number) + string(a.Result)
	}
	return listFingerprint([]store.RunRow{d.RunRow}, nil) + "-" + listFingerprint([]store.RunRow{{Run: models.Run{ID: last}}}, nil)
}
