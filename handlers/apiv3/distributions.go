package apiv3

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"surveyflow/internal/distribution"
	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// distributionEndpoints are the rows of distributions (reference §4.5).
func (a *API) distributionEndpoints() []endpoint {
	surveyParam := param{"surveyId", "query", "The survey that it belongs to.", text}
	return []endpoint{
		{
			method: http.MethodGet, pattern: link.PatternAPIDistributions, handler: a.serve(a.listDistributions), name: "listDistributions", tag: tagDistributions,
			summary: "List the distributions of a survey with what became of each, the last made first", more: distributionText, result: list[distributionBody]{},
			params: append([]param{
				{"surveyId", "query", "The survey; it must be named.", text},
				{"mailingListId", "query", "Only those to this contact list.", text},
				{"distributionRequestType", "query", "Only those of this type.", schema{"type": "string", "enum": models.DistributionTypes}},
				{"sendStartDate", "query", "Only those whose time of sending is not before this one.", text},
				{"sendEndDate", "query", "Only those whose time of sending is before this one.", text},
			}, paging...),
		},
		{
			method: http.MethodPost, pattern: link.PatternAPIDistributions, handler: a.serve(a.createDistribution), name: "createDistribution", tag: tagDistributions,
			summary: "Mail a survey to a contact list, or to one of its contacts; or generate personal links", more: createDistributionText, body: distributionSchema, result: createdID,
		},
		{
			method: http.MethodGet, pattern: link.PatternAPIDistribution, handler: a.serve(a.showDistribution), name: "getDistribution", tag: tagDistributions,
			summary: "A distribution with what became of it", more: distributionText, params: []param{surveyParam}, result: distributionBody{},
		},
		{
			method: http.MethodDelete, pattern: link.PatternAPIDistribution, handler: a.serve(a.deleteDistribution), name: "deleteDistribution", tag: tagDistributions,
			summary: "Delete a distribution with its reminders and thank-yous: what has not left never leaves, and its links end", params: []param{surveyParam},
			more: "Responses stay. What a collector sends by itself is ended there.",
		},
		{
			method: http.MethodGet, pattern: link.PatternAPIDistributionHistory, handler: a.serve(a.distributionHistory), name: "getDistributionHistory", tag: tagDistributions,
			summary: "What became of a distribution, person by person", params: paging, result: list[historyRow]{},
			more: "The personal links are told to who may change the survey.",
		},
		{
			method: http.MethodGet, pattern: link.PatternAPIDistributionLinks, handler: a.serve(a.distributionLinks), name: "listDistributionLinks", tag: tagDistributions,
			summary: "The personal links of a distribution", params: append([]param{surveyParam}, paging...), result: list[linkRow]{},
		},
		{
			method: http.MethodPost, pattern: link.PatternAPIDistributionReminders, handler: a.serve(a.follow(models.DistributionReminder)), name: "createReminder", tag: tagDistributions,
			summary: "Remind the people of a distribution whom mail reached and who have not finished by then", body: followSchema, result: followed{},
		},
		{
			method: http.MethodPost, pattern: link.PatternAPIDistributionThanks, handler: a.serve(a.follow(models.DistributionThankYou)), name: "createThankYou", tag: tagDistributions,
			summary: "Thank the people of a distribution who have finished by then", body: followSchema, result: followed{},
		},
	}
}

const (
	distributionText = "Invitations and reminders of e-mail collectors are distributions, too. Who opened, started and finished counts for the mail that they had got last. " +
		"Skipped are people who must not be written to, blocked those who were asked too often by the rules of frequency."
	createDistributionText = "Mail leaves from the instance's own address in the name of fromName; answers go to replyToEmail, or else to fromEmail. The people are those of the list at sendDate; without one it is sent at once. " +
		"With action CreateDistribution, surveyId, mailingListId and linkType Individual, links are made that nobody is mailed. By a link of the type Multiple its person may answer any number of times."
)

