package webservice

import (
	"context"
	"encoding/json"
	"net/http"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// post is a POST whose body another type of task writes.
type post struct{ w webService }

// CompilePost checks address, headers, credential and timeout of a config, for a type of task that writes the body itself.
// It fails as Compile does.
func (t *Type) CompilePost(c models.WebServiceConfig) (task.Post, error) {
	c.Method, c.Body, c.Outputs = http.MethodPost, nil, nil
	text, err := json.Marshal(c)
	if err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	compiled, err := t.Compile(text)
	if err != nil {
		return nil, err
	}
	p := &post{w: *compiled.(*webService)}
	p.w.follow = false
	return p, nil
}

func (p *post) Refs() []pipedtext.Ref { return p.w.Refs() }
func (p *post) Host() string          { return p.w.Host() }
func (p *post) Credentials() []string { return p.w.Credentials() }

// Receiver gives the receiver that the values decide.
func (p *post) Receiver(values pipedtext.Source) string {
	if a, ok := task.Task(&p.w).(task.Addressed); ok {
		return a.Receiver(values)
	}
	return ""
}

// Send makes the call once.
func (p *post) Send(ctx context.Context, in task.Input, m task.Message) task.Outcome {
	return p.with(m).Run(ctx, in)
}

// Preview renders the request without sending it.
func (p *post) Preview(in task.Input, m task.Message) (models.ExchangeRequest, []models.FieldError) {
	return p.with(m).Preview(in)
}

func (p *post) with(m task.Message) *webService {
	w := p.w
	format := m.Format
	if format == "" {
		format = models.BodyJSON
	}
	w.body = &body{contentType: contentTypes[format], format: models.BodyPlainText, raw: m.Body}
	w.extra = m.Header
	return &w
}
