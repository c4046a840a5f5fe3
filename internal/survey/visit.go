package survey

import (
	"context"
	"maps"
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
	StateNothing   State = "nothing"  // display logic hides every question from them
	StateFull      State = "full"     // the collector has all the responses that it takes, or a quota that all belong to is full
	StateInvited   State = "invited"  // only who has a personal link gets in
	StateOver      State = "over"     // the personal link holds no longer
	StatePassword  State = "password" // the collector asks for its password first
)

// Visit is one respondent at one link: what they see now.
type Visit struct {
	State      State
	Live       *Live
	Collector  *models.Collector
	Definition *models.SurveyDefinition // of the response's version, in the respondent's language; the live one before the first page was sent
	Response   *models.Response         // nil before the first page was sent
	Token      Token
	Invitation *models.Invitation // of a personal link; nil for none
	Page       int                // place in Pages(), from 0
	// Fields are the embedded data of a response that has not begun: what the link passed, and defaults. Set them by Carry.
	Fields map[string]string
	// Added are the questions that the answers just sent have brought onto their page.
	Added []string

	way     Way
	full    string // id of a full quota that keeps it from beginning
	passed  bool   // they know the password of the collector, or there is none
	preview bool   // of the draft: nothing is stored
	spoken  *spoken
	logic   *logic
	now     time.Time
	pages   []*models.Block // as the answers given so far make them
	shown   models.Answers  // those of them whose questions are shown
}

// Pages gives the pages that this respondent meets, as far as their answers tell, with the questions that are shown.
func (v *Visit) Pages() []*models.Block { return v.pages }

// Questions gives the questions of the page that is shown.
func (v *Visit) Questions() []models.Question { return v.pages[v.Page].Questions }

// Form gives the values that the page shows: what was answered before.
func (v *Visit) Form() url.Values {
	if v.Response == nil {
		return url.Values{}
	}
	return FormValues(v.Definition.Block(v.pages[v.Page].ID).Questions, v.Response.Answers.V)
}

// Carry takes what the link passed, for a response that has not begun; it decides what of that it may set.
func (v *Visit) Carry(values map[string][]string) {
	if v.Response != nil {
		return
	}
	v.Fields = LinkFields(v.Definition, values)
	v.carryInvited()
	v.arrange(nil)
	if v.State == StateAnswering || v.State == StateNothing {
		v.State = v.state(v.now)
	}
}

// give sets embedded data for a program, which may set any.
func (v *Visit) give(fields map[string]string) {
	if len(fields) == 0 || len(v.pages) == 0 {
		return
	}
	page := v.pages[v.Page].ID
	if v.Response == nil {
		maps.Copy(v.Fields, fields)
	} else {
		r := *v.Response
		r.Fields.V = maps.Clone(r.Fields.V)
		if r.Fields.V == nil {
			r.Fields.V = map[string]string{}
		}
		maps.Copy(r.Fields.V, fields)
		v.Response = &r
	}
	v.arrange(v.answers())
	v.Page = v.placeOf(page)
	v.State = v.state(v.now)
}

// arrange works out pages and shown answers by the display logic.
func (v *Visit) arrange(answers models.Answers) {
	s := v.snapshot()
	s.Answers = answers
	v.pages = v.logic.walk(v.Definition, v.spoken.base, s, v.now)
	v.shown = s.Answers
}

// snapshot gives what display logic and piped text can name, with the answers whose questions are shown.
func (v *Visit) snapshot() *models.Snapshot {
	s := &models.Snapshot{V: models.SnapshotVersion, Answers: v.shown, Fields: v.Fields, Contact: v.person()}
	if r := v.Response; r != nil {
		s.Fields = r.Fields.V
		s.Response = &models.ResponseSnapshot{
			ID: r.ID, SurveyID: r.SurveyID, State: r.State, Channel: r.Channel, Language: r.Language, StartedAt: r.StartedAt, RecordedAt: r.UpdatedAt,
		}
	}
	if len(v.spoken.base.Languages) > 0 { // the one that is read now, also before the first page was sent
		if s.Response == nil {
			s.Response = &models.ResponseSnapshot{SurveyID: v.Live.Survey.ID}
		}
		s.Response.Language = v.Definition.Language
	}
	return s
}