var (
	headerSchema       = optionalAll(schema{"fromEmail": text, "fromName": text, "replyToEmail": text, "subject": text})
	messageNameSchema  = optionalAll(schema{"libraryId": text, "messageId": text, "messageText": text})
	followSchema       = optionalAll(schema{"header": headerSchema, "message": messageNameSchema, "sendDate": text})
	distributionSchema = optionalAll(schema{
		"header": headerSchema, "message": messageNameSchema, "sendDate": text,
		"surveyLink":   optionalAll(schema{"surveyId": text, "type": schema{"type": "string", "enum": models.LinkTypes}, "expirationDate": text}),
		"recipients":   optionalAll(schema{"mailingListId": text, "contactId": maybeText}),
		"embeddedData": schema{"type": []string{"object", "null"}},
		"action":       schema{"type": "string", "enum": []string{actionCreate}}, "surveyId": text, "mailingListId": text, "description": text, "linkType": text, "expirationDate": text,
	})
)

// distributionBody is a distribution as the field's API tells it.
type distributionBody struct {
	ID             string              `json:"id"`
	ParentID       *string             `json:"parentDistributionId"`
	OwnerID        string              `json:"ownerId"`
	OrganizationID string              `json:"organizationId"`
	RequestStatus  requestStatus       `json:"requestStatus"`
	RequestType    string              `json:"requestType"`
	SendDate       string              `json:"sendDate"`
	CreatedDate    string              `json:"createdDate"`
	ModifiedDate   string              `json:"modifiedDate"`
	CustomHeaders  map[string]string   `json:"customHeaders"`
	Headers        distributionHeaders `json:"headers"`
	Recipients     recipients          `json:"recipients"`
	Message        distributionWords   `json:"message"`
	SurveyLink     surveyLink          `json:"surveyLink"`
	EmbeddedData   *map[string]string  `json:"embeddedData"`
	Stats          distributionStats   `json:"stats"`
}

// requestStatus says how far a distribution is, in the words of the field's API.
type requestStatus string

const (
	requestPending   requestStatus = "Pending"
	requestDone      requestStatus = "Done"
	requestGenerated requestStatus = "Generated"
)

type distributionHeaders struct {
	FromEmail *string `json:"fromEmail"`
	ReplyTo   *string `json:"replyToEmail"`
	FromName  *string `json:"fromName"`
	Subject   *string `json:"subject"`
}

type recipients struct {
	MailingListID *string `json:"mailingListId"`
	ContactID     *string `json:"contactId"`
	LibraryID     *string `json:"libraryId"`
	SampleID      *string `json:"sampleId"`
}

type distributionWords struct {
	LibraryID *string `json:"libraryId"`
	MessageID *string `json:"messageId"`
	Text      *string `json:"messageText"`
}

type surveyLink struct {
	SurveyID   string          `json:"surveyId"`
	Expiration *string         `json:"expirationDate"`
	LinkType   models.LinkType `json:"linkType"`
}

type distributionStats struct {
	Sent       int64 `json:"sent"`
	Failed     int64 `json:"failed"`
	Started    int64 `json:"started"`
	Bounced    int64 `json:"bounced"`
	Opened     int64 `json:"opened"`
	Skipped    int64 `json:"skipped"`
	Finished   int64 `json:"finished"`
	Complaints int64 `json:"complaints"`
	Blocked    int64 `json:"blocked"`
}

func maybeSeconds(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := seconds(*t)
	return &text
}

