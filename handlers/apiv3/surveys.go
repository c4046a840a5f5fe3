package apiv3

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"surveyflow/internal/i18n"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// surveyRow is one survey of a list (reference §4.4).
type surveyRow struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	OwnerID      string `json:"ownerId"`
	LastModified string `json:"lastModified"`
	CreationDate string `json:"creationDate"`
	IsActive     bool   `json:"isActive"`
}

// maxOffset bounds how far an offset reaches: each page before it has to be passed over.
const maxOffset = 100_000

// listSurveys lists surveys in both of the ways that clients page: by the token of nextPage, which costs the same however
// far it is, and by an offset for those that read it out of nextPage.
func (a *API) listSurveys(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	offset, err := c.whole("offset", 0, 0, maxOffset)
	if err != nil {
		return nil, err
	}
	filter := store.SurveyFilter{Page: page}
	if offset > 0 && page.Before == "" {
		if filter.Before, err = a.skip(c, offset); err != nil {
			return nil, err
		}
		if filter.Before == "" {
			return listOf[surveyRow](nil, nil), nil
		}
	}
	surveys, next, err := a.store.Surveys(c.Request().Context(), c.actor, filter)
	if err != nil {
		return nil, err
	}
	rows := make([]surveyRow, len(surveys))
	for i := range surveys {
		s := &surveys[i]
		rows[i] = surveyRow{
			ID: s.ID, Name: s.Name, OwnerID: s.OwnerID, LastModified: seconds(s.UpdatedAt), CreationDate: seconds(s.CreatedAt),
			IsActive: qsf.Active(s),
		}
	}
	return listOf(rows, a.nextPage(c, next, "offset", strconv.Itoa(offset+len(rows)))), nil
}

// skip gives the token of the place behind the first n surveys; empty when there are no more than those.
func (a *API) skip(c *call, n int) (string, error) {
	before := ""
	for n > 0 {
		step := min(n, store.MaxPage)
		_, next, err := a.store.Surveys(c.Request().Context(), c.actor, store.SurveyFilter{Page: store.Page{Limit: step, Before: before}})
		if err != nil || next == "" {
			return "", err
		}
		before, n = next, n-step
	}
	return before, nil
}

// survey reads the survey that the path names: to see it for GET, to change it for everything else.
func (a *API) survey(c *call) (*models.Survey, error) {
	read := a.store.SurveyToEdit
	if c.Request().Method == http.MethodGet {
		read = a.store.Survey
	}
	s, err := read(c.Request().Context(), c.actor, c.Param("surveyId"))
	return s, missing(err, "api.error.no_survey")
}

// showSurvey gives a survey in the older shape, as its respondents see it; one that was never live as its draft is.
func (a *API) showSurvey(c *call) (any, error) {
	ctx := c.Request().Context()
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	shown := qsf.Survey{Survey: s, Definition: &s.Draft.V}
	if s.Version > 0 {
		if shown.Definition, err = a.surveys.Definition(ctx, s.ID, s.Version); err != nil {
			return nil, err
		}
	}
	counts, err := a.store.ResponseCounts(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	shown.Counts = counts[s.ID]
	if shown.Deleted, err = a.store.DeletedResponses(ctx, s.ID); err != nil {
		return nil, err
	}
	return qsf.EncodeLegacy(shown), nil
}

// surveyChange is what PUT /surveys/{id} may change; what is not named stays.
type surveyChange struct {
	Name       *string     `json:"name"`
	IsActive   *bool       `json:"isActive"`
	Expiration *expiration `json:"expiration"`
	OwnerID    *string     `json:"ownerId"`
}

// expiration is from when until when a survey takes answers. A member that is not named stays; null removes the limit.
type expiration struct {
	StartDate optionalTime `json:"startDate"`
	EndDate   optionalTime `json:"endDate"`
}

// optionalTime is a time of a body that may be left out or null.
type optionalTime struct {
	given bool
	text  string // what is no time
	time  *time.Time
}

// UnmarshalJSON reads a time or null. What is neither is told by name when the change is checked.
func (o *optionalTime) UnmarshalJSON(text []byte) error {
	o.given = true
	var s *string
	if err := json.Unmarshal(text, &s); err != nil {
		o.text = string(bytes.TrimSpace(text))
		return nil //nolint:nilerr // the check names the member, which is not known here
	}
	if s == nil || *s == "" || strings.HasPrefix(*s, "0000-00-00") { // as heads of files say none
		return nil
	}
	if t, ok := parseTime(*s); ok {
		o.time = &t
	} else {
		o.text = *s
	}
	return nil
}

func (a *API) updateSurvey(c *call) (any, error) {
	var in surveyChange
	if err := c.body(&in); err != nil {
		return nil, err
	}
	return a.changeSurvey(c, &in)
}

// changeSurvey makes a change of the survey that the path names.
func (a *API) changeSurvey(c *call, in *surveyChange) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	if err := in.check(s); err != nil {
		return nil, err
	}
	err = a.store.InTx(c.Request().Context(), func(ctx context.Context, tx *store.Store) error {
		return in.apply(ctx, tx, c, s)
	})
	return nil, err
}

