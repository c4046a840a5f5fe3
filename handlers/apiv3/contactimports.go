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
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
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

// bounceWrite reports a bounce, or a complaint.
type bounceWrite struct {
	Email  string     `json:"email"`
	Reason string     `json:"reason"`
	Kind   bounceKind `json:"kind"`
}

// bounceBody is the answer to it.
type bounceBody struct {
	Email string     `json:"email"` // empty where a report of a complaint does not tell it
	Kind  bounceKind `json:"kind"`
}

// bounceKind says what is reported of an address.
type bounceKind string

// The kinds. One that is not named is a bounce.
const (
	kindBounce    bounceKind = "bounce"
	kindComplaint bounceKind = "complaint"
)

var bounceSchema = schema{"type": "object", "required": []string{"email"}, "properties": schema{
	"email": text, "reason": schema{"type": "string", "description": "What the mail server said."},
	"kind": schema{"type": "string", "enum": []bounceKind{kindBounce, kindComplaint}, "default": kindBounce},
}}

// maxReason is how many characters of a bounce's reason are kept.
const maxReason = 500

// reportBounce notes that mail to an address comes back.
func (a *API) reportBounce(c *call) (any, error) {
	ctx := c.Request().Context()
	switch kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); kind {
	case "message/rfc822", "multipart/report":
		return a.reportFeedback(c)
	}
	var in bounceWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	switch in.Kind {
	case "":
		in.Kind = kindBounce
	case kindBounce, kindComplaint:
	default:
		return nil, oneOf("kind", []bounceKind{kindBounce, kindComplaint})
	}
	email := strings.TrimSpace(models.CleanText(in.Email))
	if !models.ValidEmail(email) {
		return nil, invalid("email", "contact.error.email")
	}
	if in.Kind == kindComplaint {
		return a.complain(c, store.Complaint{Email: email})
	}
	reason := []rune(strings.Join(strings.Fields(models.CleanText(in.Reason)), " "))
	why := models.RunError{Key: "contact.bounce.reported", Detail: string(reason[:min(len(reason), maxReason)])}
	if _, err := a.store.MarkBounced(ctx, c.actor.OrgID, email, why.Encode()); err != nil {
		return nil, err
	}
	return bounceBody{email, in.Kind}, a.store.Audit(ctx, c.actor, models.AuditEntry{Action: models.AuditContactBounce})
}

// reportFeedback takes the mail by which a provider reports a complaint.
func (a *API) reportFeedback(c *call) (any, error) {
	report, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, err
	}
	f, err := mail.ReadFeedback(c.Request().Header.Get(echo.HeaderContentType), report)
	switch {
	case err != nil:
		return nil, err
	case !f.Complaint():
		return nil, invalid("report", "mail.feedback.not_spam")
	case f.Recipient == "" && f.InvitationID == "":
		return nil, invalid("report", "mail.feedback.nobody")
	}
	return a.complain(c, store.Complaint{InvitationID: f.InvitationID, Token: f.Token, Email: f.Recipient})
}

// complain notes a complaint. The answer tells the address alone that came with it.
func (a *API) complain(c *call, by store.Complaint) (any, error) {
	ctx := c.Request().Context()
	if err := a.store.MarkComplained(ctx, c.actor.OrgID, by); err != nil {
		return nil, err
	}
	return bounceBody{by.Email, kindComplaint}, a.store.Audit(ctx, c.actor, models.AuditEntry{Action: models.AuditContactComplaint})
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
				return typeError("contacts["+strconv.Itoa(n-1)+"]."+member, member, e)
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
