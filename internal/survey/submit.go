package survey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"
	"unicode/utf8"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	// maxAnswers is the size of all answers and fields of a response as JSON, in bytes: with its metadata it has to fit
	// into the snapshot of an event (models.SnapshotLimit).
	maxAnswers = 60_000
	// maxUserAgent is how much of what a browser calls itself is kept, in characters.
	maxUserAgent = 500
	// maxRetries is how often a submission is matched again because the survey changed meanwhile.
	maxRetries = 5
)

// Submission is one page that a respondent sent.
type Submission struct {
	Page      string // id of the block that the form showed
	Back      bool   // they want to go back: kept as it is, without asking for more
	Form      url.Values
	Link      map[string][]string // what the link passed, for the first page
	Opened    time.Time           // when the first page was shown, as the form says; zero means now
	IP        string
	UserAgent string
}

// Submit takes a page and gives what follows. The first page begins the response, the last one completes it: then event
// and runs of the workflows that wait for it are stored with it.
//
// A page that was sent before, or by another tab meanwhile, is no error: the visit shows where the response is now.
// models.CodeInvalid when answers break a rule; the visit is given all the same, at the page that has to be mended.
func (s *Service) Submit(ctx context.Context, v *Visit, in Submission) (*Visit, error) {
	for range maxRetries {
		next, err := s.submit(v, in)
		switch {
		case errors.Is(err, store.ErrStale):
			if v, err = s.reload(ctx, v); err != nil {
				return nil, err
			}
			continue
		case models.ErrorCode(err) == models.CodeConflict:
			return s.Open(ctx, v.Collector.Slug, v.Token.String())
		}
		return next, err
	}
	return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: store.ErrStale}
}

// reload takes a visit to the newest state of its survey.
func (s *Service) reload(ctx context.Context, v *Visit) (*Visit, error) {
	if _, err := s.load(ctx, v.Live.Survey.ID, v.Live.Survey.LiveRev); err != nil {
		return nil, err
	}
	return s.Open(ctx, v.Collector.Slug, v.Token.String())
}

// submit takes the page by the live state of the visit. It does not change the visit.
func (s *Service) submit(v *Visit, in Submission) (*Visit, error) {
	if v.State != StateAnswering {
		return v, nil
	}
	pages := v.Pages()
	at := pageIndex(pages, in.Page)
	if at < 0 || at > v.Page { // of another version, or not reached yet
		return v, nil
	}
	answers, wrong := ParseAnswers(pages[at].Questions, in.Form)
	next := *v
	next.Page = at
	if len(wrong) > 0 && !in.Back {
		return &next, models.Invalid(wrong...)
	}
	r := s.advanced(v, in)
	for _, q := range pages[at].Questions {
		delete(r.Answers.V, q.ID)
	}
	maps.Copy(r.Answers.V, answers)
	if problem, err := tooLarge(pages[at], r); problem != nil || err != nil {
		return &next, errors.Join(models.Invalid(problem...), err)
	}
	next.Response = r
	next.Page, wrong = destination(pages, at, r.Answers.V, in.Back, v.Definition.NoBack)
	if err := s.save(&next, pages); err != nil {
		return nil, err
	}
	if next.Page == len(pages) {
		next.Page = at
	}
	next.State = next.state(s.clock.Now())
	return &next, models.Invalid(wrong...)
}

// destination gives the page that follows, or the number of pages after the last. Nobody gets past the last page before
// the rules of all pages hold; else it leads to the first that has to be mended, and says why.
func destination(pages []*models.Block, at int, answers models.Answers, back, noBack bool) (int, []models.FieldError) {
	switch {
	case back && noBack:
		return at, nil
	case back:
		return max(at-1, 0), nil
	case at+1 < len(pages):
		return at + 1, nil
	}
	for i, b := range pages {
		if wrong := validateAnswers(b.Questions, answers); len(wrong) > 0 {
			return i, wrong
		}
	}
	return len(pages), nil
}

