package handlers

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// labels are the page of a survey's data labels. Each is saved by itself and holds from the next response on.
type labels struct {
	store   *store.Store
	surveys *survey.Service
}

// labelRoutes are the rows of data labels.
func labelRoutes(d Deps) []web.Route {
	h := &labels{store: d.Store, surveys: d.Surveys}
	return []web.Route{
		{Method: get, Pattern: link.PatternSurveyLabels, Handler: h.show, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyLabels, Handler: h.save, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyLabelsFill, Handler: h.fill, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyLabelsPaste, Handler: h.paste, Guard: web.GuardUser, Origin: web.OriginApp},
		{Method: post, Pattern: link.PatternSurveyLabelsReset, Handler: h.reset, Guard: web.GuardUser, Origin: web.OriginApp},
	}
}

// labelled is a survey with its variables and labels as they are now.
type labelled struct {
	*survey.Labelled
	senders []sender
}

// sender is a workflow that is on and sends data labels.
type sender struct {
	id, name string
	configs  []models.OutboundWebhookConfig
}

func (h *labels) read(c echo.Context) (*labelled, error) {
	ctx, actor := c.Request().Context(), web.Actor(c)
	l, err := h.surveys.Labels(ctx, actor, c.Param("surveyID"))
	if err != nil {
		return nil, err
	}
	senders, err := h.senders(ctx, actor, l.Survey.ID)
	return &labelled{l, senders}, err
}

// senders finds the workflows of a survey that are on and send data labels.
func (h *labels) senders(ctx context.Context, actor models.Actor, surveyID string) ([]sender, error) {
	all, _, err := h.store.Workflows(ctx, actor, store.WorkflowFilter{SurveyID: surveyID, Page: store.Page{Limit: store.MaxPage}})
	if err != nil {
		return nil, err
	}
	var found []sender
	for i := range all {
		w := &all[i]
		if !w.Enabled && w.OffReason == "" || w.Version == 0 {
			continue
		}
		live, err := h.store.WorkflowVersion(ctx, w.ID, w.Version)
		if err != nil {
			return nil, err
		}
		s := sender{id: w.ID, name: w.Name}
		for _, t := range live.Definition.V.Tasks {
			var config models.OutboundWebhookConfig
			if t.Type == models.TaskOutboundWebhook && json.Unmarshal(t.Config, &config) == nil && config.Labels == models.LabelsData {
				s.configs = append(s.configs, config)
			}
		}
		if len(s.configs) > 0 {
			found = append(found, s)
		}
	}
	return found, nil
}

// sending lists the workflows that send a variable under its data label.
func (l *labelled) sending(key string) []surveypages.LabelSender {
	var out []surveypages.LabelSender
	for _, s := range l.senders {
		for _, config := range s.configs {
			if config.SendsLabel(key) {
				out = append(out, surveypages.LabelSender{ID: s.id, Name: s.name})
				break
			}
		}
	}
	return out
}

func (l *labelled) row(v *survey.Variable) surveypages.LabelRow {
	r := surveypages.LabelRow{Key: v.Key, Name: v.Name, Auto: v.Auto, Label: v.Label, Own: v.Own, Senders: l.sending(v.Key), Gone: l.Gone(v.Key)}
	if v.Question != nil {
		r.Type = v.Question.Type
	}
	return r
}

func (l *labelled) props() surveypages.LabelsProps {
	p := surveypages.LabelsProps{Survey: *l.Survey}
	for i := range l.Variables {
		p.Rows = append(p.Rows, l.row(&l.Variables[i]))
	}
	for _, s := range l.senders {
		p.Senders = append(p.Senders, surveypages.LabelSender{ID: s.id, Name: s.name})
	}
	return p
}

// show shows the labels.
func (h *labels) show(c echo.Context) error {
	l, err := h.read(c)
	if err != nil {
		return err
	}
	p := l.props()
	p.From = web.Query(c, "from")
	return web.Render(c, http.StatusOK, surveypages.SurveyLabels(p))
}

