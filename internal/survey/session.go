package survey

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/models"
)

// SessionStart begins a response that a program answers page by page, as the pages would.
type SessionStart struct {
	SurveyID     string
	Language     string                     // one of the survey's; empty means the invitation's, or else the survey's own
	EmbeddedData map[string]json.RawMessage // any names, also those that links may not set
	// Invitation is that of the person who answers, as their personal link would: nil for nobody known.
	Invitation *models.Invitation
}

// StartSession begins a response through the survey's default link, or goes on with that of an invitation, and gives the id of its
// session, which is a secret, and the page where it is. The response is there at once, without an answer. The caller has checked that
// the survey is theirs: the link's password is not asked for.
//
// models.CodeInvalid names fields as "language", "recipientId" (of an anonymous survey, whose responses are nobody's) or
// "embeddedData.segment"; models.CodeConflict when the link takes no answers, or the invitation has its one answer.
func (s *Service) StartSession(ctx context.Context, in SessionStart) (string, *Visit, error) {
	live, err := s.Live(ctx, in.SurveyID)
	if err != nil {
		return "", nil, err
	}
	fields, err := sessionFields(in.EmbeddedData)
	if err != nil {
		return "", nil, err
	}
	if in.Invitation != nil && live.Definition.Anonymous {
		return "", nil, models.Invalid(models.Field("recipientId", "session.error.anonymous"))
	}
	language, err := sessionLanguage(live.Definition, in.Language)
	if err != nil {
		return "", nil, err
	}
	token := NewToken()
	if in.Invitation != nil && !in.Invitation.Repeatable {
		token = invitedToken(in.Invitation)
	}
	v, err := s.session(ctx, live, token, in.Invitation, language)
	if err == nil {
		v.Carry(nil)
		v.give(fields)
		err = s.Greet(ctx, v)
	}
	switch {
	case err != nil:
		return "", nil, err
	case v.State == StateDone:
		return "", nil, models.Conflict("invitation.error.answered", nil)
	case v.State != StateAnswering:
		return "", nil, models.Conflict("session.error.state", map[string]any{"State": string(v.State)})
	}
	next, err := s.Submit(ctx, v, Submission{Page: v.pages[v.Page].ID, Stay: true, Form: v.asShown(), Fields: fields, Channel: models.ChannelAPI})
	return string(models.PrefixSession) + token.secret, next, err
}

// asShown is the form of the page as it was answered before.
func (v *Visit) asShown() map[string][]string {
	form := v.Form()
	for _, q := range v.Questions() {
		form.Add(FieldAsked, q.ID)
	}
	return form
}

// sessionLanguage gives the language of the survey that a program names, in BCP 47 or as QSF files write it.
func sessionLanguage(def *models.SurveyDefinition, named string) (string, error) {
	if named == "" {
		return "", nil
	}
	all := def.AllLanguages()
	for _, one := range all {
		if strings.EqualFold(one, named) || strings.EqualFold(qsf.LanguageCode(one), named) {
			return one, nil
		}
	}
	return "", models.Invalid(models.Field("language", "session.error.language", "Language", named, "Languages", strings.Join(all, ", ")))
}

// Session gives where a session is; models.CodeNotFound when there is none of this id.
func (s *Service) Session(ctx context.Context, surveyID, id string) (*Visit, error) {
	secret, ok := strings.CutPrefix(id, string(models.PrefixSession))
	if !ok || len(secret) != secretLength || strings.Trim(secret, base62) != "" {
		return nil, models.NotFound("session.error.unknown")
	}
	live, err := s.Live(ctx, surveyID)
	if err != nil {
		return nil, err
	}
	token := Token{derivedID("respond", secret), secret}
	r, err := s.store.RespondentResponse(ctx, surveyID, token.ResponseID)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && !token.opens(r) {
		return nil, models.NotFound("session.error.unknown")
	}
	if err != nil {
		return nil, err
	}
	var inv *models.Invitation
	if r.InvitationID != nil {
		if inv, err = s.store.InvitationOf(ctx, *r.InvitationID); err != nil && models.ErrorCode(err) != models.CodeNotFound {
			return nil, err
		}
	}
	v, err := s.session(ctx, live, token, inv, "")
	if err == nil && v.Response == nil {
		err = models.NotFound("session.error.unknown")
	}
	return v, err
}

// session opens the link of an invitation, or else the default link of a survey, for a program.
func (s *Service) session(ctx context.Context, live *Live, token Token, inv *models.Invitation, language string) (*Visit, error) {
	c := live.DefaultCollector()
	way := Way{Tokens: []string{token.String()}, Trusted: true}
	if inv != nil {
		c, way.Crk, way.Secret = live.collectorOf(inv.CollectorID), inv.Crk, inv.Token
	}
	if live.Survey.DeletedAt != nil || c == nil {
		return nil, models.NotFound("error.not_found")
	}
	way.Slug = c.Slug
	if language != "" {
		way.Wishes.Asked = []string{language}
	}
	return s.Enter(ctx, way)
}

