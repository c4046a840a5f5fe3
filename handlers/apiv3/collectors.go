package apiv3

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// collectorEndpoints are the rows of the collectors of a survey.
func (a *API) collectorEndpoints() []endpoint {
	return []endpoint{
		{
			method: get, pattern: link.PatternAPICollectors, handler: a.serve(a.listCollectors), name: "listCollectors", tag: tagSurveys,
			summary: "List the collectors of a survey, the oldest first", result: list[collectorBody]{},
		},
		{
			method: post, pattern: link.PatternAPICollectors, handler: a.serve(a.createCollector), name: "createCollector", tag: tagSurveys,
			summary: "Add a collector to a survey",
			more:    "An e-mail collector without mailingListId gets a contact list of its own, and begins with the default invitation. One that is open invites the list at once.",
			body:    collectorSchema, result: collectorBody{},
		},
		{
			method: get, pattern: link.PatternAPICollector, handler: a.serve(a.showCollector), name: "getCollector", tag: tagSurveys,
			summary: "A collector", result: collectorBody{},
		},
		{
			method: put, pattern: link.PatternAPICollector, handler: a.serve(a.updateCollector), name: "updateCollector", tag: tagSurveys,
			summary: "Change a collector; what is not named stays", more: "Opening an e-mail collector lets its invitations leave.", body: collectorSchema, result: collectorBody{},
		},
		{
			method: del, pattern: link.PatternAPICollector, handler: a.serve(a.deleteCollector), name: "deleteCollector", tag: tagSurveys,
			summary: "Delete a collector; its responses stay", more: "The default link of a survey can be closed, and not deleted.",
		},
	}
}

var (
	moment          = schema{"type": []string{"string", "null"}, "format": "date-time"}
	collectorSchema = optionalAll(schema{
		"name": text, "type": schema{"type": "string", "enum": []string{string(models.CollectorLink), string(models.CollectorEmail)}}, "open": schema{"type": "boolean"},
		"mailingListId": text, "language": text, "opensAt": moment, "closesAt": moment, "maxResponses": schema{"type": []string{"integer", "null"}},
		"password": schema{"type": []string{"string", "null"}}, "oneAnswerPerBrowser": schema{"type": "boolean"}, "fromName": text, "replyTo": text, "sendAt": moment,
		"reminders": schema{"type": "array", "items": schema{"type": "integer"}}, "expiryDays": schema{"type": []string{"integer", "null"}}, "trackOpens": schema{"type": "boolean"},
		"messages": schema{"type": "object"},
	})
)

// collectorBody is a collector as the API tells it.
type collectorBody struct {
	ID                string                            `json:"id"`
	SurveyID          string                            `json:"surveyId"`
	Name              string                            `json:"name"`
	Type              models.CollectorType              `json:"type"`
	Open              bool                              `json:"open"`
	Default           bool                              `json:"default"` // the one that the survey itself leads to
	URL               *string                           `json:"url"`     // of a link
	MailingListID     *string                           `json:"mailingListId"`
	Language          string                            `json:"language"`
	OpensAt           *string                           `json:"opensAt"`
	ClosesAt          *string                           `json:"closesAt"`
	MaxResponses      *int                              `json:"maxResponses"`
	PasswordProtected bool                              `json:"passwordProtected"`
	OnePerBrowser     bool                              `json:"oneAnswerPerBrowser"`
	FromName          string                            `json:"fromName"`
	ReplyTo           string                            `json:"replyTo"`
	SendAt            *string                           `json:"sendAt"`
	Reminders         []int                             `json:"reminders"` // days after the mail before
	ExpiryDays        *int                              `json:"expiryDays"`
	TrackOpens        bool                              `json:"trackOpens"`
	Messages          map[string]models.CollectorMails  `json:"messages"` // by language, with the default texts where it has none of its own
	Invitations       map[models.InvitationStatus]int64 `json:"invitations"`
	CreatedAt         *string                           `json:"createdAt"`
}

