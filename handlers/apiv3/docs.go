package apiv3

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"surveyflow/internal/account"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// Operation is a route of the API as its documentation shows it.
type Operation struct {
	Name    string // as in the OpenAPI description
	Method  string
	Path    string // with parameters in braces, below the API's address
	Tag     string
	Summary string
	More    string
	Params  []Parameter
	Body    bool
	Example string // of a body; empty when there is none
	Answer  string // an example of what comes back
}

// Parameter is a part of the path, a parameter of the query, or a header.
type Parameter struct {
	Name, In, Text string
	Required       bool
	Options        []string // the values that it can have; empty for any
}

// Operations lists the routes of the API in the order of the documentation.
func (a *API) Operations() []Operation {
	d := &describer{components: schema{}}
	out := make([]Operation, 0, len(a.table))
	for _, tag := range tags {
		for i := range a.table {
			if a.table[i].tag == tag {
				out = append(out, operationOf(d, &a.table[i]))
			}
		}
	}
	return out
}

// Operation finds a route of the API by its name; false when there is none.
func (a *API) Operation(name string) (Operation, bool) {
	i := slices.IndexFunc(a.table, func(e endpoint) bool { return e.name == name })
	if i < 0 {
		return Operation{}, false
	}
	return operationOf(&describer{components: schema{}}, &a.table[i]), true
}

func operationOf(d *describer, e *endpoint) Operation {
	o := Operation{Name: e.name, Method: e.method, Path: pathOf(e.pattern), Tag: e.tag, Summary: e.summary, More: e.more, Body: e.body != nil}
	for segment := range strings.SplitSeq(e.pattern, "/") {
		if name, ok := strings.CutPrefix(segment, ":"); ok {
			o.Params = append(o.Params, Parameter{Name: name, In: "path", Required: true})
		}
	}
	all := e.params
	if !e.open {
		all = append([]param{scopeParam}, all...)
	}
	for _, p := range all {
		options, _ := p.schema["enum"].([]string)
		o.Params = append(o.Params, Parameter{Name: p.name, In: p.in, Text: p.text, Options: options})
	}
	if e.body != nil {
		o.Example = exampleText(d, d.of(e.body))
	}
	if e.result != nil {
		o.Answer = exampleText(d, d.of(e.result))
	}
	return o
}

func exampleText(d *describer, s schema) string {
	text, err := models.MarshalJSON(exampleOf(d, s, 0))
	if err != nil {
		return ""
	}
	return string(text)
}

// maxExampleDepth is how deep examples go into what refers to itself.
const maxExampleDepth = 6

// exampleOf makes a value that a schema describes.
func exampleOf(d *describer, s schema, depth int) any {
	if ref, ok := s["$ref"].(string); ok {
		s, _ = d.components[strings.TrimPrefix(ref, "#/components/schemas/")].(schema)
	}
	if options, ok := s["anyOf"].([]schema); ok && len(options) > 0 {
		s = options[0]
		if ref, ok := s["$ref"].(string); ok {
			s, _ = d.components[strings.TrimPrefix(ref, "#/components/schemas/")].(schema)
		}
	}
	kind, _ := s["type"].(string)
	if kinds, ok := s["type"].([]string); ok && len(kinds) > 0 {
		kind = kinds[0]
	}
	if examples, ok := s["examples"].([]string); ok && len(examples) > 0 {
		return examples[0]
	}
	properties, _ := s["properties"].(schema)
	switch {
	case depth > maxExampleDepth:
		return nil
	case kind == "object" || properties != nil:
		o := map[string]any{}
		for name, p := range properties {
			if inner, ok := p.(schema); ok {
				o[name] = exampleOf(d, inner, depth+1)
			}
		}
		return o
	case kind == "array":
		items, ok := s["items"].(schema)
		if !ok {
			return []any{}
		}
		return []any{exampleOf(d, items, depth+1)}
	case kind == "boolean":
		return true
	case kind == "integer" || kind == "number":
		return 1
	}
	return ""
}

