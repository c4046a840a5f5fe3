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

	"surveyflow/internal/credential"
	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

const headerKey = "Idempotency-Key"

// maxRecorded is how much of a body an attempt keeps for people, in bytes.
const maxRecorded = 64 << 10

// Type makes web service tasks that call through one client.
type Type struct {
	client *outbound.Client
	lender *credential.Service // nil: tasks have no credentials
}

// New makes the type. With a lender, tasks can use credentials.
func New(client *outbound.Client, lender ...*credential.Service) *Type {
	t := &Type{client: client}
	if len(lender) > 0 {
		t.lender = lender[0]
	}
	return t
}

// Name is webService.
func (t *Type) Name() models.TaskType { return models.TaskWebService }

// webService is a compiled config.
type webService struct {
	client     *outbound.Client
	lender     *credential.Service
	credential string // id of the one that authenticates the call; empty for none
	method     string
	url        pipedtext.URLTemplate
	headers    []header
	extra      http.Header // sent beside them, such as a signature
	body       *body
	timeout    time.Duration
	limits     task.Limits
	follow     bool // one redirect of a GET
	outputs    []output
	refs       []pipedtext.Ref
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

// Receiver gives the receiver that the values decide.
func (w *webService) Receiver(values pipedtext.Source) string {
	address, err := w.url.URL(values)
	if err != nil {
		return ""
	}
	return pipedtext.OriginOf(address)
}

// Limits gives how the owner limits the calls.
func (w *webService) Limits() task.Limits { return w.limits }

// Credentials lists the credentials that the call uses: the one that authenticates it, and those whose parts it names.
func (w *webService) Credentials() []string {
	var ids []string
	if w.credential != "" {
		ids = append(ids, w.credential)
	}
	for _, r := range w.refs {
		if r.Scheme == credential.Scheme && !slices.Contains(ids, r.Name) {
			ids = append(ids, r.Name)
		}
	}
	return ids
}

// Run renders the request and makes the call once. A 401 to a call with an OAuth credential gets it new tokens and is
// answered with one more call, in the same attempt (contract §7, Success and retry).
func (w *webService) Run(ctx context.Context, in task.Input) task.Outcome {
	loan, err := w.borrow(ctx, in)
	if err != nil {
		return lent(ctx, err)
	}
	out, x := w.call(ctx, in, loan)
	if x == nil || x.Status != http.StatusUnauthorized {
		return out
	}
	renewed, err := loan.Renew(ctx)
	if err != nil {
		failed := lent(ctx, err)
		failed.Exchange = out.Exchange
		return failed
	}
	if renewed {
		out, _ = w.call(ctx, in, loan)
	}
	return out
}

// borrow opens the credentials of the call; nil when it uses none.
func (w *webService) borrow(ctx context.Context, in task.Input) (*credential.Loan, error) {
	if w.lender == nil || len(w.Credentials()) == 0 {
		return nil, nil
	}
	return w.lender.Lend(ctx, credential.Order{Actor: in.Actor, Main: w.credential, Refs: w.refs, AnyHost: w.Host() == ""})
}

// lent turns the fault of a credential into an outcome.
func lent(ctx context.Context, err error) task.Outcome {
	f, ok := errors.AsType[*credential.Error](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return task.Outcome{Result: task.Interrupted}
	case !ok:
		return failed(&models.RunError{Key: "run.error.credential_closed"})
	case f.Retry:
		return task.Outcome{Result: task.Retry, Error: &f.RunError, After: f.After}
	}
	return failed(&f.RunError)
}

// call renders the request, with what is lent for it, and sends it. It gives no exchange when nothing could be sent.
func (w *webService) call(ctx context.Context, in task.Input, loan *credential.Loan) (task.Outcome, *outbound.Exchange) {
	values, secrets := loan.Source(in.Values), slices.Concat(loan.Secrets(), in.Secrets)
	address, err := w.url.URL(values)
	if err != nil {
		return failed(urlError(err)), nil
	}
	r := outbound.Request{Method: w.method, URL: address, Timeout: w.timeout, FollowRedirect: w.follow}
	if w.body != nil {
		if r.Body, err = w.body.render(values); err != nil {
			return failed(task.MaskError(castError(err), task.MaskerOf(secrets))), nil
		}
		if len(r.Body) > maxBody {
			return failed(&models.RunError{Key: "run.error.body_too_large", Args: map[string]any{"Max": maxBody}}), nil
		}
	}
	r.Header = w.header(in, values, address)
	r.Credentials = append(w.secretHeaders(), loan.Header(r.Header)...)
	if r.Channel, err = loan.Channel(ctx); err != nil {
		return lent(ctx, err), nil
	}
	task.Confine(&r, in.Secrets)
	x := w.client.Do(ctx, r)
	out := outcome(x, in.Now, task.Values(secrets))
	w.answer(&out, x, in.Named, secrets)
	return out, x
}

// secretHeaders names the headers whose values have a part of a credential, so that another host does not get them.
func (w *webService) secretHeaders() []string {
	var names []string
	for _, h := range w.headers {
		if slices.ContainsFunc(h.value.Refs(), func(r pipedtext.Ref) bool { return r.Scheme == credential.Scheme }) {
			names = append(names, h.name)
		}
	}
	return names
}

func (w *webService) header(in task.Input, values pipedtext.Source, address string) http.Header {
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
		value := own.value.Text(values)
		if i == 0 || !slices.ContainsFunc(w.headers[:i], func(o header) bool { return o.name == own.name }) {
			h[own.name] = []string{value} // the owner's Content-Type takes the place of ours
			continue
		}
		h[own.name] = append(h[own.name], value)
	}
	for name, values := range w.extra {
		h[name] = values
	}
	return h
}

// outcome judges the call by the contract's rules (§7, Success and retry).
func outcome(x *outbound.Exchange, now time.Time, secrets []string) task.Outcome {
	record := recordOf(x, task.Masker(secrets...))
	task.Mask(record, secrets...)
	out := task.Outcome{Exchange: record}
	switch {
	case x.Fault() == outbound.FaultCanceled:
		return task.Outcome{Result: task.Interrupted}
	case x.Succeeded():
		out.Result = task.Done
		return out
	}
	out.Result, out.Error = task.Failed, callError(x, secrets)
	if x.Retryable() {
		out.Result = task.Retry
		if after, ok := outbound.RetryAfter(x.Header, now); ok && (x.Status == http.StatusTooManyRequests || x.Status == http.StatusServiceUnavailable) {
			out.After = after
		}
	}
	return out
}

func callError(x *outbound.Exchange, secrets []string) *models.RunError {
	if x.Err != nil {
		e := &models.RunError{Key: x.Err.Key, Args: x.Err.Args, Detail: x.Err.Error()}
		return task.MaskError(e, task.Masker(append(secretsOf(x), secrets...)...))
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

// recordOf gives the record of a call. Bodies are masked before they are cut, so that no cut leaves a part of a secret.
func recordOf(x *outbound.Exchange, mask func(string) string) *models.Exchange {
	body, _, _ := recordedBody([]byte(mask(string(x.Request.Body))))
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
		body, truncated, binary := recordedBody([]byte(mask(string(x.Body))))
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