// collectorWrite is a collector as it is written: what is not named stays.
type collectorWrite struct {
	Name          *string                           `json:"name"`
	Type          *models.CollectorType             `json:"type"`
	Open          *bool                             `json:"open"`
	MailingListID *string                           `json:"mailingListId"`
	Language      *string                           `json:"language"`
	OpensAt       optional[time.Time]               `json:"opensAt"`
	ClosesAt      optional[time.Time]               `json:"closesAt"`
	MaxResponses  optional[int]                     `json:"maxResponses"`
	Password      optional[string]                  `json:"password"`
	OnePerBrowser *bool                             `json:"oneAnswerPerBrowser"`
	FromName      *string                           `json:"fromName"`
	ReplyTo       *string                           `json:"replyTo"`
	SendAt        optional[time.Time]               `json:"sendAt"`
	Reminders     *[]int                            `json:"reminders"`
	ExpiryDays    optional[int]                     `json:"expiryDays"`
	TrackOpens    *bool                             `json:"trackOpens"`
	Messages      *map[string]models.CollectorMails `json:"messages"`
}

// lay lays what is named over a collector; the password is set by the caller.
func (w *collectorWrite) lay(one *models.Collector) {
	s := &one.Settings.V
	give(&one.Name, w.Name)
	give(&s.Language, w.Language)
	give(&s.OnePerBrowser, w.OnePerBrowser)
	give(&s.FromName, w.FromName)
	give(&s.ReplyTo, w.ReplyTo)
	give(&s.Reminders, w.Reminders)
	give(&s.TrackOpens, w.TrackOpens)
	give(&s.Messages, w.Messages)
	if w.MailingListID != nil && *w.MailingListID != "" {
		one.ListID = w.MailingListID
	}
	for to, from := range map[**time.Time]optional[time.Time]{&one.OpensAt: w.OpensAt, &one.ClosesAt: w.ClosesAt, &one.SendAt: w.SendAt} {
		if from.given {
			*to = from.value
		}
	}
	for to, from := range map[*int]optional[int]{&one.MaxResponses: w.MaxResponses, &s.ExpiryDays: w.ExpiryDays} {
		if from.given {
			*to = 0
			give(to, from.value)
		}
	}
}

