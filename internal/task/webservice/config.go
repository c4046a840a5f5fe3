package webservice

import (
	"encoding/json"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/credential"
	"surveyflow/internal/outbound"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// Limits of a web service task.
const (
	maxHeaders = 50
	maxPairs   = 200
	maxBody    = 1 << 20 // bytes of a rendered body
)

type header struct {
	name  string
	value pipedtext.Template
}

// Compile checks a config and parses its templates.
func (t *Type) Compile(config json.RawMessage) (task.Task, error) {
	var c models.WebServiceConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, models.Invalid(models.Field("", "task.error.config"))
	}
	w := &webService{client: t.client, lender: t.lender, credential: c.CredentialID, method: strings.ToUpper(strings.TrimSpace(c.Method)), follow: true}
	k := compiler{}
	if w.method == "" {
		w.method = "POST"
	}
	if !slices.Contains(models.WebServiceMethods, w.method) {
		k.fail("method", "task.error.method", "Method", c.Method)
	}
	if c.CredentialID != "" && (t.lender == nil || !models.ValidID(models.PrefixCredential, c.CredentialID)) {
		k.fail("credentialId", "task.error.credential")
	}
	k.url(t.client, w, c.URL)
	k.headers(w, c.Headers)
	k.timeout(w, c.TimeoutSeconds)
	w.limits = task.Limits{Concurrency: c.Concurrency, RatePerSecond: c.RatePerSecond}
	k.fields = append(k.fields, w.limits.Check()...)
	if c.Body != nil && w.method != "GET" && w.method != "HEAD" {
		k.body(w, c.Body)
	}
	k.outputs(w, c.Outputs)
	w.collectRefs()
	k.secrets(w)
	return w, models.Invalid(k.fields...)
}

// compiler gathers what is wrong with a config, so that people see all of it at once.
type compiler struct{ fields []models.FieldError }

func (k *compiler) fail(field, key string, args ...any) {
	k.fields = append(k.fields, models.Field(field, key, args...))
}

// syntax reports what is wrong with a text; pieces that only look like tokens are reported too.
func (k *compiler) syntax(field string, err error, suspicious []*pipedtext.SyntaxError) {
	if e, ok := err.(*pipedtext.SyntaxError); ok { //nolint:errorlint // the parsers promise this type
		k.fail(field, e.Key(), "Position", e.Offset+1)
		return
	}
	for _, e := range suspicious {
		k.fail(field, e.Key(), "Position", e.Offset+1)
	}
}

func (k *compiler) url(client *outbound.Client, w *webService, text string) {
	if strings.TrimSpace(text) == "" {
		k.fail("url", "task.error.url_empty")
		return
	}
	var err error
	w.url, err = pipedtext.ParseURL(strings.TrimSpace(text))
	k.syntax("url", err, pipedtext.Check(text))
	if err != nil || len(w.url.Refs()) > 0 {
		return
	}
	if e, ok := client.CheckURL(w.url.String()).(*outbound.Error); ok { //nolint:errorlint // CheckURL promises this type
		k.fields = append(k.fields, models.FieldError{Field: "url", Key: e.Key, Args: e.Args})
	}
}

// secrets refuses parts of credentials where they do not belong: in an address they would end up in logs. The one exception is
// a host that the provider named.
func (k *compiler) secrets(w *webService) {
	host, _ := w.url.HostRef()
	for _, r := range w.url.BeforeQuery() {
		if r.Scheme == credential.Scheme && (r != host || r.Path != credential.PartHost) {
			k.fail("url", "task.error.credential_in_url", "Token", r.String())
		}
	}
	for _, r := range w.refs {
		if r.Scheme == credential.Scheme && (w.lender == nil || !models.ValidID(models.PrefixCredential, r.Name)) {
			k.fail("", "task.error.credential_token", "Token", r.String())
		}
	}
}

func (k *compiler) headers(w *webService, specs []models.HeaderSpec) {
	if len(specs) > maxHeaders {
		k.fail("headers", "task.error.too_many_headers", "Max", maxHeaders)
		return
	}
	for i, s := range specs {
		at := fmt.Sprintf("headers[%d]", i)
		name := textproto.TrimString(s.Key)
		if name == "" && s.Value == "" {
			continue // a row that was left empty
		}
		if e, ok := outbound.CheckHeader(name, "").(*outbound.Error); ok { //nolint:errorlint // CheckHeader promises this type
			k.fields = append(k.fields, models.FieldError{Field: at + ".key", Key: e.Key, Args: e.Args})
			continue
		}
		value, err := pipedtext.ParseHeader(s.Value)
		k.syntax(at+".value", err, pipedtext.Check(s.Value))
		w.headers = append(w.headers, header{name: textproto.CanonicalMIMEHeaderKey(name), value: value})
	}
}

func (k *compiler) timeout(w *webService, seconds int) {
	w.timeout = outbound.DefaultTimeout
	switch {
	case seconds < 0 || time.Duration(seconds)*time.Second > outbound.MaxTimeout:
		k.fail("timeoutSeconds", "task.error.timeout", "Max", int(outbound.MaxTimeout/time.Second))
	case seconds > 0:
		w.timeout = time.Duration(seconds) * time.Second
	}
}
