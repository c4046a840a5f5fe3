package handlers

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/extract"
	"surveyflow/internal/i18n"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/components"
	"surveyflow/views/workflowpages"
)

const (
	mostParts = 100 // of an answer that are offered as outputs
	mostValue = 300 // characters of a value that are shown
)

// readOutputs gives the outputs of a web service's form, without rows that were left empty; nil when the form has no
// outputs. do may add an empty row, or a part of the answer: "output:" and its path.
func readOutputs(form url.Values, do string) []models.OutputSpec {
	if form.Get("shows") != "outputs" {
		return nil
	}
	outputs := []models.OutputSpec{}
	for _, name := range rowNames(form, "config.outputs", do) {
		o := models.OutputSpec{Name: strings.TrimSpace(form.Get(name + ".name")), Path: strings.TrimSpace(form.Get(name + ".path"))}
		if o != (models.OutputSpec{}) {
			outputs = append(outputs, o)
		}
	}
	if do == "add:config.outputs" {
		return append(outputs, models.OutputSpec{})
	}
	path, ok := strings.CutPrefix(do, "output:")
	if ok && !slices.ContainsFunc(outputs, func(o models.OutputSpec) bool { return o.Path == path }) {
		outputs = append(outputs, models.OutputSpec{Name: freeName(outputs, extract.LastName(path)), Path: path})
	}
	return outputs
}

// freeName makes a suggested name one that no output has.
func freeName(outputs []models.OutputSpec, name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(outputs, func(o models.OutputSpec) bool { return o.Name == name })
	}
	if name == "" {
		name = "value"
	}
	free := name
	for n := 2; taken(free); n++ {
		free = name + strconv.Itoa(n)
	}
	return free
}

// loadResults reads what the tasks of a workflow came to lately: in the last run, and where the person tried one, in that.
func (h *workflows) loadResults(c echo.Context, e *editor) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	last, err := h.store.LastRuns(ctx, e.workflow.ID)
	if err != nil {
		return err
	}
	e.outputs = map[string]map[string]json.RawMessage{}
	if row, ok := last[e.workflow.ID]; ok {
		if e.last, err = h.store.Run(ctx, actor, row.ID); err != nil {
			return err
		}
		maps.Copy(e.outputs, workflow.DecodeOutputs(e.last.Attempts))
	}
	for _, t := range e.workflow.Draft.V.Tasks {
		tried := h.trials.of(actor, t.ID)
		var outputs map[string]json.RawMessage
		if tried != nil && tried.outputs != nil && json.Unmarshal([]byte(*tried.outputs), &outputs) == nil {
			e.outputs[t.ID] = outputs
		}
	}
	return nil
}

// answerOf gives the newest answer of a task that is known, and when it came: of the person's last try, or of the last run.
func (h *workflows) answerOf(actor models.Actor, e *editor, taskID string) (answer, time.Time, bool) {
	if t := h.trials.of(actor, taskID); t != nil && t.answer.body != nil {
		return t.answer, t.at, true
	}
	if e.last == nil {
		return answer{}, time.Time{}, false
	}
	for _, a := range slices.Backward(e.last.Attempts) {
		var x models.Exchange
		if a.TaskID != taskID || a.Exchange == nil || json.Unmarshal([]byte(*a.Exchange), &x) != nil || x.Response == nil || x.Response.Truncated {
			continue
		}
		return answer{body: []byte(x.Response.Body)}, a.StartedAt, false
	}
	return answer{}, time.Time{}, false
}

