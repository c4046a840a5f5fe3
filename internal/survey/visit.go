package survey

import (
	"context"
	"net/url"
	"slices"
	"time"

	"surveyflow/models"
)

// State says what a respondent meets at a link.
type State string

// The states of a visit.
const (
	StateAnswering State = "answering"
	StateDone      State = "done"     // completed before
	StateExpired   State = "expired"  // its time ran out; what was answered is recorded
	StateNotLive   State = "not_live" // the survey was never put live
	StateNotOpen   State = "not_open" // it opens at a later time
	StateClosed    State = "closed"   // survey or collector are closed, or their time is over
)

// Visit is one respondent at one link: what they see now.
type Visit struct {
	State      State
	Live       *Live
	Collector  *models.Collector
	Definition *models.SurveyDefinition // of the response's version; the live one before the first page was sent
	Response   *models.Response         // nil before the first page was sent
	Token      Token
	Page       int // place in Pages(Definition), from 0
}

// Pages gives the pages of the visit.
func (v *Visit) Pages() []*models.Block { return Pages(v.Definition) }

// Questions gives the questions of the page that is shown.
func (v *Visit) Questions() []models.Question { return v.Pages()[v.Page].Questions }

// Form gives the values that the page shows: what was answered before.
func (v *Visit) Form() url.Values {
	if v.Response == nil {
		return url.Values{}
	}
	return FormValues(v.Questions(), v.Response.Answers.V)
}

// Open gives what a respondent meets at a public link. Tokens are what the browser brought, the most trusted first; the
// first that opens a response of this link counts, others are passed over. It stores nothing.
// models.CodeNotFound when there is no such link.
func (s *Service) Open(ctx context.Context, slug string, tokens ...string) (*Visit, error) {
	surveyID, err := s.surveyOf(ctx, slug)
	if err != nil {
		return nil, err
	}
	live, err := s.Live(ctx, surveyID)
	if err != nil {
		return nil, err
	}
	c := live.Collector(slug)
	if c == nil {
		return nil, models.NotFound("respond.unknown.title")
	}
	v := &Visit{Live: live, Collector: c, Definition: live.Definition}
	if err := s.recognise(ctx, v, tokens); err != nil {
		return nil, err
	}
	v.State = v.state(s.clock.Now())
	return v, nil
}

// recognise finds the response that the browser may go on with.
func (s *Service) recognise(ctx context.Context, v *Visit, tokens []string) error {
	for i, text := range tokens {
		token, ok := ParseToken(text)
		if !ok || slices.Contains(tokens[:i], text) {
			continue
		}
		r, err := s.store.RespondentResponse(ctx, v.Live.Survey.ID, token.ResponseID)
		switch {
		case models.ErrorCode(err) == models.CodeNotFound:
			if v.Token == (Token{}) && token.mayBegin() {
				v.Token = token
			}
		case err != nil:
			return err
		case token.opens(r) && r.CollectorID == v.Collector.ID:
			v.Token = token
			return s.resume(ctx, v, r)
		}
	}
	if v.Token == (Token{}) {
		v.Token = NewToken()
	}
	return nil
}

// resume puts a visit where its response is.
func (s *Service) resume(ctx context.Context, v *Visit, r *models.Response) error {
	v.Response, v.Page = r, 0
	if r.SurveyVersion != v.Live.Survey.Version {
		def, err := s.Definition(ctx, r.SurveyID, r.SurveyVersion)
		if err != nil {
			return err
		}
		v.Definition = def
	}
	v.Page = max(pageIndex(v.Pages(), r.Page), 0)
	return nil
}

// state says what the respondent meets. Who is done hears so, whatever became of the survey.
func (v *Visit) state(now time.Time) State {
	if r := v.Response; r != nil {
		switch r.State {
		case models.ResponseCompleted:
			return StateDone
		case models.ResponsePartial:
			return StateExpired
		}
	}
	sv := &v.Live.Survey
	switch {
	case sv.DeletedAt != nil || sv.State == models.SurveyClosed || !v.Collector.Open:
		return StateClosed
	case sv.Version == 0 || sv.State != models.SurveyOpen || len(v.Pages()) == 0:
		return StateNotLive
	case sv.OpensAt != nil && now.Before(*sv.OpensAt):
		return StateNotOpen
	case sv.ClosesAt != nil && !now.Before(*sv.ClosesAt):
		return StateClosed
	}
	return StateAnswering
}

func pageIndex(pages []*models.Block, id string) int {
	for i, b := range pages {
		if b.ID == id {
			return i
		}
	}
	return -1
}