// answers gives what was answered so far, also to questions that are not shown any more.
func (v *Visit) answers() models.Answers {
	if v.Response == nil {
		return nil
	}
	return v.Response.Answers.V
}

// placeOf gives the place of a page; of one that is not shown the place of the last one before it that is.
func (v *Visit) placeOf(blockID string) int {
	place := 0
	for i := range v.Definition.Blocks {
		id := v.Definition.Blocks[i].ID
		if at := pageIndex(v.pages, id); at >= 0 {
			place = at
		}
		if id == blockID {
			return place
		}
	}
	return 0
}

// Open gives what a respondent meets at a public link. Tokens are what the browser brought, the most trusted first; the
// first that opens a response of this link counts, others are passed over. It stores nothing.
// models.CodeNotFound when there is no such link.
func (s *Service) Open(ctx context.Context, slug string, tokens ...string) (*Visit, error) {
	return s.Enter(ctx, Way{Slug: slug, Tokens: tokens})
}

// Enter is [Service.Open] for who may bring more: a personal link, or the password of the collector.
func (s *Service) Enter(ctx context.Context, way Way) (*Visit, error) {
	surveyID, err := s.surveyOf(ctx, way.Slug)
	if err != nil {
		return nil, err
	}
	live, err := s.Live(ctx, surveyID)
	if err != nil {
		return nil, err
	}
	c := live.Collector(way.Slug)
	if c == nil {
		return nil, models.NotFound("respond.unknown.title")
	}
	v := &Visit{Live: live, Collector: c, Definition: live.Definition, spoken: live.spoken, logic: live.logic, now: s.clock.Now(), way: way}
	v.passed = c.PasswordHash == "" || way.Trusted || v.knowsPassword()
	if err := s.invite(ctx, v); err != nil {
		return nil, err
	}
	v.speak()
	v.arrange(nil)
	if err := s.recognise(ctx, v, way.Tokens); err != nil {
		return nil, err
	}
	v.State = v.state(v.now)
	return v, nil
}

// recognise finds the response that the browser may go on with.
func (s *Service) recognise(ctx context.Context, v *Visit, tokens []string) error {
	if v.Invitation != nil && !v.Invitation.Repeatable && !v.anonymous() { // the link itself is the key, on every device
		tokens = []string{invitedToken(v.Invitation).String()}
	}
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
			if err := s.reinvite(ctx, v, r); err != nil {
				return err
			}
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
		p, err := s.published(ctx, r.SurveyID, r.SurveyVersion)
		if err != nil {
			return err
		}
		v.spoken, v.logic = p.spoken, p.logic
	}
	v.speak()
	v.arrange(r.Answers.V)
	v.Page = v.placeOf(r.Page)
	return nil
}

// state says what the respondent meets. Who is done hears so, whatever became of the survey.
func (v *Visit) state(now time.Time) State {
	if v.preview {
		return v.previewed()
	}
	if r := v.Response; r != nil {
		switch r.State {
		case models.ResponseCompleted:
			return StateDone
		case models.ResponsePartial:
			return StateExpired
		}
	}
	sv, inv, c := &v.Live.Survey, v.Invitation, v.Collector
	switch {
	case inv != nil && inv.FinishedAt != nil && !inv.Repeatable: // in another browser, of an anonymous survey
		return StateDone
	case sv.DeletedAt != nil || sv.State == models.SurveyClosed || !v.Collector.Open:
		return StateClosed
	case sv.Version == 0 || sv.State != models.SurveyOpen || len(Pages(v.Definition)) == 0:
		return StateNotLive
	case sv.OpensAt != nil && now.Before(*sv.OpensAt):
		return StateNotOpen
	case sv.ClosesAt != nil && !now.Before(*sv.ClosesAt), c.ClosesAt != nil && !now.Before(*c.ClosesAt):
		return StateClosed
	case c.OpensAt != nil && now.Before(*c.OpensAt):
		return StateNotOpen
	case c.FullAt != nil:
		return StateFull
	case c.Type == models.CollectorEmail && inv == nil:
		return StateInvited
	case inv != nil && inv.Over(now):
		return StateOver
	case !v.passed && v.Response == nil && inv == nil:
		return StatePassword
	case len(v.pages) == 0:
		return StateNothing
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
