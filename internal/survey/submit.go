package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
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
	Stay      bool   // they want to read the page in another language: kept as it is, too
	Form      url.Values
	Link      map[string][]string // what the link passed, for the first page
	Opened    time.Time           // when the first page was shown, as the form says; zero means now
	IP        string
	UserAgent string
	// Fields are embedded data that a program sets, and Channel is how its response comes; empty means a link.
	Fields  map[string]string
	Channel models.Channel
}

// Submit takes a page and gives what follows. The first page begins the response, the last one completes it: then event
// and runs of the workflows that wait for it are stored with it.
//
// A page that was sent before, or by another tab meanwhile, is no error: the visit shows where the response is now.
// models.CodeInvalid when answers break a rule; the visit is given all the same, at the page that has to be mended.
func (s *Service) Submit(ctx context.Context, v *Visit, in Submission) (*Visit, error) {
	for range maxRetries {
		begun := *v
		begun.Carry(in.Link)
		begun.give(in.Fields)
		next, err := s.submit(ctx, &begun, in)
		switch {
		case errors.Is(err, store.ErrStale):
			if v, err = s.reload(ctx, v); err != nil {
				return nil, err
			}
			continue
		case models.ErrorCode(err) == models.CodeConflict:
			return s.reopen(ctx, v)
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
	return s.Enter(ctx, v.Way())
}

// reopen shows where a visit is after its page could not be stored: its response was changed meanwhile, its invitation is
// finished, or its collector full.
func (s *Service) reopen(ctx context.Context, v *Visit) (*Visit, error) {
	if v.Collector.MaxResponses > 0 && v.Collector.FullAt == nil {
		if _, err := s.load(ctx, v.Live.Survey.ID, v.Live.Survey.LiveRev); err != nil {
			return nil, err
		}
	}
	return s.Enter(ctx, v.Way())
}

// submit takes the page by the live state of the visit. It does not change the visit.
func (s *Service) submit(ctx context.Context, v *Visit, in Submission) (*Visit, error) {
	if v.State != StateAnswering {
		return v, nil
	}
	at := pageIndex(v.pages, in.Page)
	if at < 0 || at > v.Page { // of another version, not reached yet, or hidden meanwhile by another tab
		return v, nil
	}
	block := v.Definition.Block(in.Page)
	answers := v.withForm(block, in.Form)
	next := *v
	next.Added = nil
	next.arrange(answers)
	next.Page = next.placeOf(in.Page)
	page := next.pages[next.Page]
	wrong := next.wrong(page, in)
	if len(wrong) > 0 && !in.Back && !in.Stay {
		return &next, models.Invalid(wrong...)
	}
	r := s.advanced(v, in)
	r.Answers.V = answers
	if problem, err := tooLarge(page, r); problem != nil || err != nil {
		return &next, errors.Join(models.Invalid(problem...), err)
	}
	next.Response, next.Fields = r, nil
	wrong = next.goOn(in)
	var quotas []store.QuotaPart
	if len(next.Live.quotas) > 0 && !in.Back && !in.Stay && len(next.Added) == 0 && len(wrong) == 0 && !next.preview {
		var err error
		if quotas, err = s.limit(ctx, &next); err != nil {
			return nil, err
		}
	}
	err := s.save(&next, quotas)                                   //nolint:contextcheck // what is noted of a stored fact outlives the request
	if full, ok := errors.AsType[*store.QuotaFullError](err); ok { // somebody else was the last one
		next.endBy(full.ID)
		err = s.save(&next, nil) //nolint:contextcheck // as above
	}
	if err != nil {
		return nil, err
	}
	next.Page = min(next.Page, len(next.pages)-1)
	next.State = next.state(s.clock.Now())
	return &next, models.Invalid(wrong...)
}

// withForm gives the answers with what a form says of a page. What the form of a question did not show keeps its answer.
func (v *Visit) withForm(block *models.Block, form map[string][]string) models.Answers {
	answers := maps.Clone(v.answers())
	if answers == nil {
		answers = models.Answers{}
	}
	asked := form[FieldAsked]
	for _, q := range block.Questions {
		if len(asked) == 0 || slices.Contains(asked, q.ID) {
			delete(answers, q.ID)
		}
	}
	said, _ := ParseAnswers(block.Questions, form)
	maps.Copy(answers, said)
	return answers
}

// FieldAsked is the field of a form that names a question which the form shows, once for each. A form without it is taken
// to show them all.
const FieldAsked = "asked"

// wrong tells which of the answers that were asked for break a rule, and notes the questions that these answers have brought
// onto the page.
func (v *Visit) wrong(page *models.Block, in Submission) []models.FieldError {
	asked := in.Form[FieldAsked]
	seen := make([]models.Question, 0, len(page.Questions))
	for _, q := range page.Questions {
		if len(asked) == 0 || slices.Contains(asked, q.ID) {
			seen = append(seen, q)
		} else {
			v.Added = append(v.Added, q.ID)
		}
	}
	_, wrong := parseAnswers(seen, in.Form, daysAt(v.now, in.Form.Get(FieldToday)))
	return wrong
}

// goOn moves the visit to the page that follows, or to len(pages) after the last. Questions that have just come up are asked
// first. Nobody gets past the last page before the rules of all pages hold; else it leads to the first that has to be mended,
// and says why.
func (v *Visit) goOn(in Submission) []models.FieldError {
	switch {
	case in.Stay:
		v.Added = nil
		return nil
	case in.Back:
		v.Added = nil
		if !v.Definition.NoBack {
			v.Page = max(v.Page-1, 0)
		}
		return nil
	case len(v.Added) > 0:
		return nil
	case v.Page+1 < len(v.pages):
		v.Page++
		return nil
	}
	for i, b := range v.pages {
		if wrong := validateAnswers(b.Questions, v.shown, daysAt(v.now, in.Form.Get(FieldToday))); len(wrong) > 0 {
			v.Page = i
			return wrong
		}
	}
	v.Page = len(v.pages)
	return nil
}

// advanced gives the next revision of the visit's response, or its first.
func (s *Service) advanced(v *Visit, in Submission) *models.Response {
	now := s.clock.Now()
	if v.Response != nil {
		r := *v.Response
		r.Rev++
		if len(v.spoken.base.Languages) > 0 { // else it is what an earlier version spoke
			r.Language = v.Definition.Language
		}
		return &r
	}
	r := &models.Response{
		ID: v.Token.ResponseID, OrgID: v.Live.Survey.OrgID, SurveyID: v.Live.Survey.ID, SurveyVersion: v.Live.Survey.Version,
		CollectorID: v.Collector.ID, TokenHash: v.Token.hash(), State: models.ResponseInProgress, Channel: models.ChannelLink,
		Language: v.Definition.Language, Rev: 1, StartedAt: moment(v.Definition, opened(in.Opened, now)),
	}
	r.Fields.V = withDefaults(v.Definition, maps.Clone(v.Fields))
	r.Channel = cmp.Or(in.Channel, r.Channel)
	v.begun(r)
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

// save stores the response of the visit, at its page; past the last page it is complete, and counts for quotas.
func (s *Service) save(v *Visit, quotas []store.QuotaPart) error {
	now := s.clock.Now()
	r := v.Response
	a := &store.Acceptance{Response: r, Was: models.ResponseInProgress, SurveyRev: v.Live.Survey.LiveRev, MaxResponses: v.Collector.MaxResponses, Quotas: quotas}
	if v.Full() { // nobody got an answer of the kind that was looked for
		a.MaxResponses = 0
	}
	r.UpdatedAt = moment(v.Definition, now)
	if v.Page < len(v.pages) {
		r.Page = v.pages[v.Page].ID
		expires := now.Add(v.Definition.PartialAfter())
		if v.Definition.Anonymous {
			expires = day(expires).Add(24 * time.Hour)
		}
		r.ExpiresAt = &expires
		a.Invitation = v.progress(now)
		if v.preview {
			return nil
		}
		if v.beganInvited() {
			var err error
			if a.Event, a.Runs, err = workflow.Plan(v.Live.Workflows, v.startedFact(r, now)); err != nil {
				return fmt.Errorf("plan runs: %w", err)
			}
		}
		return s.store.Accept(a)
	}
	recorded := r.UpdatedAt
	r.State, r.RecordedAt, r.ExpiresAt = models.ResponseCompleted, &recorded, nil
	r.Page = v.pages[len(v.pages)-1].ID
	r.Answers.V = v.shown // what display logic hides in the end is not kept
	if v.preview {
		return nil
	}
	a.Invitation = v.progress(now)
	done := workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: r.OrgID, SurveyID: r.SurveyID, SurveyName: v.Live.Survey.Name, LabelsRev: v.Live.Survey.LabelsRev,
		Response: r, Definition: v.spoken.base, Contact: v.person(), Now: now,
	}
	if v.beganInvited() {
		return s.startBoth(v.Live, v.startedFact(r, now), done, a)
	}
	return s.start(v.Live, done, a)
}

// beganInvited reports whether the visit's response is the first of an invited person's.
func (v *Visit) beganInvited() bool { return v.Invitation != nil && v.Response.Rev == 1 && !v.preview }

// startedFact says to event subscriptions that an invited person has begun, with r.
func (v *Visit) startedFact(r *models.Response, now time.Time) workflow.Fact {
	begun := *r
	begun.State, begun.RecordedAt = models.ResponseInProgress, nil
	return workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnStarted, Org: r.OrgID, SurveyID: r.SurveyID, SurveyName: v.Live.Survey.Name, LabelsRev: v.Live.Survey.LabelsRev,
		Response: &begun, Definition: v.spoken.base, Contact: v.person(), Now: now,
	}
}

// startBoth stores a complete response whose first page was its last, with what tells that it was begun: both or neither.
func (s *Service) startBoth(live *Live, began, f workflow.Fact, a *store.Acceptance) error {
	event, runs, err := workflow.Plan(live.Workflows, began)
	if err != nil {
		return fmt.Errorf("plan runs: %w", err)
	}
	if event == nil {
		return s.start(live, f, a)
	}
	if a.Event, a.Runs, err = workflow.Plan(live.Workflows, f); err != nil {
		return fmt.Errorf("plan runs: %w", err)
	}
	// On the server's time: it is stored also when the respondent goes away.
	err = s.store.InTx(context.Background(), func(ctx context.Context, tx *store.Store) error {
		errs, err := tx.AcceptMany(ctx, []*store.Acceptance{a, {Event: event, Runs: runs}})
		if err != nil {
			return err
		}
		return errors.Join(errs...)
	})
	if err == nil {
		s.store.NoteRefusals(workflow.Refused(live.Workflows, f))
	}
	return err
}

// start stores a response that is complete, with the runs of the workflows that wait for it. What starts no run although it
// was meant to is recorded afterwards: it must not keep the response from being stored.
func (s *Service) start(live *Live, f workflow.Fact, a *store.Acceptance) error {
	var err error
	if a.Event, a.Runs, err = workflow.Plan(live.Workflows, f); err != nil {
		return fmt.Errorf("plan runs: %w", err)
	}
	if err := s.store.Accept(a); err != nil {
		return err
	}
	s.store.NoteRefusals(workflow.Refused(live.Workflows, f))
	return nil
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