func give[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// checkMessages tells of texts in a language that the survey does not have. Those that are there already may be in one that it had.
func (a *API) checkMessages(c *call, surveyID string, messages *map[string]models.CollectorMails) error {
	if messages == nil {
		return nil
	}
	languages, err := a.store.SurveyLanguages(c.Request().Context(), surveyID)
	if err != nil {
		return err
	}
	for code := range *messages {
		if tag, ok := qsf.ParseLanguage(code); !ok || !slices.Contains(languages, tag) {
			return invalid("messages."+code, "collector.error.language", "Language", strings.Join(languages, ", "))
		}
	}
	return nil
}

// collectorTold gives a collector as the API tells it.
func (a *API) collectorTold(c *call, v *models.Survey, one *models.Collector, counts map[models.InvitationStatus]int64) (*collectorBody, error) {
	ctx := c.Request().Context()
	def := &v.Draft.V
	if v.Version > 0 {
		live, err := a.surveys.Definition(ctx, v.ID, v.Version)
		if err != nil {
			return nil, err
		}
		def = live
	}
	s := one.Settings.V
	b := &collectorBody{
		ID: one.ID, SurveyID: one.SurveyID, Name: one.Name, Type: one.Type, Open: one.Open, Default: one.IsDefault, MailingListID: one.ListID,
		Language: qsf.LanguageCode(cmp.Or(s.Language, def.Language)), OpensAt: millis(one.OpensAt), ClosesAt: millis(one.ClosesAt), SendAt: millis(one.SendAt),
		PasswordProtected: one.PasswordHash != "", OnePerBrowser: s.OnePerBrowser, FromName: s.FromName, ReplyTo: s.ReplyTo, Reminders: s.Reminders, TrackOpens: s.TrackOpens,
		Messages: map[string]models.CollectorMails{}, Invitations: counts, CreatedAt: millis(&one.CreatedAt),
	}
	if b.Reminders == nil {
		b.Reminders = []int{}
	}
	if b.Invitations == nil {
		b.Invitations = map[models.InvitationStatus]int64{}
	}
	if one.MaxResponses > 0 {
		b.MaxResponses = &one.MaxResponses
	}
	if s.ExpiryDays > 0 {
		b.ExpiryDays = &s.ExpiryDays
	}
	if one.Type == models.CollectorLink {
		address := a.base.Respond(one.Slug)
		b.URL = &address
		return b, nil
	}
	for _, language := range def.AllLanguages() {
		name := def.Title(v.Name, language)
		b.Messages[language] = models.CollectorMails{
			Invitation: distribution.TextOf(ctx, language, one, name, false), Reminder: distribution.TextOf(ctx, language, one, name, true),
		}
	}
	return b, nil
}

func (a *API) listCollectors(c *call) (any, error) {
	ctx := c.Request().Context()
	v, err := a.store.Survey(ctx, c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	all, err := a.store.Collectors(ctx, c.actor, v.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	counts, err := a.store.InvitationCounts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]collectorBody, len(all))
	for i := range all {
		b, err := a.collectorTold(c, v, &all[i], counts[all[i].ID])
		if err != nil {
			return nil, err
		}
		out[i] = *b
	}
	return listOf(out, nil), nil
}

// collectorNamed gives the collector that the path names, and its survey.
func (a *API) collectorNamed(c *call) (*models.Survey, *models.Collector, error) {
	ctx := c.Request().Context()
	v, err := a.store.Survey(ctx, c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, nil, missing(err, "api.error.no_survey")
	}
	one, err := a.store.Collector(ctx, c.actor, v.ID, c.Param("collectorId"))
	return v, one, missing(err, "api.error.no_collector")
}

func (a *API) showCollector(c *call) (any, error) {
	v, one, err := a.collectorNamed(c)
	if err != nil {
		return nil, err
	}
	counts, err := a.store.InvitationCounts(c.Request().Context(), one.ID)
	if err != nil {
		return nil, err
	}
	return a.collectorTold(c, v, one, counts[one.ID])
}

func (a *API) createCollector(c *call) (any, error) {
	ctx := c.Request().Context()
	v, err := a.store.SurveyToEdit(ctx, c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	var in collectorWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	one := &models.Collector{Type: models.CollectorLink, Open: true}
	give(&one.Type, in.Type)
	if one.Type == models.CollectorEmail {
		one.Open = false
	}
	give(&one.Open, in.Open)
	if err := a.checkMessages(c, v.ID, in.Messages); err != nil {
		return nil, err
	}
	in.lay(one)
	if err := a.setPassword(c, one, in.Password); err != nil {
		return nil, err
	}
	if err := distribution.Create(ctx, a.store, c.actor, v.ID, one); err != nil {
		return nil, err
	}
	return a.collectorTold(c, v, one, nil)
}

func (a *API) setPassword(c *call, one *models.Collector, password optional[string]) error {
	if !password.given {
		return nil
	}
	one.PasswordHash = ""
	if password.value == nil || strings.TrimSpace(*password.value) == "" {
		return nil
	}
	if len(*password.value) > 400 {
		return invalid("password", "collector.error.password", "Max", 100)
	}
	var err error
	one.PasswordHash, err = a.surveys.HashPassword(c.Request().Context(), models.CleanText(*password.value))
	return err
}

func (a *API) updateCollector(c *call) (any, error) {
	ctx := c.Request().Context()
	v, one, err := a.collectorNamed(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.store.SurveyToEdit(ctx, c.actor, v.ID); err != nil {
		return nil, err
	}
	var in collectorWrite
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.Type != nil && *in.Type != one.Type {
		return nil, invalid("type", "collector.error.kind_stays")
	}
	if err := a.checkMessages(c, v.ID, in.Messages); err != nil {
		return nil, err
	}
	in.lay(one)
	if err := a.setPassword(c, one, in.Password); err != nil {
		return nil, err
	}
	err = a.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := distribution.Save(ctx, tx, c.actor, one); err != nil {
			return err
		}
		if in.Open == nil || *in.Open == one.Open {
			return nil
		}
		return tx.SetCollectorOpen(ctx, c.actor, v.ID, one.ID, *in.Open)
	})
	if err != nil {
		return nil, err
	}
	return a.showCollector(c)
}

func (a *API) deleteCollector(c *call) (any, error) {
	v, one, err := a.collectorNamed(c)
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteCollector(c.Request().Context(), c.actor, v.ID, one.ID)
}