// advanced gives the next revision of the visit's response, or its first.
func (s *Service) advanced(v *Visit, in Submission) *models.Response {
	now := s.clock.Now()
	if v.Response != nil {
		r := *v.Response
		r.Answers.V = maps.Clone(r.Answers.V)
		if r.Answers.V == nil {
			r.Answers.V = models.Answers{}
		}
		r.Rev++
		return &r
	}
	r := &models.Response{
		ID: v.Token.ResponseID, OrgID: v.Live.Survey.OrgID, SurveyID: v.Live.Survey.ID, SurveyVersion: v.Live.Survey.Version,
		CollectorID: v.Collector.ID, TokenHash: v.Token.hash(), State: models.ResponseInProgress, Channel: models.ChannelLink,
		Language: v.Definition.Language, Rev: 1, StartedAt: moment(v.Definition, opened(in.Opened, now)),
	}
	r.Answers.V = models.Answers{}
	r.Fields.V = withDefaults(v.Definition, LinkFields(v.Definition, in.Link))
	if !v.Definition.Anonymous {
		r.IP, r.UserAgent = in.IP, cutText(line(in.UserAgent), maxUserAgent)
	}
	return r
}

// opened believes the form about when the first page was shown, as far as that is possible.
func opened(said, now time.Time) time.Time {
	if said.After(now) || said.Before(now.Add(-24*time.Hour)) {
		return now
	}
	return said
}

// save stores the response of the visit, at its page; past the last page it is complete.
func (s *Service) save(v *Visit, pages []*models.Block) error {
	now := s.clock.Now()
	r := v.Response
	a := &store.Acceptance{Response: r, Was: models.ResponseInProgress, SurveyRev: v.Live.Survey.LiveRev}
	r.UpdatedAt = moment(v.Definition, now)
	if v.Page < len(pages) {
		r.Page = pages[v.Page].ID
		expires := now.Add(v.Definition.PartialAfter())
		if v.Definition.Anonymous {
			expires = day(expires).Add(24 * time.Hour)
		}
		r.ExpiresAt = &expires
		return s.store.Accept(a)
	}
	recorded := r.UpdatedAt
	r.State, r.RecordedAt, r.ExpiresAt = models.ResponseCompleted, &recorded, nil
	r.Page = pages[len(pages)-1].ID
	var err error
	a.Event, a.Runs, err = workflow.Plan(v.Live.Workflows, workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: r.OrgID, SurveyID: r.SurveyID,
		Response: r, Definition: v.Definition, Now: now,
	})
	if err != nil {
		return fmt.Errorf("plan runs: %w", err)
	}
	return s.store.Accept(a)
}

// moment gives a time as a response keeps it: of an anonymous one the day alone (contract §7, Anonymity).
func moment(def *models.SurveyDefinition, t time.Time) time.Time {
	if def.Anonymous {
		return day(t)
	}
	return t
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// tooLarge tells, at the longest text of the page, that all answers together are too long to be kept.
func tooLarge(page *models.Block, r *models.Response) ([]models.FieldError, error) {
	if ok, err := fits(r); ok || err != nil {
		return nil, err
	}
	longest, length := page.Questions[0].ID, 0
	for _, q := range page.Questions {
		if n := utf8.RuneCountInString(r.Answers.V[q.ID].Text); n > length {
			longest, length = q.ID, n
		}
	}
	return []models.FieldError{models.Field(longest, "answer.error.too_large")}, nil
}

// fits reports whether answers and fields are within maxAnswers.
func fits(r *models.Response) (bool, error) {
	if atMost(r) <= maxAnswers { // as nearly always, which saves writing it
		return true, nil
	}
	size := 0
	for _, part := range []any{r.Answers.V, r.Fields.V} {
		text, err := models.MarshalJSON(part)
		if err != nil {
			return false, fmt.Errorf("measure response: %w", err)
		}
		size += len(text)
	}
	return size <= maxAnswers, nil
}

// atMost gives a size that answers and fields as JSON never exceed: JSON writes a byte of text in six at most, and what
// stands around a text or number is counted generously.
func atMost(r *models.Response) int {
	size := 0
	for _, a := range r.Answers.V {
		size += atMostOf(a)
	}
	for name, text := range r.Fields.V {
		size += around + 6*(len(name)+len(text))
	}
	return size
}

// around is what JSON writes beside one answer or text, at most.
const around = 150

func atMostOf(a models.Answer) int {
	size := around + 6*len(a.Text) + len(a.Number) + 12*len(a.Choices)
	for _, text := range a.Other {
		size += around + 6*len(text)
	}
	for _, row := range a.Rows {
		size += atMostOf(row)
	}
	return size
}