func distributionTold(d *store.DistributionFigures) distributionBody {
	m, s := d.Message.V, d.Stats
	if m == nil {
		m = &models.DistributionMessage{FromName: d.Collector.V.FromName, ReplyTo: d.Collector.V.ReplyTo}
	}
	b := distributionBody{
		ID: d.ID, ParentID: d.ParentID, OwnerID: d.CreatedBy, OrganizationID: d.OrgID, RequestStatus: requestPending, RequestType: string(d.Type),
		SendDate: seconds(d.SendAt), CreatedDate: seconds(d.CreatedAt), ModifiedDate: seconds(d.UpdatedAt), CustomHeaders: map[string]string{},
		Headers:    distributionHeaders{said(m.FromEmail), said(m.ReplyTo), said(m.FromName), said(m.Subject)},
		Recipients: recipients{MailingListID: d.ListID, ContactID: d.ContactID, LibraryID: d.ListOwnerID},
		Message:    distributionWords{said(m.LibraryID), said(m.MessageID), said(m.Text)},
		SurveyLink: surveyLink{d.SurveyID, maybeSeconds(d.ExpiresAt), d.LinkType},
		Stats:      distributionStats{s.Sent, s.Failed, s.Started, s.Bounced, s.Opened, s.Skipped, s.Finished, s.Complaints, s.Blocked},
	}
	if len(m.Fields) > 0 {
		b.EmbeddedData = &m.Fields
	}
	switch {
	case d.Status == models.DistributionPending, d.Automatic && s.Sent+s.Failed+s.Bounced == 0, !d.Automatic && s.Waiting > 0:
	case d.Type == models.DistributionLinks:
		b.RequestStatus = requestGenerated
	default:
		b.RequestStatus = requestDone
	}
	return b
}

func (a *API) listDistributions(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	f := store.DistributionFilter{Type: models.DistributionType(c.QueryParam("distributionRequestType")), ListID: c.QueryParam("mailingListId"), Page: page}
	if f.From, err = c.instant("sendStartDate"); err != nil {
		return nil, err
	}
	if f.To, err = c.instant("sendEndDate"); err != nil {
		return nil, err
	}
	if f.Type != "" && !slices.Contains(models.DistributionTypes, f.Type) {
		return nil, oneOf("distributionRequestType", models.DistributionTypes)
	}
	if c.QueryParam("surveyId") == "" {
		return nil, invalid("surveyId", "api.error.survey_unnamed")
	}
	all, next, err := a.store.DistributionStats(c.Request().Context(), c.actor, c.QueryParam("surveyId"), f)
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	out := make([]distributionBody, len(all))
	for i := range all {
		out[i] = distributionTold(&all[i])
	}
	return listOf(out, a.nextPage(c, next)), nil
}

// distribution gives the distribution that the path names, of the survey that the query names, when it does.
func (a *API) distribution(c *call) (*models.Distribution, error) {
	d, err := a.store.Distribution(c.Request().Context(), c.actor, c.Param("distributionId"))
	if err == nil && c.QueryParam("surveyId") != "" && c.QueryParam("surveyId") != d.SurveyID {
		err = models.NotFound("error.not_found")
	}
	return d, missing(err, "api.error.no_distribution")
}

func (a *API) showDistribution(c *call) (any, error) {
	d, err := a.distribution(c)
	if err != nil {
		return nil, err
	}
	all, _, err := a.store.DistributionStats(c.Request().Context(), c.actor, d.SurveyID, store.DistributionFilter{ID: d.ID})
	if err == nil && len(all) == 0 {
		err = models.NotFound("api.error.no_distribution")
	}
	if err != nil {
		return nil, err
	}
	return distributionTold(&all[0]), nil
}

func (a *API) deleteDistribution(c *call) (any, error) {
	d, err := a.distribution(c)
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteDistribution(c.Request().Context(), c.actor, d.ID)
}

// actionCreate is the action of calls that have links generated.
const actionCreate = "CreateDistribution"

// mailing is what a mail of a distribution says and when, as it is written.
type mailing struct {
	Header struct {
		FromEmail string `json:"fromEmail"`
		FromName  string `json:"fromName"`
		ReplyTo   string `json:"replyToEmail"`
		Subject   string `json:"subject"`
	} `json:"header"`
	Message struct {
		LibraryID string `json:"libraryId"`
		MessageID string `json:"messageId"`
		Text      string `json:"messageText"`
	} `json:"message"`
	SendDate string `json:"sendDate"`
}

