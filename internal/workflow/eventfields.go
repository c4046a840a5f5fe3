package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"surveyflow/internal/jsonpath"
	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

// EventFields finds the named parts of an event, by their names. What cannot be read is left out: a check has named it.
type EventFields map[string]*jsonpath.Path

// NewEventFields compiles the fields of an event.
func NewEventFields(e models.EventSpec) EventFields {
	all := FieldsOf(e)
	fields := make(EventFields, len(all))
	for _, f := range all {
		if p, err := jsonpath.Parse(strings.TrimSpace(f.Path)); err == nil {
			fields[strings.TrimSpace(f.Name)] = p
		}
	}
	return fields
}

// FieldsOf lists the parts of an event that have names: those that its owner gave, or those that it has by itself.
func FieldsOf(e models.EventSpec) []models.EventField {
	switch e.Type {
	case models.EventSurveyDefinition:
		return surveyEventFields
	case models.EventSchedule:
		return tickFields
	}
	return e.Fields
}

// paths are those that stand in the texts of workflows, each parsed once.
var paths pathCache

// pathCache keeps parsed paths. It is safe for concurrent use.
type pathCache struct {
	mu    sync.RWMutex
	known map[string]*jsonpath.Path
}

// mostPaths is how many are kept; then all are forgotten.
const mostPaths = 2000

