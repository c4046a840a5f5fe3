package outboundwebhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/signing"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// maxVariables is how many variables can be named; a survey has no more.
const maxVariables = 700

// own are the headers that the signature is made of.
var own = []string{signing.HeaderID, signing.HeaderTimestamp, signing.HeaderSignature}

// Compile checks a config.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.OutboundWebhookConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	r := &reporter{webhook{Type: t}}
	w := &r.webhook
	post, err := t.poster.CompilePost(models.WebServiceConfig{URL: c.URL, Headers: c.Headers, CredentialID: c.CredentialID, TimeoutSeconds: c.TimeoutSeconds})
	var fields []models.FieldError
	if e, ok := errors.AsType[*models.Error](err); ok {
		fields = e.Fields
	} else if err != nil {
		return nil, err
	}
	for i, h := range c.Headers {
		if slices.Contains(own, http.CanonicalHeaderKey(strings.TrimSpace(h.Key))) {
			fields = append(fields, models.Field(fmt.Sprintf("headers[%d].key", i), "task.error.webhook_header", "Name", h.Key))
		}
	}
	w.limits = task.Limits{Concurrency: c.Concurrency, RatePerSecond: c.RatePerSecond}
	fields = append(fields, w.limits.Check()...)
	f := &form{clock: t.clock, variables: c.Variables, labels: c.Labels, choices: c.Choices}
	w.writer = f
	if s := c.Subscription; s != nil {
		if _, ok := models.ParseTopic(s.Topic); !ok {
			fields = append(fields, models.Field("subscription.topic", "task.error.webhook_topic"))
		}
		w.writer, w.keyed = &subscription{signed: s.Signed}, true
	} else {
		fields = append(fields, f.check()...)
	}
	if c.Secret != "" && !strings.Contains(c.Secret, task.Masked) {
		if w.secret = c.Secret; !signing.Valid(c.Secret) {
			fields = append(fields, models.Field("secret", "task.error.webhook_secret"))
		}
	}
	if err := models.Invalid(fields...); err != nil {
		return nil, err
	}
	w.Post = post
	w.refs = post.Refs()
	if c.Subscription != nil {
		return w, nil
	}
	w.refs = append(w.refs, f.refs()...)
	return r, nil
}

// form is what the body is made by.
type form struct {
	clock     clock.Clock
	variables models.VariableList
	labels    models.LabelChoice
	choices   models.ChoiceValues
}

func (f *form) check() []models.FieldError {
	var fields []models.FieldError
	switch f.labels {
	case models.LabelsAuto, models.LabelsData:
	case "":
		f.labels = models.LabelsAuto
	default:
		fields = append(fields, models.Field("labels", "task.error.webhook_labels", "Value", string(f.labels)))
	}
	switch f.choices {
	case models.ChoiceLabels, models.ChoiceRecodes, models.ChoiceBoth:
	case "":
		f.choices = models.ChoiceLabels
	default:
		fields = append(fields, models.Field("choices", "task.error.webhook_choices", "Value", string(f.choices)))
	}
	switch {
	case f.variables.Named == nil:
	case len(f.variables.Named) == 0:
		fields = append(fields, models.Field("variables", "task.error.webhook_variables"))
	case len(f.variables.Named) > maxVariables:
		fields = append(fields, models.Field("variables", "task.error.webhook_too_many", "Max", maxVariables))
	}
	return fields
}

// refs names the questions that are sent, so that one which the survey does not have is found before the workflow is live.
func (f *form) refs() []pipedtext.Ref {
	var refs []pipedtext.Ref
	for _, key := range f.variables.Named {
		if strings.HasPrefix(key, "QID") {
			refs = append(refs, pipedtext.Ref{Scheme: "q", Name: key, Path: "ChoiceGroup/SelectedChoices"})
		}
	}
	return refs
}