// distributionWrite is a distribution as it is written: of mails, or with an action of links.
type distributionWrite struct {
	mailing
	SurveyLink struct {
		SurveyID   string          `json:"surveyId"`
		Type       models.LinkType `json:"type"`
		Expiration string          `json:"expirationDate"`
	} `json:"surveyLink"`
	Recipients struct {
		MailingListID string  `json:"mailingListId"`
		ContactID     *string `json:"contactId"`
	} `json:"recipients"`
	EmbeddedData map[string]json.RawMessage `json:"embeddedData"`

	Action        string          `json:"action"`
	SurveyID      string          `json:"surveyId"`
	MailingListID string          `json:"mailingListId"`
	Description   string          `json:"description"`
	LinkType      models.LinkType `json:"linkType"`
	Expiration    string          `json:"expirationDate"`
}

// maxDescription is how long the name of a distribution may be, in characters.
const maxDescription = 400

func (a *API) createDistribution(c *call) (any, error) {
	ctx := c.Request().Context()
	var in distributionWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	d, err := a.distributionMeant(c, &in)
	if err != nil {
		return nil, err
	}
	// Both ways of naming the survey are the same to who owns it; to others it is not there.
	if _, err := a.store.SurveyToEdit(ctx, c.actor, d.SurveyID); err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	if err := a.store.CreateDistribution(ctx, c.actor, d, i18n.T(ctx, "api.distribution.collector")); err != nil {
		return nil, err
	}
	if d.Type == models.DistributionLinks { // clients ask for the links at once
		if err := a.generate(ctx, d.ID); err != nil {
			return nil, err
		}
	}
	return map[string]string{"id": d.ID}, nil
}

// generatedAtOnce is how many steps of links a call waits for; what is left is made in the background.
const generatedAtOnce = 10

// generate makes the links of a distribution.
func (a *API) generate(ctx context.Context, id string) error {
	for range generatedAtOnce {
		done, err := a.store.StepLinks(ctx, id)
		if err != nil || done {
			return err
		}
	}
	return nil
}

// distributionMeant reads what a call asks for.
func (a *API) distributionMeant(c *call, in *distributionWrite) (*models.Distribution, error) {
	d := &models.Distribution{Type: models.DistributionInvite, SurveyID: in.SurveyLink.SurveyID, LinkType: in.SurveyLink.Type, Description: models.CleanText(in.Description)}
	list, expires := in.Recipients.MailingListID, in.SurveyLink.Expiration
	linkType, field := "surveyLink.type", "surveyLink.expirationDate"
	switch in.Action {
	case "":
	case actionCreate:
		d.Type, d.SurveyID, d.LinkType, list, expires = models.DistributionLinks, in.SurveyID, in.LinkType, in.MailingListID, in.Expiration
		linkType, field = "linkType", "expirationDate"
	default:
		return nil, invalid("action", "api.error.distribution_action")
	}
	if d.LinkType == "" {
		d.LinkType = models.LinkIndividual
	}
	if !slices.Contains(models.LinkTypes, d.LinkType) || d.LinkType == models.LinkAnonymous && d.Type == models.DistributionLinks {
		return nil, invalid(linkType, "api.error.distribution_link")
	}
	if utf8.RuneCountInString(d.Description) > maxDescription {
		return nil, invalid("description", "api.error.too_long", "Max", maxDescription)
	}
	if list != "" {
		d.ListID = &list
	}
	if id := in.Recipients.ContactID; id != nil && *id != "" {
		contact := strings.Replace(*id, string(models.PrefixLookup), string(models.PrefixContact), 1)
		d.ContactID = &contact
	}
	if expires != "" {
		t, ok := parseTime(expires)
		switch {
		case !ok:
			return nil, invalid(field, "api.error.time", "Value", expires)
		case !t.After(a.clock.Now()):
			return nil, invalid(field, "api.error.distribution_past")
		}
		d.ExpiresAt = &t
	}
	if d.Type == models.DistributionLinks {
		d.SendAt = a.clock.Now()
		d.Message.V = &models.DistributionMessage{}
	} else if err := a.mailingMeant(c, &in.mailing, d); err != nil {
		return nil, err
	}
	return d, in.fields(d.Message.V)
}

