package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/i18n"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// firstCode is what a new code task begins with.
var firstCode = json.RawMessage(`{"source":"function codeTask(inputs) {\n  return {\n    \n  };\n}\n","inputs":[]}`)

// readCode gives the form of a code task as it was typed, without rows that were left empty.
func readCode(form url.Values, do string) workflowpages.CodeForm {
	f := workflowpages.CodeForm{Source: strings.ReplaceAll(form.Get("config.source"), "\r\n", "\n"), Sample: form.Get("sample")}
	for _, name := range rowNames(form, "config.inputs", do) {
		in := models.InputSpec{
			Name: strings.TrimSpace(form.Get(name + ".name")), Value: form.Get(name + ".value"), DataType: models.DataType(form.Get(name + ".dataType")),
		}
		if in.Name != "" || in.Value != "" {
			f.Inputs = append(f.Inputs, in)
		}
	}
	if do == "add:config.inputs" {
		f.Inputs = append(f.Inputs, models.InputSpec{DataType: models.DataSystemDefault})
	}
	return f
}

// codeConfig lays what was typed over the config that was there.
func codeConfig(old json.RawMessage, f workflowpages.CodeForm) json.RawMessage {
	config := map[string]any{}
	var members map[string]json.RawMessage
	if json.Unmarshal(old, &members) == nil {
		for name, value := range members {
			config[name] = value
		}
	}
	config["source"] = f.Source
	config["inputs"] = f.Inputs
	if f.Inputs == nil {
		config["inputs"] = []models.InputSpec{}
	}
	text, err := models.MarshalJSON(config)
	if err != nil { // every member was read from a form or from JSON
		return old
	}
	return text
}

func codeTaskForm(config json.RawMessage) workflowpages.CodeForm {
	var c models.CodeConfig
	_ = json.Unmarshal(config, &c) // what cannot be read is shown empty, and the check names it
	return workflowpages.CodeForm{Source: c.Source, Inputs: c.Inputs}
}

// withSample gives the task with the inputs that somebody made up to try it with, as JSON; with none it stays as it is.
func withSample(spec models.TaskSpec, sample string) (models.TaskSpec, *models.FieldError) {
	if spec.Type != models.TaskCode || strings.TrimSpace(sample) == "" {
		return spec, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(sample), &values); err != nil {
		f := models.Field("sample", "task.error.code_sample")
		return spec, &f
	}
	inputs := make([]models.InputSpec, 0, len(values))
	for name, value := range values {
		inputs = append(inputs, models.InputSpec{Name: name, Value: string(value), DataType: models.DataJSON})
	}
	slices.SortFunc(inputs, func(a, b models.InputSpec) int { return strings.Compare(a.Name, b.Name) })
	form := codeTaskForm(spec.Config)
	form.Inputs = inputs
	spec.Config = codeConfig(spec.Config, form)
	return spec, nil
}

var namesCodeTask = regexp.MustCompile(`\bcodeTask\b`)

// checkCode reads the source that is being typed and says what is wrong with it.
func (h *workflows) checkCode(c echo.Context) error {
	form, err := web.Values(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if _, err := h.store.Workflow(ctx, web.Actor(c), c.Param("workflowID")); err != nil {
		return err
	}
	p := workflowpages.CodeCheck{OK: true}
	source := form.Get("config.source")
	if h.scripts == nil || strings.TrimSpace(source) == "" {
		return web.Render(c, http.StatusOK, workflowpages.CodeCheckLine(workflowpages.CodeCheck{}))
	}
	failure, err := h.scripts.Check(ctx, source)
	switch {
	case err != nil:
		return web.Render(c, http.StatusOK, workflowpages.CodeCheckLine(workflowpages.CodeCheck{}))
	case failure != nil:
		p = workflowpages.CodeCheck{Line: failure.Line, Column: failure.Column, Problem: i18n.T(ctx, "task.error.code_syntax", "Line", failure.Line, "Column", failure.Column, "Message", failure.Message)}
	case !namesCodeTask.MatchString(source):
		p = workflowpages.CodeCheck{Problem: i18n.T(ctx, "task.error.code_no_function")}
	}
	return web.Render(c, http.StatusOK, workflowpages.CodeCheckLine(p))
}
