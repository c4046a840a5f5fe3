package inbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"surveyflow/handlers/web"
	"surveyflow/internal/call"
	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// Calls answers the webhook of collectors, /api.php (contract §3 and §7).
type Calls struct{ service *call.Service }

// NewCalls makes the endpoint.
func NewCalls(s *call.Service) *Calls { return &Calls{s} }

const (
	// callLimit is the largest body of a call in bytes: everything that can be passed, encoded in the longest way, fits.
	callLimit = 256 << 10
	// callReading is how long a caller may take for a body.
	callReading = 20 * time.Second
	// ignoredMost is how many names that are no parameters are told to the collector's owner.
	ignoredMost = 20
)

// callProcessed and callFailed are what every answer says of itself, to the letter.
const (
	callProcessed = "Action processed correctly"
	callFailed    = "Action failed"
)

// callAnswer is the answer to a call.
type callAnswer struct {
	Status       bool                    `json:"status"`
	Notification string                  `json:"notification"`
	Error        string                  `json:"error,omitempty"`
	Invitation   models.InvitationStatus `json:"invitation,omitempty"`   // of one that is held, or that was there
	Reason       models.HoldReason       `json:"reason,omitempty"`       // why it is held
	InvitationID string                  `json:"invitationId,omitempty"` // of one that was there
}

// Take takes a call by GET or POST: its parameters may stand in the query, in a form or in JSON, and in several of them as long as
// they agree. What it asks for is on disk before it is answered.
func (h *Calls) Take(c echo.Context) error {
	r := c.Request()
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		c.Response().Header().Set("Allow", "GET, POST")
		return echo.NewHTTPError(http.StatusMethodNotAllowed)
	}
	in, err := h.read(c)
	if err != nil {
		return err
	}
	taken, err := h.service.Take(r.Context(), in)
	status, answer := http.StatusOK, callAnswer{Status: true, Notification: callProcessed}
	if err != nil {
		p := web.ProblemOf(err)
		status, answer = callProblem(c, p)
		if p.Status >= http.StatusInternalServerError {
			h.note(taken, in, status, answer)
			return err // told and logged as a fault
		}
		web.RetryAfter(c, p)
	} else {
		answer.tell(taken.Answer)
	}
	h.note(taken, in, status, answer)
	return writeCall(c, status, answer)
}

func (h *Calls) note(t call.Taken, in *call.Request, status int, a callAnswer) {
	if text, err := models.MarshalJSON(a); err == nil {
		h.service.Note(t, in, status, text)
	}
}

// tell says of an invitation what its caller does not know: that it is held, or that it was there.
func (a *callAnswer) tell(out *call.Answer) {
	if a.Reason = out.Held(); a.Reason != "" {
		a.Invitation = models.InvitationHeld
	}
	if out.Existed {
		a.Invitation, a.InvitationID = out.Invitation.Status, out.Invitation.ID
	}
}

// TellCall gives what a call is answered, for whoever makes one without HTTP.
func TellCall(c echo.Context, t call.Taken, err error) (status int, answer json.RawMessage) {
	status, a := http.StatusOK, callAnswer{Status: true, Notification: callProcessed}
	if err != nil {
		status, a = callProblem(c, web.ProblemOf(err))
	} else {
		a.tell(t.Answer)
	}
	answer, _ = models.MarshalJSON(a)
	return status, answer
}

// callProblem gives the status and the words of a refusal: no other status than the contract names.
func callProblem(c echo.Context, p web.Problem) (int, callAnswer) {
	a := callAnswer{Notification: callFailed, Error: p.Sentence(c.Request().Context())}
	if len(p.Error.Fields) > 0 && !strings.HasPrefix(p.Error.Fields[0].Key, "call.") {
		a.Error = p.Error.Fields[0].Field + ": " + a.Error
	}
	switch {
	case p.Status == http.StatusTooManyRequests, p.Status == http.StatusNotFound, p.Status == http.StatusMethodNotAllowed:
		return p.Status, a
	case p.Status == http.StatusForbidden:
		return http.StatusNotFound, a
	case p.Status == http.StatusUnauthorized && p.Error.Key != "people.error.token_unknown":
		return http.StatusUnauthorized, a
	case p.Status >= http.StatusInternalServerError:
		a.Error = i18n.T(c.Request().Context(), "call.error.internal")
		return http.StatusInternalServerError, a
	}
	return http.StatusBadRequest, a
}

// callError tells problems that the endpoint did not answer itself.
func callError(c echo.Context, p web.Problem) error {
	status, a := callProblem(c, p)
	return writeCall(c, status, a)
}

func writeCall(c echo.Context, status int, a callAnswer) error {
	text, err := models.MarshalJSON(a)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(status, echo.MIMEApplicationJSON, text)
}

