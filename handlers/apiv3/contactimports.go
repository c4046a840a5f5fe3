package apiv3

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/contact"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// peopleTimeout is how long it may take until many contacts have come.
const peopleTimeout = 10 * time.Minute

// peopleBody is how far an import of contacts is.
type peopleBody struct {
	ID       string         `json:"id"`
	Percent  float64        `json:"percentComplete"`
	Status   jobStatus      `json:"status"`
	Contacts importContacts `json:"contacts"`
	Tracking importTracking `json:"tracking"`
	JobID    string         `json:"jobId"`
	Failures []jobFailure   `json:"failures"` // of the first that were refused: their place in what was sent, from 1
}

type importContacts struct {
	Count importCount `json:"count"`
}

type importCount struct {
	Added     int64 `json:"added"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Failed    int64 `json:"failed"`
}

type importTracking struct {
	URL string `json:"url"`
}

var contactImportSchema = schema{
	"type": "object", "required": []string{"contacts"}, "properties": schema{
		"contacts":        schema{"type": "array", "items": contactWriteSchema},
		"transactionMeta": schema{"type": "object", "description": "Not used yet."},
		"merge":           schema{"type": "string", "enum": models.MergeRules, "description": "What makes a contact one that the list has. By e-mail when it is not named. It stands before contacts."},
		"startWorkflows":  schema{"type": "boolean", "description": "Whether new contacts start workflows that wait for some; false when it is not named. It stands before contacts."},
	},
}

// bounceWrite reports a bounce.
type bounceWrite struct {
	Email  string `json:"email"`
	Reason string `json:"reason"`
}

// bounceBody is the answer to it.
type bounceBody struct {
	Email string `json:"email"`
}

var bounceSchema = schema{"type": "object", "required": []string{"email"}, "properties": schema{
	"email": text, "reason": schema{"type": "string", "description": "What the mail server said."},
}}

// maxReason is how many characters of a bounce's reason are kept.
const maxReason = 500

// reportBounce notes that mail to an address comes back.
func (a *API) reportBounce(c *call) (any, error) {
	ctx := c.Request().Context()
	var in bounceWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	email := strings.TrimSpace(models.CleanText(in.Email))
	if !models.ValidEmail(email) {
		return nil, invalid("email", "contact.error.email")
	}
	reason := []rune(strings.Join(strings.Fields(models.CleanText(in.Reason)), " "))
	why := models.RunError{Key: "contact.bounce.reported", Detail: string(reason[:min(len(reason), maxReason)])}
	if _, err := a.store.MarkBounced(ctx, c.actor.OrgID, email, why.Encode()); err != nil {
		return nil, err
	}
	return bounceBody{Email: email}, a.store.Audit(ctx, c.actor, models.AuditEntry{Action: models.AuditContactBounce})
}

// importContacts brings many contacts into a list.
func (a *API) importContacts(c *call) (any, error) {
	ctx := c.Request().Context()
	if err := a.directory(c); err != nil {
		return nil, err
	}
	l, err := a.list(c)
	if err != nil {
		return nil, err
	}
	connection := http.NewResponseController(c.Response())
	_ = connection.SetReadDeadline(time.Now().Add(peopleTimeout))  //nolint:forbidigo // of a connection
	_ = connection.SetWriteDeadline(time.Now().Add(peopleTimeout)) //nolint:forbidigo // of a connection
	body, err := c.people()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	in := peopleReader{d: json.NewDecoder(body)}
	if err := in.begin(); err != nil {
		return nil, err
	}
	p := contact.People{Name: "API", Merge: in.merge, Each: in.each, Follow: in.follow}
	if p.Merge == "" {
		p.Merge = models.MergeEmail
	}
	i, j, err := a.contacts.BringPeople(ctx, c.actor, l.ID, p)
	if err != nil {
		return nil, err
	}
	if in.meta {
		c.notice = append(c.notice, i18n.T(ctx, "api.notice.transactions"))
	}
	return a.importOf(c, i, j), nil
}

// people gives the JSON of a body, or of the file in a form.
func (c *call) people() (io.ReadCloser, error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || kind != echo.MIMEMultipartForm {
		if !isJSON(r.Header.Get(echo.HeaderContentType)) {
			return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType)
		}
		return r.Body, nil
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, &models.Error{Code: models.CodeInvalid, Key: "api.error.body_broken", Cause: err}
	}
	file, _, err := r.FormFile("contacts")
	if err != nil {
		return nil, invalid("contacts", "api.error.contact_import_file")
	}
	return file, nil
}

// peopleReader reads contacts one after the other, so that it needs no memory for all of them. They are an array, or the member
// contacts of an object; what says how to import them stands before them.
type peopleReader struct {
	d      *json.Decoder
	object bool
	merge  models.MergeRule
	follow bool
	meta   bool
}

// begin reads up to the first contact.
func (p *peopleReader) begin() error {
	token, err := p.d.Token()
	switch {
	case err != nil:
		return brokenPeople(p.d, err)
	case token == json.Delim('['):
		return nil
	case token != json.Delim('{'):
		return invalid("contacts", "api.error.contact_import_shape")
	}
	p.object = true
	for p.d.More() {
		name, err := p.d.Token()
		if err != nil {
			return brokenPeople(p.d, err)
		}
		if name == "contacts" {
			if token, err := p.d.Token(); err != nil || token != json.Delim('[') {
				return invalid("contacts", "api.error.contact_import_shape")
			}
			return nil
		}
		var to any = new(any)
		switch name {
		case "merge":
			to = &p.merge
		case "startWorkflows":
			to = &p.follow
		case "transactionMeta":
			p.meta = true
		}
		if err := p.d.Decode(to); err != nil {
			return brokenPeople(p.d, err)
		}
	}
	return invalid("contacts", "api.error.contact_import_shape")
}

// each reads the contacts.
func (p *peopleReader) each(add func(models.Contact) error) error {
	for n := 1; p.d.More(); n++ {
		var in contactWrite
		if err := p.d.Decode(&in); err != nil {
			if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				member := memberPath(reflect.TypeOf(in), e.Field)
				return invalid("contacts["+strconv.Itoa(n-1)+"]."+member, "api.error.body_type", "Field", member, "Got", e.Value)
			}
			return brokenPeople(p.d, err)
		}
		var c models.Contact
		if err := in.over(&c); err != nil {
			if e, ok := errors.AsType[*models.Error](err); ok && len(e.Fields) > 0 {
				e.Fields[0].Field = "contacts[" + strconv.Itoa(n-1) + "]." + e.Fields[0].Field
			}
			return err
		}
		if in.ListOut != nil && *in.ListOut || in.Unsubscribed != nil && *in.Unsubscribed {
			c.OptedOutAt = new(time.Time)
		}
		if err := add(c); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return brokenPeople(p.d, err)
	}
	return nil
}

func brokenPeople(d *json.Decoder, err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &models.Error{Code: models.CodeInvalid, Key: "api.error.contact_import_broken", Args: map[string]any{"Position": d.InputOffset()}, Cause: err}
}

// showImport tells how far an import is.
func (a *API) showImport(c *call) (any, error) {
	ctx := c.Request().Context()
	if err := a.directory(c); err != nil {
		return nil, err
	}
	if _, err := a.list(c); err != nil {
		return nil, err
	}
	i, err := a.store.ContactImport(ctx, c.actor, c.Param("importId"))
	if err != nil {
		return nil, missing(err, "api.error.no_contact_import")
	}
	if i.ListID != c.Param("mailingListId") || i.JobID == nil {
		return nil, models.NotFound("api.error.no_contact_import")
	}
	j, err := a.store.Job(ctx, c.actor, *i.JobID)
	if err != nil {
		return nil, missing(err, "api.error.no_contact_import")
	}
	return a.importOf(c, i, &j.Job), nil
}

func (a *API) importOf(c *call, i *models.ContactImport, j *models.Job) peopleBody {
	job := jobOf(c.Request().Context(), j)
	notes := j.Report.V.Notes
	path := strings.TrimPrefix(c.Request().URL.Path, link.APIPrefix)
	if c.Param("importId") == "" {
		path = strings.TrimRight(path, "/") + "/" + i.ID
	}
	return peopleBody{
		ID: i.ID, Percent: job.Percent, Status: job.Status, JobID: j.ID, Failures: job.Failures, Tracking: importTracking{URL: a.base.API(path)},
		Contacts: importContacts{Count: importCount{
			Added: notes[string(models.ContactAdded)], Updated: notes[string(models.ContactUpdated)], Unchanged: notes[string(models.ContactUnchanged)], Failed: j.Failed,
		}},
	}
}