// SessionUpdate is what a program says of the page that its session shows.
type SessionUpdate struct {
	// Responses are answers to questions of the page, by question id: choices as {"2": {"selected": true, "text": "…"}}, and everything
	// else as the values of a [Creation]. Questions that are not named keep their answers, null takes one back.
	Responses    map[string]json.RawMessage
	EmbeddedData map[string]json.RawMessage
	Advance      bool // on to the next page, which the survey's rules have to allow
	Close        bool // ends the session: what was answered is recorded as partial
}

// UpdateSession takes answers to the page of a session and gives where it is then. One that is over stays as it is.
//
// models.CodeInvalid names fields as "responses.QID1" or "embeddedData.segment", for values that are not possible and, of who wants
// to advance, for what the survey requires; what was answered before stays then.
func (s *Service) UpdateSession(ctx context.Context, v *Visit, in SessionUpdate) (*Visit, error) {
	if v.State == StateDone || v.State == StateExpired {
		return v, nil
	}
	if v.State != StateAnswering {
		return nil, models.Conflict("session.error.state", map[string]any{"State": string(v.State)})
	}
	sent := Submission{Page: v.pages[v.Page].ID, Stay: !in.Advance}
	var err error
	if sent.Form, err = v.sessionForm(in); err != nil {
		return nil, err
	}
	if sent.Fields, err = sessionFields(in.EmbeddedData); err != nil {
		return nil, err
	}
	next, err := s.Submit(ctx, v, sent)
	if err != nil {
		return nil, under("responses", err)
	}
	if !in.Close || next.State != StateAnswering {
		return next, nil
	}
	if _, err := s.expire(ctx, next.Response); err != nil {
		return nil, err
	}
	next.State = StateExpired
	return next, nil
}

// sessionForm gives the answers of a program as the form of the page would send them.
func (v *Visit) sessionForm(in SessionUpdate) (map[string][]string, error) {
	block := v.Definition.Block(v.pages[v.Page].ID)
	values := make(map[string]json.RawMessage, len(in.Responses))
	selected := map[string]map[string]selection{}
	for name, raw := range in.Responses {
		if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			values[name] = raw
			continue
		}
		var choices map[string]selection
		if err := json.Unmarshal(raw, &choices); err != nil {
			return nil, models.Invalid(models.Field("responses."+name, "response.error.value", "Field", name))
		}
		selected[name] = choices
	}
	read, err := decodeValues(values)
	if err != nil {
		return nil, under("responses", err)
	}
	answers, named := maps.Clone(v.answers()), map[string]bool{}
	if answers == nil {
		answers = models.Answers{}
	}
	for i := range block.Questions {
		q := &block.Questions[i]
		t := typeOf(q)
		if t == nil {
			continue
		}
		choices, chosen := selected[q.ID]
		delete(selected, q.ID)
		mentioned := chosen
		for name := range values {
			if name == q.ID || strings.HasPrefix(name, q.ID+"_") {
				mentioned, read.used[name] = true, true
			}
		}
		if !mentioned {
			continue
		}
		named[q.ID] = true
		if chosen {
			answers[q.ID] = read.selections(q, choices)
		} else {
			answers[q.ID] = t.fromAPI(q, read)
		}
	}
	for name := range values {
		if !read.used[name] {
			read.problem(name, "session.error.question")
		}
	}
	for name := range selected {
		read.problem(name, "session.error.question")
	}
	if err := under("responses", models.Invalid(read.problems...)); err != nil {
		return nil, err
	}
	form := FormValues(block.Questions, answers)
	for _, q := range block.Questions {
		if named[q.ID] || slices.ContainsFunc(v.Questions(), func(shown models.Question) bool { return shown.ID == q.ID }) {
			form.Add(FieldAsked, q.ID)
		}
	}
	return form, nil
}

// selection is what a program says of one choice.
type selection struct {
	Selected bool   `json:"selected"`
	Text     string `json:"text"`
}

// selections gives the answer that consists of choices named by their ids, or points by their number.
func (in *apiInput) selections(q *models.Question, choices map[string]selection) models.Answer {
	var a models.Answer
	for _, name := range slices.Sorted(maps.Keys(choices)) {
		s := choices[name]
		if !s.Selected {
			continue
		}
		if len(q.Choices) == 0 { // a rating or the like
			in.values[q.ID] = json.Number(name)
			continue
		}
		id, err := strconv.Atoi(name)
		c := q.Choice(id)
		if err != nil || c == nil || len(q.Rows) > 0 {
			in.problem(q.ID, "response.error.choice", "Value", name, "Question", q.ID)
			continue
		}
		a.Choices = append(a.Choices, id)
		if text := cutText(line(s.Text), maxOther); text != "" && c.TextEntry {
			setOther(&a, id, text)
		}
	}
	if len(q.Choices) == 0 {
		return typeOf(q).fromAPI(q, in)
	}
	sortChoices(q, &a)
	return a
}

// sessionFields reads the embedded data of a session.
func sessionFields(data map[string]json.RawMessage) (map[string]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	values, err := decodeValues(data)
	if err != nil {
		return nil, under("embeddedData", err)
	}
	fields := values.fields()
	return fields, under("embeddedData", models.Invalid(values.problems...))
}