func (c *pathCache) parse(text string) (*jsonpath.Path, error) {
	c.mu.RLock()
	p := c.known[text]
	c.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	p, err := jsonpath.Parse(text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostPaths {
		c.known = map[string]*jsonpath.Path{}
	}
	c.known[text] = p
	return p, nil
}

// event gives a part of a JSON event: a field by its name, or what a JSONPath finds in all of it.
func (v *Values) event(name, path string) pipedtext.Value {
	p := v.Fields[name]
	if path != "" {
		var err error
		if p, err = paths.parse(path); err != nil {
			return pipedtext.Value{}
		}
	}
	if p == nil {
		return pipedtext.Value{}
	}
	doc := v.payload()
	if doc == nil {
		return pipedtext.Value{}
	}
	return found(p, doc)
}

// payload reads what was sent, once; nil when there is nothing.
func (v *Values) payload() *jsonpath.Value {
	if v.sent == nil && len(v.Snapshot.Payload) > 0 {
		doc, err := jsonpath.ParseDocument(v.Snapshot.Payload)
		if err != nil { // it was read when it was accepted
			return nil
		}
		v.sent = doc
	}
	return v.sent
}

// found gives what a path finds in a document: several values as a list.
func found(p *jsonpath.Path, doc *jsonpath.Value) pipedtext.Value {
	all, err := p.Select(doc)
	if err != nil {
		return pipedtext.Value{}
	}
	values := make([]json.RawMessage, len(all))
	for i, f := range all {
		values[i] = f.Raw()
	}
	return pipedtext.List(values...)
}

// fieldName is what can stand in a token: it does not begin like a path.
var fieldName = regexp.MustCompile(`^[^$\s{}|"\\/][^{}|"\\\x00-\x1f]*$`)

// checkJSONEvent finds what is wrong with the event of a workflow that other programs start.
func checkJSONEvent(e models.EventSpec) []models.FieldError {
	var fields []models.FieldError
	fail := func(at, key string, args ...any) { fields = append(fields, models.Field(at, key, args...)) }
	if len(e.Fields) > models.MaxEventFields {
		fail("event.fields", "event.error.too_many_fields", "Max", models.MaxEventFields)
		return fields
	}
	seen := map[string]bool{}
	for i, f := range e.Fields {
		at := fmt.Sprintf("event.fields[%d]", i)
		name, path := strings.TrimSpace(f.Name), strings.TrimSpace(f.Path)
		switch {
		case name == "":
			fail(at+".name", "event.error.field_name_empty")
		case utf8.RuneCountInString(name) > models.MaxEventFieldName || !fieldName.MatchString(name):
			fail(at+".name", "event.error.field_name", "Max", models.MaxEventFieldName)
		case seen[name]:
			fail(at+".name", "event.error.field_twice", "Name", name)
		}
		seen[name] = true
		switch {
		case path == "":
			fail(at+".path", "event.error.field_path_empty")
		case utf8.RuneCountInString(path) > models.MaxEventFieldPath:
			fail(at+".path", "event.error.field_path_long", "Max", models.MaxEventFieldPath)
		default:
			if _, err := jsonpath.Parse(path); err != nil {
				if s, ok := errors.AsType[*jsonpath.SyntaxError](err); ok {
					fail(at+".path", s.Key(), "Position", s.Offset+1)
				} else {
					fail(at+".path", "event.error.field_path")
				}
			}
		}
	}
	if e.RatePerMinute < 0 || e.RatePerMinute > models.MaxRatePerMinute {
		fail("event.ratePerMinute", "event.error.rate", "Max", models.MaxRatePerMinute)
	}
	return append(fields, checkHMAC(e.HMAC)...)
}

func checkHMAC(h *models.HMACSpec) []models.FieldError {
	if h == nil {
		return nil
	}
	if h.Scheme == models.HMACStandard {
		return nil
	}
	var fields []models.FieldError
	fail := func(at, key string, args ...any) {
		fields = append(fields, models.Field("event.hmac."+at, key, args...))
	}
	if h.Scheme != models.HMACOwn {
		fail("scheme", "event.error.hmac_scheme")
		return fields
	}
	if !headerName.MatchString(h.Header) || len(h.Header) > models.MaxHMACHeader || slices.Contains(notSignatures, textproto.CanonicalMIMEHeaderKey(h.Header)) {
		fail("header", "event.error.hmac_header")
	}
	if !slices.Contains(models.HMACAlgorithms, h.Algorithm) {
		fail("algorithm", "event.error.hmac_algorithm")
	}
	if !slices.Contains(models.HMACEncodings, h.Encoding) {
		fail("encoding", "event.error.hmac_encoding")
	}
	if len(h.Prefix) > models.MaxHMACHeader {
		fail("prefix", "event.error.hmac_prefix")
	}
	return fields
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// notSignatures are headers that every request has for something else.
var notSignatures = []string{"Content-Type", "Content-Length", "Host", "User-Agent", "X-Api-Token", "Cookie", "Connection", "Transfer-Encoding"}

// normalizeEvent gives the event of a definition its defaults, and leaves out what its type does not have.
func normalizeEvent(e *models.EventSpec) {
	e.URL = ""
	switch e.Type {
	case models.EventSurveyResponse:
		*e = models.EventSpec{Type: e.Type, On: e.On, IncludeIncomplete: e.IncludeIncomplete, IncludeImported: e.IncludeImported}
		if len(e.On) == 0 {
			e.On = []string{models.OnCreated}
		}
	case models.EventSurveyDefinition:
		*e = models.EventSpec{Type: e.Type, On: orderedChanges(e.On)}
	case models.EventSchedule:
		*e = models.EventSpec{Type: e.Type, Cron: strings.Join(strings.Fields(e.Cron), " "), TimeZone: strings.TrimSpace(e.TimeZone)}
		if e.TimeZone == "" {
			e.TimeZone = "UTC"
		}
	case models.EventContactList:
		*e = models.EventSpec{Type: e.Type, On: []string{models.OnAdded}, MailingListID: strings.TrimSpace(e.MailingListID)}
	case models.EventJSON:
		on := e.Authenticated()
		*e = models.EventSpec{Type: e.Type, Fields: slices.Clone(e.Fields), Authentication: &on, HMAC: e.HMAC, RatePerMinute: e.RatePerMinute}
		if e.Fields == nil {
			e.Fields = []models.EventField{}
		}
		for i := range e.Fields {
			e.Fields[i].Name, e.Fields[i].Path = strings.TrimSpace(e.Fields[i].Name), strings.TrimSpace(e.Fields[i].Path)
		}
		if e.HMAC != nil {
			h := *e.HMAC
			normalizeHMAC(&h)
			e.HMAC = &h
		}
	}
}

func normalizeHMAC(h *models.HMACSpec) {
	h.Secret = "" // it is kept elsewhere, sealed
	h.Header = strings.TrimSpace(h.Header)
	if h.Scheme == "" {
		h.Scheme = models.HMACStandard
		if h.Header != "" {
			h.Scheme = models.HMACOwn
		}
	}
	if h.Scheme != models.HMACOwn {
		*h = models.HMACSpec{Scheme: h.Scheme}
		return
	}
	if h.Algorithm == "" {
		h.Algorithm = models.HMACAlgorithms[0]
	}
	if h.Encoding == "" {
		h.Encoding = models.HMACEncodings[0]
	}
}