// read reads the parameters from where they stand.
func (h *Calls) read(c echo.Context) (*call.Request, error) {
	r := c.Request()
	in := &call.Request{Method: r.Method, Params: map[string]string{}}
	p := params{in: in}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &models.Error{Code: models.CodeInvalid, Key: "call.error.query", Cause: err}
	}
	if err := p.all(query); err != nil {
		return nil, err
	}
	if r.Method == http.MethodPost {
		if err := p.body(c); err != nil {
			return nil, err
		}
	}
	if in.Token == "" {
		in.Token = strings.TrimSpace(r.Header.Get("X-Api-Token"))
	}
	depth, cause := causeOf(r.Header)
	in.Cause = contact.Cause{Run: cause, Depth: depth}
	return in, nil
}

// callNames are the parameters by their names in lower case: callers spell them in any.
var callNames = func() map[string]string {
	names := map[string]string{strings.ToLower(models.CallToken): models.CallToken}
	for _, p := range models.CallParams {
		names[strings.ToLower(p.Name)] = p.Name
	}
	return names
}()

// params gathers parameters.
type params struct{ in *call.Request }

func (p *params) set(name, value string) error {
	known := callNames[strings.ToLower(name)]
	if known == "" {
		if name = models.CleanText(name); len(p.in.Ignored) < ignoredMost && !slices.Contains(p.in.Ignored, name) {
			p.in.Ignored = append(p.in.Ignored, name)
		}
		return nil
	}
	if !utf8.ValidString(value) {
		return models.Invalid(models.Field(known, "call.error.utf8", "Name", known))
	}
	value = strings.TrimSpace(models.CleanText(value))
	if value == "" {
		return nil
	}
	old := p.in.Params[known]
	if known == models.CallToken {
		old = p.in.Token
	}
	if old != "" && old != value {
		return models.Invalid(models.Field(known, "call.error.twice", "Name", known))
	}
	if known == models.CallToken {
		p.in.Token = value
	} else {
		p.in.Params[known] = value
	}
	return nil
}

func (p *params) all(values url.Values) error {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // so that of several mistakes the same is told
	for _, name := range names {
		for _, value := range values[name] {
			if err := p.set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// body reads a form or JSON. Without a type it is told by its first letter, as many callers send none.
func (p *params) body(c echo.Context) error {
	r := c.Request()
	if r.ContentLength <= 0 { // a length that is not known in advance may never end
		deadlines := http.NewResponseController(c.Response())
		_ = deadlines.SetReadDeadline(time.Now().Add(callReading))
		defer deadlines.SetReadDeadline(time.Time{}) //nolint:errcheck // the server's own remain
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return err
		}
		return &models.Error{Code: models.CodeInvalid, Key: "api.error.body_broken", Cause: err}
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if len(text) == 0 {
		return nil
	}
	kind, options, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	switch {
	case kind == "multipart/form-data":
		return p.parts(multipart.NewReader(bytes.NewReader(text), options["boundary"]))
	case kind == "application/json", strings.HasSuffix(kind, "+json"), text[0] == '{' && kind != "application/x-www-form-urlencoded":
		return p.json(text)
	case kind == "application/x-www-form-urlencoded", kind == "", kind == "text/plain":
		form, err := url.ParseQuery(string(text))
		if err != nil {
			return &models.Error{Code: models.CodeInvalid, Key: "call.error.form", Cause: err}
		}
		return p.all(form)
	}
	return &models.Error{Code: models.CodeInvalid, Key: "call.error.content_type"}
}

// parts reads a form with parts; files are none of its parameters.
func (p *params) parts(form *multipart.Reader) error {
	broken := func(err error) error {
		return &models.Error{Code: models.CodeInvalid, Key: "call.error.form", Cause: err}
	}
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return broken(err)
		}
		if err := p.set(part.FormName(), string(value)); err != nil {
			return err
		}
	}
}

// json reads an object of texts, numbers and truth values. Numbers are taken digit for digit.
func (p *params) json(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	broken := func(err error) error {
		return &models.Error{Code: models.CodeInvalid, Key: "call.error.json", Cause: err}
	}
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return broken(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return broken(err)
		}
		value, err := d.Token()
		if err != nil {
			return broken(err)
		}
		if err := p.member(name.(string), value); err != nil { //nolint:forcetypeassert,errcheck // the decoder gives no other names
			return err
		}
		if _, nested := value.(json.Delim); nested {
			if err := skip(d); err != nil {
				return broken(err)
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return broken(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return broken(err)
	}
	return nil
}

func (p *params) member(name string, value json.Token) error {
	switch v := value.(type) {
	case string:
		return p.set(name, v)
	case json.Number:
		return p.set(name, v.String())
	case bool:
		return p.set(name, map[bool]string{true: "true", false: "false"}[v])
	case json.Delim:
		if known := callNames[strings.ToLower(name)]; known != "" {
			return models.Invalid(models.Field(known, "call.error.nested", "Name", known))
		}
		return p.set(name, "")
	}
	return nil // null is not there
}

// skip reads on to the end of the object or array that has begun.
func skip(d *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}