// fillResults shows in the panel of the i-th task what its last try came to, and for each output what it finds there.
func (h *workflows) fillResults(c echo.Context, e *editor, p *workflowpages.WorkflowProps, i int) error {
	ctx, actor := c.Request().Context(), web.Actor(c)
	spec := e.workflow.Draft.V.Tasks[i]
	if t := h.trials.of(actor, spec.ID); t != nil && p.Trial == nil && len(p.TrialError) == 0 {
		p.Trial, p.TrialAt = &t.attempt, t.at
	}
	if spec.Type != models.TaskWebService {
		return nil
	}
	known, at, tried := h.answerOf(actor, e, spec.ID)
	doc := known.document()
	out := workflowpages.OutputsProps{Known: doc != nil, WorkflowID: e.workflow.ID, TaskID: spec.ID}
	if doc != nil {
		key := "output.source.run"
		if tried {
			key = "output.source.test"
		}
		out.Source = i18n.T(ctx, key, "Time", i18n.Time(ctx, at))
		if doc.Err() != nil {
			out.Unreadable = true
		}
	}
	for _, o := range p.Task.Web.Outputs {
		out.Results = append(out.Results, resultOf(ctx, known, doc, o.Path))
	}
	if doc != nil {
		parts, more := doc.Parts(mostParts)
		out.More = more
		for _, part := range parts {
			out.Found = append(out.Found, workflowpages.FoundOutput{
				Path: part.Path, Name: extract.LastName(part.Path), Value: cutValue(known.show(part.Value)),
				Added: slices.ContainsFunc(p.Task.Web.Outputs, func(o models.OutputSpec) bool { return o.Path == part.Path }),
			})
		}
	}
	p.Task.Outputs = out
	return nil
}

// resultOf says what a path finds in an answer.
func resultOf(ctx context.Context, a answer, doc *extract.Document, path string) workflowpages.OutputResult {
	if strings.TrimSpace(path) == "" {
		return workflowpages.OutputResult{}
	}
	p, err := extract.ParsePath(path)
	if e, ok := domainError(err); ok {
		return workflowpages.OutputResult{Problem: i18n.TMap(ctx, e.Key, e.Args)}
	}
	if doc == nil {
		return workflowpages.OutputResult{}
	}
	value, err := doc.Find(p)
	switch {
	case err != nil:
		return workflowpages.OutputResult{Missing: true, Problem: i18n.T(ctx, "output.unreadable")}
	case value == nil:
		return workflowpages.OutputResult{Missing: true}
	}
	return workflowpages.OutputResult{Value: cutValue(a.show(value))}
}

func cutValue(s string) string {
	if short := cutRunes(s, mostValue); short != s {
		return short + "…"
	}
	return s
}

// findOutput says what a path that is being typed finds in the last answer.
func (h *workflows) findOutput(c echo.Context) error {
	form, err := web.Values(c)
	if err != nil {
		return err
	}
	e, err := h.open(c)
	if err != nil {
		return err
	}
	if taskIndex(e.workflow.Draft.V.Tasks, c.Param("taskID")) < 0 {
		return models.NotFound("error.not_found")
	}
	path := ""
	for name := range form {
		if strings.HasSuffix(name, ".path") {
			path = form.Get(name)
		}
	}
	known, _, _ := h.answerOf(web.Actor(c), e, c.Param("taskID"))
	return web.Render(c, http.StatusOK, workflowpages.OutputResultLine(resultOf(c.Request().Context(), known, known.document(), path)))
}

// outputTokens offers the results of the tasks before, with the values that they had last.
func outputTokens(ctx context.Context, s pipedScope) ([]components.PipedToken, error) {
	var all []components.PipedToken
	titles := workflowpages.TaskTitles(ctx, s.before)
	for i, t := range s.before {
		group := i18n.T(ctx, "workflow.tokens.outputs", "Number", i+1, "Name", titles[i])
		add := func(name, path string) {
			token := components.PipedToken{Group: group, Label: name, Text: "~{ch://" + t.ID + "/" + path + "}"}
			if raw := s.outputs[t.ID][name]; len(raw) > 0 && string(raw) != "null" {
				token.Example = cutRunes(strings.Trim(string(raw), `"`), mostExample)
			}
			all = append(all, token)
		}
		switch t.Type {
		case models.TaskWebService:
			var config models.WebServiceConfig
			if json.Unmarshal(t.Config, &config) != nil {
				continue
			}
			for _, o := range config.Outputs {
				if o.Path != "" {
					add(firstOf(o.Name, o.Path), o.Path)
				}
			}
		case models.TaskAddContact:
			add("contactId", "contactId")
			add("result", "result")
		case models.TaskSendSurvey:
			add("invitationId", "invitationId")
			add("crk", "crk")
			add("status", "status")
		case models.TaskCode:
			for _, name := range slices.Sorted(maps.Keys(s.outputs[t.ID])) {
				add(name, name)
			}
		}
	}
	return all, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