// fields reads what the responses get as embedded data.
func (in *distributionWrite) fields(m *models.DistributionMessage) error {
	given := make(map[string]string, len(in.EmbeddedData))
	for name, raw := range in.EmbeddedData {
		value, ok := scalar(raw)
		if !ok {
			return invalid("embeddedData."+name, "api.error.contact_field")
		}
		given[name] = value
	}
	clean, wrong := models.CheckFields(given)
	m.Fields = clean
	return models.Invalid(wrong...)
}

// mailingMeant reads what the mails of a distribution say, and when they leave.
func (a *API) mailingMeant(c *call, in *mailing, d *models.Distribution) error {
	now := a.clock.Now()
	d.SendAt = now
	if in.SendDate != "" {
		t, ok := parseTime(in.SendDate)
		if !ok {
			return invalid("sendDate", "api.error.time", "Value", in.SendDate)
		}
		d.SendAt = t
	}
	m := &models.DistributionMessage{
		FromEmail: strings.TrimSpace(in.Header.FromEmail), ReplyTo: strings.TrimSpace(in.Header.ReplyTo), LibraryID: in.Message.LibraryID, MessageID: in.Message.MessageID,
	}
	for _, f := range []struct{ name, value string }{{"header.fromEmail", m.FromEmail}, {"header.replyToEmail", m.ReplyTo}} {
		if f.value != "" && !models.ValidEmail(f.value) {
			return invalid(f.name, "collector.error.reply")
		}
	}
	words := models.Message{Subject: in.Header.Subject}
	if wrong := distribution.CheckMessage("header", &words); len(wrong) > 0 {
		return models.Invalid(wrong...)
	}
	m.Subject, m.FromName = words.Subject, strings.Join(strings.Fields(models.CleanText(in.Header.FromName)), " ")
	if utf8.RuneCountInString(m.FromName) > models.CollectorMaxName {
		return invalid("header.fromName", "collector.error.from", "Max", models.CollectorMaxName)
	}
	switch {
	case m.MessageID != "":
		kept, err := a.store.LibraryMessage(c.Request().Context(), c.actor, m.LibraryID, m.MessageID)
		if models.ErrorCode(err) == models.CodeNotFound {
			return invalid("message.messageId", "api.error.no_message")
		}
		if err != nil {
			return err
		}
		m.Texts = kept.Texts.V
	case in.Message.Text != "":
		text, err := cleanWords("message.messageText", in.Message.Text)
		if err != nil {
			return err
		}
		m.Text = text
	default:
		return invalid("message", "api.error.distribution_message")
	}
	d.Message.V = m
	return nil
}

// followed answers who had a reminder or a thank-you sent.
type followed struct {
	ID string `json:"distributionId"`
}

// follow has a reminder or a thank-you sent to the people of a distribution.
func (a *API) follow(kind models.DistributionType) handler {
	return func(c *call) (any, error) {
		ctx := c.Request().Context()
		parent, err := a.store.DistributionToEdit(ctx, c.actor, c.Param("distributionId"))
		if err != nil {
			return nil, missing(err, "api.error.no_distribution")
		}
		var in mailing
		if err := c.body(&in); err != nil {
			return nil, err
		}
		d := &models.Distribution{Type: kind}
		if err := a.mailingMeant(c, &in, d); err != nil {
			return nil, err
		}
		if err := a.store.FollowDistribution(ctx, c.actor, parent.ID, d); err != nil {
			return nil, err
		}
		return followed{d.ID}, nil
	}
}