// maxName is how many characters the name of a survey or workflow may have.
const maxName = 200

// checkName cleans a name and tells what is wrong with it.
func checkName(field string, name *string) []models.FieldError {
	*name = strings.TrimSpace(models.CleanText(*name))
	if *name == "" || utf8.RuneCountInString(*name) > maxName {
		return []models.FieldError{models.Field(field, "api.error.name", "Max", maxName)}
	}
	return nil
}

// check tells what is wrong with a change before any of it is made, and fills in the dates that stay.
func (in *surveyChange) check(s *models.Survey) error {
	var fields []models.FieldError
	if in.Name != nil {
		fields = append(fields, checkName("name", in.Name)...)
	}
	if e := in.Expiration; e != nil {
		fields = append(fields, e.StartDate.check("expiration.startDate", s.OpensAt)...)
		fields = append(fields, e.EndDate.check("expiration.endDate", s.ClosesAt)...)
		if start, end := e.StartDate.time, e.EndDate.time; start != nil && end != nil && !end.After(*start) {
			fields = append(fields, models.Field("expiration.endDate", "api.error.dates"))
		}
	}
	return models.Invalid(fields...)
}

func (o *optionalTime) check(field string, stays *time.Time) []models.FieldError {
	if !o.given {
		o.time = stays
	}
	if o.text != "" {
		return []models.FieldError{models.Field(field, "api.error.time", "Value", o.text)}
	}
	return nil
}

// apply makes the change. Whoever gives the survey away does that last, because afterwards it may be out of their sight.
func (in *surveyChange) apply(ctx context.Context, tx *store.Store, c *call, s *models.Survey) error {
	actor := c.actor
	if in.Name != nil && *in.Name != s.Name {
		if err := tx.RenameSurvey(ctx, actor, s.ID, *in.Name); err != nil {
			return err
		}
	}
	if e := in.Expiration; e != nil {
		if err := survey.SetDates(ctx, tx, c.change(s), e.StartDate.time, e.EndDate.time); err != nil {
			return err
		}
	}
	if in.IsActive != nil {
		if err := activate(ctx, tx, c.change(s), s, *in.IsActive); err != nil {
			return err
		}
	}
	if in.OwnerID == nil || *in.OwnerID == s.OwnerID {
		return nil
	}
	err := tx.SetSurveyOwner(ctx, actor, s.ID, models.CleanText(*in.OwnerID))
	if models.ErrorCode(err) == models.CodeNotFound {
		return invalid("ownerId", "api.error.owner")
	}
	return err
}

// activate publishes and opens a survey, or closes it (contract §7, Writes). One that was never live cannot be closed and
// need not be.
func activate(ctx context.Context, tx *store.Store, change survey.Change, s *models.Survey, active bool) error {
	switch {
	case !active && s.Version == 0:
		return nil
	case !active:
		return survey.SetState(ctx, tx, change, models.SurveyClosed)
	}
	if s.Version == 0 || s.DraftRev != s.LiveDraft {
		if err := publish(ctx, tx, change, s); err != nil {
			return err
		}
	}
	return survey.SetState(ctx, tx, change, models.SurveyOpen)
}

// change names the survey, who changes it, and which of our own runs made the call.
func (c *call) change(s *models.Survey) survey.Change {
	depth, run := causeOf(c.Request().Header)
	return survey.Change{Actor: c.actor, SurveyID: s.ID, Depth: depth, CauseRun: run}
}

// publish makes the draft the live version.
func publish(ctx context.Context, tx *store.Store, change survey.Change, s *models.Survey) error {
	if err := survey.Check(&s.Draft.V); err != nil {
		return err
	}
	_, err := survey.PutLive(ctx, tx, change, s.DraftRev)
	return err
}

func (a *API) deleteSurvey(c *call) (any, error) {
	ctx := c.Request().Context()
	canceled, err := a.store.DeleteSurvey(ctx, c.actor, c.Param("surveyId"))
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	c.tellCanceled(canceled)
	return nil, nil
}

// tellCanceled says how many runs ended with what was deleted.
func (c *call) tellCanceled(n int) {
	if n > 0 {
		c.notice = append(c.notice, i18n.T(c.Request().Context(), "api.notice.canceled", "Count", n))
	}
}

// tellUnused names parts that are kept but not used yet (contract §7, Writes).
func (c *call) tellUnused(parts []string) {
	if len(parts) == 0 {
		return
	}
	parts = slices.Clone(parts)
	if len(parts) > maxFields {
		parts = append(parts[:maxFields], "…")
	}
	c.notice = append(c.notice, i18n.T(c.Request().Context(), "api.notice.unused", "Parts", strings.Join(parts, ", ")))
}
