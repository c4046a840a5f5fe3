// Package webservice is the task that calls a web service: method, address, headers and a body filled by piped text.
package webservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

const headerKey = "Idempotency-Key"

// maxRecorded is how much of a body an attempt keeps for people, in bytes.
const maxRecorded = 64 << 10

// Type makes web service tasks that call through one client.
type Type struct{ client *outbound.Client }

// New makes the type.
func New(client *outbound.Client) *Type { return &Type{client: client} }

// Name is webService.
func (t *Type) Name() models.TaskType { return models.TaskWebService }

// webService is a compiled config.
type webService struct {
	client  *outbound.Client
	method  string
	url     pipedtext.URLTemplate
	headers []header
	body    *body
	timeout time.Duration
	follow  bool // one redirect of a GET
	refs    []pipedtext.Ref
}

func (w *webService) collectRefs() {
	w.refs = w.url.Refs()
	for _, h := range w.headers {
		w.refs = append(w.refs, h.value.Refs()...)
	}
	if w.body != nil {
		w.refs = append(w.refs, w.body.text.Refs()...)
		for _, p := range w.body.pairs {
			w.refs = append(w.refs, p.value.Refs()...)
		}
	}
}

// Refs lists what address, headers and body name.
func (w *webService) Refs() []pipedtext.Ref { return w.refs }

// Host names the receiver, unless a value decides it.
func (w *webService) Host() string { return w.url.Origin() }

// Run renders the request and makes the call once.
func (w *webService) Run(ctx context.Context, in task.Input) task.Outcome {
	address, err := w.url.URL(in.Values)
	if err != nil {
		return failed(urlError(err))
	}
	r := outbound.Request{Method: w.method, URL: address, Timeout: w.timeout, FollowRedirect: w.follow}
	if w.body != nil {
		if r.Body, err = w.body.render(in.Values); err != nil {
			return failed(castError(err))
		}
		if len(r.Body) > maxBody {
			return failed(&models.RunError{Key: "run.error.body_too_large", Args: map[string]any{"Max": maxBody}})
		}
	}
	r.Header = w.header(in, address)
	x := w.client.Do(ctx, r)
	return outcome(x, in.Now)
}

func (w *webService) header(in task.Input, address string) http.Header {
	h := make(http.Header, len(w.headers)+4)
	h[models.HeaderRun] = []string{in.RunID}
	h[headerKey] = []string{in.Key()}
	if w.client.IsOwn(address) {
		h[models.HeaderDepth] = []string{strconv.Itoa(in.Depth + 1)}
	}
	if w.body != nil {
		h["Content-Type"] = []string{w.body.contentType}
	}
	for i, own := range w.headers {
		value := own.value.Text(in.Values)
		if i == 0 || !slices.ContainsFunc(w.headers[:i], func(o header) bool { return o.name == own.name }) {
			h[own.name] = []string{value} // the owner's Content-Type takes the place of ours
			continue
		}
		h[own.name] = append(h[own.name], value)
	}
	return h
}

// outcome judges the call by the contract's rules (§7, Success and retry).
func outcome(x *outbound.Exchange, now time.Time) task.Outcome {
	record := recordOf(x)
	task.Mask(record)
	out := task.Outcome{Exchange: record}
	switch {
	case x.Fault() == outbound.FaultCanceled:
		return task.Outcome{Result: task.Interrupted}
	case x.Succeeded():
		out.Result = task.Done
		return out
	}
	out.Result, out.Error = task.Failed, callError(x)
	if x.Retryable() {
		out.Result = task.Retry
		if after, ok := outbound.RetryAfter(x.Header, now); ok && (x.Status == http.StatusTooManyRequests || x.Status == http.StatusServiceUnavailable) {
			out.After = after
		}
	}
	return out
}

func callError(x *outbound.Exchange) *models.RunError {
	if x.Err != nil {
		masked := task.Masker(secretsOf(x)...)
		args := make(map[string]any, len(x.Err.Args))
		for k, v := range x.Err.Args {
			if s, ok := v.(string); ok {
				v = masked(s)
			}
			args[k] = v
		}
		return &models.RunError{Key: x.Err.Key, Args: args, Detail: masked(x.Err.Error())}
	}
	return &models.RunError{Key: "run.error.status", Args: map[string]any{"Status": x.Status, "Text": http.StatusText(x.Status)}}
}

// secretsOf gives the values of secret headers of a request, for masking what the service said of them.
func secretsOf(x *outbound.Exchange) []string {
	var secrets []string
	for name, values := range x.Request.Header {
		if task.SecretName(name) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

func recordOf(x *outbound.Exchange) *models.Exchange {
	body, _, _ := recordedBody(x.Request.Body)
	record := &models.Exchange{
		Request: models.ExchangeRequest{Method: x.Request.Method, URL: x.Request.URL, Headers: headersOf(x.Request.Header), Body: body},
		Timing: models.ExchangeTiming{
			DNS: x.Timing.DNS.Microseconds(), Connect: x.Timing.Connect.Microseconds(), TLS: x.Timing.TLS.Microseconds(),
			FirstByte: x.Timing.FirstByte.Microseconds(), Total: x.Timing.Total.Microseconds(),
		},
	}
	for _, hop := range x.Hops {
		record.Hops = append(record.Hops, hop.URL)
	}
	if x.Status != 0 {
		body, truncated, binary := recordedBody(x.Body)
		record.Response = &models.ExchangeResponse{
			Status: x.Status, Headers: headersOf(x.Header), Body: body, Truncated: truncated || x.Truncated, Binary: binary,
		}
	}
	return record
}

// recordedBody gives the part of a body that is kept; what is no text is not.
func recordedBody(b []byte) (text string, truncated, binary bool) {
	if len(b) > maxRecorded {
		b, truncated = b[:maxRecorded], true
		for len(b) > 0 && !utf8.RuneStart(b[len(b)-1]) { // not in the middle of a character
			b = b[:len(b)-1]
		}
		if len(b) > 0 && b[len(b)-1] >= utf8.RuneSelf {
			b = b[:len(b)-1]
		}
	}
	if !utf8.Valid(b) || slices.Contains(b, 0) {
		return "", truncated, true
	}
	return string(b), truncated, false
}

func headersOf(h http.Header) []models.Header {
	list := make([]models.Header, 0, len(h))
	for name, values := range h {
		for _, v := range values {
			list = append(list, models.Header{Name: name, Value: models.CleanText(v)})
		}
	}
	slices.SortStableFunc(list, func(a, b models.Header) int {
		if a.Name < b.Name {
			return -1
		}
		if a.Name > b.Name {
			return 1
		}
		return 0
	})
	return list
}

func failed(e *models.RunError) task.Outcome { return task.Outcome{Result: task.Failed, Error: e} }

func urlError(err error) *models.RunError {
	if e, ok := errors.AsType[*pipedtext.URLError](err); ok {
		return &models.RunError{Key: e.Key()}
	}
	return &models.RunError{Key: "run.error.url", Detail: err.Error()}
}

func castError(err error) *models.RunError {
	if e, ok := errors.AsType[*pipedtext.CastError](err); ok {
		return &models.RunError{Key: "run.error.cast", Args: map[string]any{"Key": e.Key, "Value": e.Value, "Type": string(e.Type)}}
	}
	return &models.RunError{Key: "run.error.body", Detail: err.Error()}
}
