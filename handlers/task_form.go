package handlers

import (
	"cmp"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// rowsLimit is how many rows of a form are read; more than any check lets pass.
const rowsLimit = 500

// readTask gives the task that a form describes. What the form does not show (credential, outputs, condition, members
// that came by the API) stays as it was. do is the value of the pressed button, which adds or removes rows. The errors
// name fields whose text cannot be kept at all.
func readTask(form url.Values, old models.TaskSpec, do string) (models.TaskSpec, []models.FieldError) {
	spec := old
	spec.Summary = cutRunes(strings.TrimSpace(form.Get("summary")), 200)
	if f := models.OnFailure(form.Get("onFailure")); f == models.FailureStop || f == models.FailureContinue {
		spec.OnFailure = f
	}
	switch form.Get("retry") {
	case workflowpages.RetryDefault:
		spec.Retry = nil
	case workflowpages.RetryNone:
		spec.Retry = &models.RetrySpec{Delays: []string{}}
	case workflowpages.RetryOwn:
		spec.Retry = &models.RetrySpec{Delays: readDelays(form.Get("retry.delays"))}
	}
	switch spec.Type {
	case models.TaskEmail:
		spec.Config = mailConfig(old.Config, form)
	case models.TaskNotification:
		spec.Config = notificationConfig(old.Config, form)
	case models.TaskWait:
		spec.Config = waitConfig(old.Config, form)
	case models.TaskSendSurvey:
		spec.Config = sendSurveyConfig(old.Config, form)
	}
	if spec.Type == models.TaskCode {
		spec.Config = codeConfig(old.Config, readCode(form, do))
	}
	if spec.Type == models.TaskOutboundWebhook {
		var errs []models.FieldError
		spec.Config, errs = webhookConfig(old.Config, form, do)
		return spec, errs
	}
	if spec.Type == models.TaskAddContact {
		spec.Config = addContactConfig(old.Config, readAddContact(form, do))
	}
	if spec.Type != models.TaskWebService {
		return spec, nil
	}
	typed := readWebService(form, do)
	var errs []models.FieldError
	seconds := 0
	if typed.Timeout != "" {
		n, err := strconv.Atoi(typed.Timeout)
		if err != nil {
			errs = append(errs, models.Field("config.timeoutSeconds", "error.whole_number"))
		}
		seconds = n
	}
	spec.Config = webServiceConfig(old.Config, typed, seconds)
	if id, asked := typedCredential(form); asked {
		spec.Config = withCredential(spec.Config, id)
	}
	var wrong []models.FieldError
	spec.Config, wrong = withLimits(spec.Config, form)
	errs = append(errs, wrong...)
	if sameCall(old.Config, spec.Config) {
		spec.Config = old.Config
	}
	return spec, errs
}

// sameCall reports whether two configs of a web service mean the same: a form spells out what a program may leave out, and
// that is no change.
func sameCall(a, b json.RawMessage) bool {
	spelled := func(config json.RawMessage) (c models.WebServiceConfig, rest map[string]any, ok bool) {
		if json.Unmarshal(config, &c) != nil || json.Unmarshal(config, &rest) != nil {
			return c, rest, false
		}
		for name := range rest {
			if slices.Contains([]string{"method", "url", "headers", "body", "timeoutSeconds", "outputs", "credentialId", fieldRate, fieldConcurrency}, name) {
				delete(rest, name)
			}
		}
		if c.Body != nil {
			for i := range c.Body.Pairs {
				p := &c.Body.Pairs[i]
				p.DataType = cmp.Or(p.DataType, models.DataSystemDefault)
				p.OnCastFailure = cmp.Or(p.OnCastFailure, models.CastError)
			}
		}
		return c, rest, true
	}
	first, others, ok := spelled(a)
	second, more, fine := spelled(b)
	return ok && fine && reflect.DeepEqual(first, second) && reflect.DeepEqual(others, more)
}

// readWebService gives the form of a web service task as it was typed, without rows that were left empty.
func readWebService(form url.Values, do string) workflowpages.WebServiceForm {
	f := workflowpages.WebServiceForm{
		Method: form.Get("config.method"), URL: strings.TrimSpace(form.Get("config.url")),
		Format: models.BodyFormat(form.Get("config.body.format")), Mode: models.BodyMode(form.Get("config.body.mode")),
		Text: form.Get("config.body.text"), Timeout: strings.TrimSpace(form.Get("config.timeoutSeconds")), Limits: readLimits(form),
	}
	f.Credential, _ = typedCredential(form)
	for _, name := range rowNames(form, "config.headers", do) {
		h := models.HeaderSpec{Key: strings.TrimSpace(form.Get(name + ".key")), Value: form.Get(name + ".value")}
		if h != (models.HeaderSpec{}) {
			f.Headers = append(f.Headers, h)
		}
	}
	for _, name := range rowNames(form, "config.body.pairs", do) {
		p := models.PairSpec{
			Key: form.Get(name + ".key"), Value: form.Get(name + ".value"),
			DataType: models.DataType(form.Get(name + ".dataType")), OnCastFailure: models.OnCastFailure(form.Get(name + ".onCastFailure")),
		}
		if p.Key != "" || p.Value != "" {
			f.Pairs = append(f.Pairs, p)
		}
	}
	f.Outputs = readOutputs(form, do)
	switch do {
	case "add:config.headers":
		f.Headers = append(f.Headers, models.HeaderSpec{})
	case "add:config.body.pairs":
		f.Pairs = append(f.Pairs, models.PairSpec{DataType: models.DataSystemDefault, OnCastFailure: models.CastError})
	}
	return f
}

var taskRowName = regexp.MustCompile(`^\[(\d{1,6})\]\.`)

// rowNames lists the names of the rows of a repeated group, in order; their numbers may have gaps. A row that the
// pressed button removes is left out.
func rowNames(form url.Values, group, do string) []string {
	var numbers []int
	for name := range form {
		rest, ok := strings.CutPrefix(name, group)
		if m := taskRowName.FindStringSubmatch(rest); ok && m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil && !slices.Contains(numbers, n) {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	numbers = numbers[:min(len(numbers), rowsLimit)]
	var names []string
	for _, n := range numbers {
		if name := group + "[" + strconv.Itoa(n) + "]"; do != "remove:"+name {
			names = append(names, name)
		}
	}
	return names
}

// webServiceConfig lays what was typed over the config that was there.
func webServiceConfig(old json.RawMessage, f workflowpages.WebServiceForm, seconds int) json.RawMessage {
	config := map[string]any{}
	var members map[string]json.RawMessage
	if json.Unmarshal(old, &members) == nil {
		for name, value := range members {
			config[name] = value
		}
	}
	set := func(name string, value any, present bool) {
		if present {
			config[name] = value
		} else {
			delete(config, name)
		}
	}
	config["method"], config["url"] = f.Method, f.URL
	set("headers", f.Headers, len(f.Headers) > 0)
	set("timeoutSeconds", seconds, seconds != 0)
	body := models.BodySpec{Format: f.Format, Mode: f.Mode, Pairs: f.Pairs, Text: f.Text}
	if body.Mode == "" {
		body.Mode = models.BodyKeyValue
	}
	if f.Format == models.BodyPlainText {
		body.Mode = models.BodyFreeText
	}
	set("body", body, f.Format != "")
	if f.Outputs != nil {
		set("outputs", f.Outputs, len(f.Outputs) > 0)
	}
	text, err := models.MarshalJSON(config)
	if err != nil { // every member was read from a form or from JSON
		return old
	}
	return text
}

// taskProps fills in the form of a task.
func taskProps(spec models.TaskSpec) workflowpages.TaskProps {
	p := workflowpages.TaskProps{Spec: spec, Retry: workflowpages.RetryDefault}
	if spec.Retry != nil && spec.Retry.Delays != nil {
		p.Retry = workflowpages.RetryNone
		if len(spec.Retry.Delays) > 0 {
			p.Retry, p.Delays = workflowpages.RetryOwn, writeDelays(spec.Retry.Delays)
		}
	}
	if spec.Type == models.TaskWebService {
		p.Web = webServiceForm(spec.Config)
	}
	if spec.Type == models.TaskOutboundWebhook {
		p.Web, p.Hook = webServiceForm(spec.Config), webhookForm(spec.Config)
	}
	if spec.Type == models.TaskCode {
		p.Code = codeTaskForm(spec.Config)
	}
	if spec.Type == models.TaskAddContact {
		p.AddContact = addContactForm(spec.Config)
	}
	if spec.Type == models.TaskSendSurvey {
		p.SendSurvey = sendSurveyForm(spec.Config)
	}
	mailProps(&p, spec.Config)
	return p
}

func webServiceForm(config json.RawMessage) workflowpages.WebServiceForm {
	var c models.WebServiceConfig
	_ = json.Unmarshal(config, &c) // what cannot be read is shown empty, and the check names it
	f := workflowpages.WebServiceForm{Method: c.Method, URL: c.URL, Headers: c.Headers, Credential: c.CredentialID, Outputs: c.Outputs, Limits: limitsForm(config)}
	if f.Method == "" {
		f.Method = "POST"
	}
	if c.TimeoutSeconds != 0 {
		f.Timeout = strconv.Itoa(c.TimeoutSeconds)
	}
	if c.Body != nil {
		f.Format, f.Mode, f.Pairs, f.Text = c.Body.Format, c.Body.Mode, c.Body.Pairs, c.Body.Text
	}
	if f.Mode == "" {
		f.Mode = models.BodyKeyValue
	}
	return f
}

// delayUnits are the units in which people write pauses, longest first; ISO 8601 durations are taken as well.
var delayUnits = []struct {
	unit time.Duration
	name string
}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}

var delayText = regexp.MustCompile(`(?i)^(\d{1,6})\s*(d|days?|h|hours?|m|min|minutes?|s|sec|seconds?)$`)

// readDelays reads a list of pauses such as "5 s, 1 min": into ISO 8601 durations where it can, and otherwise as they
// are written, for the check to name.
func readDelays(text string) []string {
	out := []string{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if m := delayText.FindStringSubmatch(part); m != nil {
			switch strings.ToLower(m[2])[0] {
			case 'd':
				part = "P" + m[1] + "D"
			case 'h':
				part = "PT" + m[1] + "H"
			case 'm':
				part = "PT" + m[1] + "M"
			default:
				part = "PT" + m[1] + "S"
			}
		}
		if out = append(out, part); len(out) == rowsLimit {
			break
		}
	}
	return out
}

// writeDelays writes pauses as people do.
func writeDelays(delays []string) string {
	out := make([]string, len(delays))
	for i, text := range delays {
		out[i] = text
		d, err := models.ParseDuration(text)
		if err != nil || d == 0 {
			continue
		}
		for _, u := range delayUnits {
			if d%u.unit == 0 {
				out[i] = strconv.FormatInt(int64(d/u.unit), 10) + " " + u.name
				break
			}
		}
	}
	return strings.Join(out, ", ")
}

// cutRunes cuts a text to at most n characters.
func cutRunes(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}