// tryKey is under which a request's context has who calls from the documentation. No request from outside has it.
type tryKey struct{}

// Trial is a call from the documentation.
type Trial struct {
	Operation string
	Values    map[string]string // of parameters, by name; empty ones are left out
	Body      string
	Token     string // whose rights count; empty for those of the person
	From      string // address of who asks
}

// TrialAnswer is what came back.
type TrialAnswer struct {
	Method, Address string
	Status          int
	Body            string
	Truncated       bool
	Binary          bool // it is no text, and left out
	Took            time.Duration
}

// maxTrialAnswer is how much of an answer the documentation shows, in bytes.
const maxTrialAnswer = 256 << 10

// Through says through which router calls from the documentation go.
func (a *API) Through(router http.Handler) { a.router = router }

// Try makes a call as a program would, with the rights of a person or of a token. It fails with models.CodeNotFound when there
// is no such operation.
func (a *API) Try(ctx context.Context, u *models.User, t Trial) (*TrialAnswer, error) {
	i := slices.IndexFunc(a.table, func(e endpoint) bool { return e.name == t.Operation })
	if i < 0 || a.router == nil {
		return nil, models.NotFound("error.not_found")
	}
	e := &a.table[i]
	segments, query := strings.Split(e.pattern, "/"), url.Values{}
	for n, s := range segments {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			if t.Values[name] == "" || strings.Trim(t.Values[name], ".") == "" {
				return nil, invalid(name, "apidocs.error.missing")
			}
			segments[n] = url.PathEscape(t.Values[name])
		}
	}
	header := http.Header{}
	for _, p := range append([]param{scopeParam}, e.params...) {
		value := t.Values[p.name]
		switch {
		case value == "":
		case p.in == "header":
			header.Set(p.name, value)
		default:
			query.Set(p.name, value)
		}
	}
	address := strings.Join(segments, "/")
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	if t.Token != "" {
		header.Set(headerToken, t.Token)
	} else {
		ctx = context.WithValue(ctx, tryKey{}, &account.Caller{User: *u, Token: models.APIToken{OrgID: u.OrgID, UserID: u.ID, Scope: models.TokenScopeAll}})
	}
	var body io.Reader = http.NoBody
	if t.Body != "" && e.body != nil {
		body = strings.NewReader(t.Body)
		header.Set("Content-Type", "application/json")
	}
	base, err := url.Parse(a.base.App(""))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, e.method, base.ResolveReference(&url.URL{}).String(), body)
	if err != nil {
		return nil, err
	}
	if r.URL, err = r.URL.Parse(address); err != nil {
		return nil, invalid("", "error.bad_request")
	}
	r.Header, r.RemoteAddr, r.RequestURI = header, t.From, address
	w := &trialWriter{header: http.Header{}}
	began := time.Now()
	a.router.ServeHTTP(w, r)
	out := &TrialAnswer{Method: e.method, Address: a.base.API(strings.TrimPrefix(address, link.APIPrefix)), Status: w.status, Took: time.Since(began), Truncated: w.truncated}
	if utf8.Valid(w.body.Bytes()) || w.truncated && strings.Contains(w.header.Get("Content-Type"), "json") {
		out.Body = models.CleanText(w.body.String())
	} else {
		out.Binary = true
	}
	return out, nil
}

// trialWriter keeps the beginning of an answer.
type trialWriter struct {
	header    http.Header
	status    int
	body      bytes.Buffer
	truncated bool
}

// Header gives the headers of the answer.
func (w *trialWriter) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *trialWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps what fits.
func (w *trialWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	room := maxTrialAnswer - w.body.Len()
	if len(p) > room {
		w.truncated = true
		w.body.Write(p[:max(room, 0)])
	} else {
		w.body.Write(p)
	}
	return len(p), nil
}