// save saves one label; an empty one is automatic.
func (h *labels) save(c echo.Context) error {
	var form struct {
		Key   string `form:"key,raw"`
		Label string `form:"label"`
		Do    string `form:"do"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	before, err := h.read(c)
	if err != nil {
		return err
	}
	was := before.Find(form.Key)
	if was == nil {
		return models.NotFound("error.not_found")
	}
	label := &form.Label
	if form.Do == "reset" || form.Label == "" {
		label = nil
	}
	err = h.surveys.Relabel(c.Request().Context(), web.Actor(c), before.Survey.ID, map[string]*string{form.Key: label})
	fields, status, refused := web.Refused(c, err)
	if err != nil && !refused {
		return err
	}
	after, err := h.read(c)
	if err != nil {
		return err
	}
	at := after.Find(form.Key)
	if at == nil {
		return models.NotFound("error.not_found")
	}
	row := after.row(at)
	if refused {
		row.Label, row.Errors = form.Label, fields
	} else {
		row.Saved = true
		if row.Label != was.Label {
			row.Was = was.Label
		}
	}
	return h.answer(c, after, row, status)
}

// answer shows the row that was saved: by itself for htmx, else in the page.
func (h *labels) answer(c echo.Context, l *labelled, row surveypages.LabelRow, status int) error {
	if web.IsFragment(c) {
		if len(row.Errors) > 0 {
			status = http.StatusUnprocessableEntity
		} else {
			status = http.StatusOK
		}
		return web.Render(c, status, surveypages.LabelRowFragment(l.Survey.ID, row))
	}
	p := l.props()
	for i := range p.Rows {
		if p.Rows[i].Key == row.Key {
			p.Rows[i] = row
		}
	}
	if len(row.Errors) > 0 {
		for i := range row.Errors {
			row.Errors[i].Field = surveypages.LabelField(row.Key)
		}
		p.Errors = row.Errors
		return web.Render(c, status, surveypages.SurveyLabels(p))
	}
	ctx := c.Request().Context()
	if row.Was != "" && len(row.Senders) > 0 {
		flashWarning(c, i18n.T(ctx, "label.saved.senders", "Label", row.Label, "Was", row.Was, "Count", len(row.Senders)))
	} else {
		web.FlashOK(c, i18n.T(ctx, "label.saved", "Label", row.Label))
	}
	return web.Redirect(c, link.SurveyLabels(l.Survey.ID)+"#"+surveypages.LabelRowID(row.Key))
}

// fill makes labels for the questions that have none of their own, from their texts.
func (h *labels) fill(c echo.Context) error {
	l, err := h.read(c)
	if err != nil {
		return err
	}
	return h.many(c, l, survey.LabelsFromTexts(l.Variables, l.Labels), "label.filled")
}

// reset makes all labels automatic.
func (h *labels) reset(c echo.Context) error {
	l, err := h.read(c)
	if err != nil {
		return err
	}
	changes := map[string]*string{}
	for _, v := range l.Variables {
		if v.Own {
			changes[v.Key] = nil
		}
	}
	return h.many(c, l, changes, "label.reset_all.done")
}

// paste takes a column of labels, all or nothing.
func (h *labels) paste(c echo.Context) error {
	var form struct {
		Text string `form:"paste,raw"`
		From string `form:"from,raw"`
	}
	if err := web.Bind(c, &form); err != nil {
		return err
	}
	l, err := h.read(c)
	if err != nil {
		return err
	}
	changes, err := survey.PastedLabels(l.Variables, form.Text, form.From)
	if err == nil {
		err = h.surveys.Relabel(c.Request().Context(), web.Actor(c), l.Survey.ID, changes)
	}
	if fields, status, refused := web.Refused(c, err); refused {
		p := l.props()
		p.Paste, p.From = form.Text, form.From
		for _, f := range fields {
			if v := l.Find(f.Field); v != nil { // the sentence is about one of the labels
				if f.Args == nil {
					f.Args = map[string]any{}
				}
				p.PasteProblems = append(p.PasteProblems, surveypages.PasteProblem{Name: v.Name, Label: *changes[v.Key], Error: f})
				continue
			}
			p.PasteErrors = append(p.PasteErrors, f)
		}
		return web.Render(c, status, surveypages.SurveyLabels(p))
	}
	if err != nil {
		return err
	}
	return h.done(c, l, changes, "label.pasted")
}

// many saves several labels that cannot be wrong.
func (h *labels) many(c echo.Context, l *labelled, changes map[string]*string, said string) error {
	if len(changes) > 0 {
		if err := h.surveys.Relabel(c.Request().Context(), web.Actor(c), l.Survey.ID, changes); err != nil {
			return err
		}
	}
	return h.done(c, l, changes, said)
}

// done says how many labels are other ones now, and which webhooks send them.
func (h *labels) done(c echo.Context, l *labelled, changes map[string]*string, said string) error {
	ctx := c.Request().Context()
	concerned := map[string]bool{}
	for key := range changes {
		for _, s := range l.sending(key) {
			concerned[s.ID] = true
		}
	}
	text := i18n.T(ctx, said, "Count", len(changes))
	if len(concerned) > 0 {
		flashWarning(c, text+" "+i18n.T(ctx, "label.many.senders", "Count", len(concerned)))
	} else {
		web.FlashOK(c, text)
	}
	return web.Redirect(c, link.SurveyLabels(l.Survey.ID))
}
