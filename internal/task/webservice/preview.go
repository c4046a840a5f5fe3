package webservice

import (
	"errors"

	"surveyflow/internal/credential"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Preview renders the request without sending it. No credential is opened: its parts are masked, and what it would add
// is left out.
func (w *webService) Preview(in task.Input) (models.ExchangeRequest, []models.FieldError) {
	values := pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		if r.Scheme == credential.Scheme {
			return pipedtext.Text(task.Masked)
		}
		return in.Values.Value(r)
	})
	r := models.ExchangeRequest{Method: w.method}
	var problems []models.FieldError
	address, err := w.url.URL(values)
	if err != nil {
		e := urlError(err)
		problems = append(problems, models.FieldError{Field: "url", Key: e.Key, Args: e.Args})
	}
	r.URL = address
	header := w.header(in, values, address)
	for _, name := range []string{models.HeaderRun, models.HeaderDepth, headerKey} {
		delete(header, name)
	}
	r.Headers = headersOf(header)
	if w.body != nil {
		body, failed := w.body.preview(values)
		problems = append(problems, failed...)
		r.Body = string(body)
		if len(body) > maxBody {
			problems = append(problems, models.FieldError{Field: "body", Key: "run.error.body_too_large", Args: map[string]any{"Max": maxBody}})
			r.Body = ""
		}
	}
	x := models.Exchange{Request: r}
	task.Mask(&x)
	return x.Request, problems
}

// preview renders a body; a pair whose value does not fit is left out and told.
func (b *body) preview(src pipedtext.Source) ([]byte, []models.FieldError) {
	if b.pairs == nil || b.format != models.BodyJSON {
		out, err := b.render(src)
		if err != nil {
			return nil, []models.FieldError{fieldError("body", castError(err))}
		}
		return out, nil
	}
	fit := body{contentType: b.contentType, format: b.format, pairs: []pair{}}
	var problems []models.FieldError
	for _, p := range b.pairs {
		_, err := pipedtext.AppendCast(nil, p.value.Value(src), p.dataType, p.onFailure)
		if err == nil {
			fit.pairs = append(fit.pairs, p)
			continue
		}
		if e, ok := errors.AsType[*pipedtext.CastError](err); ok {
			e.Key = p.key
		}
		problems = append(problems, fieldError(p.at+".value", castError(err)))
	}
	out, err := fit.render(src)
	if err != nil {
		return nil, append(problems, fieldError("body", castError(err)))
	}
	return out, problems
}

func fieldError(field string, e *models.RunError) models.FieldError {
	return models.FieldError{Field: field, Key: e.Key, Args: e.Args}
}
