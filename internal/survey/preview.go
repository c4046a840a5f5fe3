package survey

import (
	"context"
	"encoding/json"

	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Preview gives a visit to the draft of a survey that the actor may see, as far as the one who previews has come: state is
// what [Visit.PreviewState] gave before, or empty at the beginning. What is submitted to such a visit is checked like a
// respondent's, and neither stored nor counted; it starts no workflow unless [Service.Rehearse] is asked to (contract §7, Incomplete).
func (s *Service) Preview(ctx context.Context, a models.Actor, surveyID, state string, way Way) (*Visit, error) {
	sv, err := s.store.Survey(ctx, a, surveyID)
	if err != nil {
		return nil, err
	}
	def := &sv.Draft.V
	v := &Visit{
		Live: &Live{Survey: *sv, Definition: def}, Collector: &models.Collector{}, Definition: def,
		spoken: newSpoken(def), logic: compileLogic(def), now: s.clock.Now(), preview: true, way: Way{Wishes: way.Wishes},
	}
	v.Token = NewToken()
	for _, text := range way.Tokens {
		if t, ok := ParseToken(text); ok && t.mayBegin() {
			v.Token = t
		}
	}
	v.speak()
	v.restore(state)
	v.arrange(v.answers())
	if v.Response != nil {
		v.Page = v.placeOf(v.Response.Page)
	}
	v.State = v.state(v.now)
	return v, nil
}

// IsPreview reports whether the visit is a preview of a draft.
func (v *Visit) IsPreview() bool { return v.preview }

// previewState is what of a preview travels with its form, since nothing of it is stored. Who changes it changes their own
// preview.
type previewState struct {
	Page    string            `json:"page"`
	Answers models.Answers    `json:"answers"`
	Fields  map[string]string `json:"fields"`
}

// PreviewState gives what the next request of a preview has to bring back; empty before the first page was sent.
func (v *Visit) PreviewState() string {
	r := v.Response
	if !v.preview || r == nil {
		return ""
	}
	text, err := models.MarshalJSON(previewState{r.Page, r.Answers.V, r.Fields.V})
	if err != nil {
		return "" // begins anew
	}
	return string(text)
}

// restore makes the response of a preview of its state; what is no state begins anew.
func (v *Visit) restore(state string) {
	var s previewState
	if state == "" || json.Unmarshal([]byte(state), &s) != nil {
		return
	}
	sv := &v.Live.Survey
	r := &models.Response{
		ID: v.Token.ResponseID, OrgID: sv.OrgID, SurveyID: sv.ID, State: models.ResponseInProgress, Channel: models.ChannelPreview,
		Language: v.Definition.Language, Page: s.Page, Rev: 1, StartedAt: v.now, UpdatedAt: v.now,
	}
	r.Answers.V, r.Fields.V = s.Answers, s.Fields
	v.Response = r
}

// previewed says what who previews meets: the survey need be neither live nor open.
func (v *Visit) previewed() State {
	switch {
	case v.Response != nil && v.Response.State == models.ResponseCompleted:
		return StateDone
	case len(Pages(v.Definition)) == 0:
		return StateNotLive
	case len(v.pages) == 0:
		return StateNothing
	}
	return StateAnswering
}

// Rehearse runs the survey's live workflows as a test with the answers of a preview that has come to its end (contract §7,
// Incomplete): nothing is stored of the answers but what the runs show. It gives no runs when no workflow waits for such
// answers.
//
// models.CodeForbidden for who may only look at the survey: the tasks really call. models.CodeConflict when the draft is not what is live, for
// workflows know the questions of what is live, or when the answers break a rule.
func (s *Service) Rehearse(ctx context.Context, a models.Actor, v *Visit) ([]models.Run, error) {
	sv, err := s.store.SurveyToEdit(ctx, a, v.Live.Survey.ID)
	if err != nil {
		return nil, err
	}
	if sv.Changed() {
		return nil, models.Conflict("respond.preview.run.changed", nil)
	}
	live, err := s.load(ctx, sv.ID, 0) // a workflow that was turned off a moment ago does not run
	if err != nil {
		return nil, err
	}
	if v.Response == nil {
		return nil, models.Conflict("respond.preview.run.unfinished", nil)
	}
	for _, b := range v.pages {
		if len(validateAnswers(b.Questions, v.shown, daysAt(v.now, ""))) > 0 {
			return nil, models.Conflict("respond.preview.run.unfinished", nil)
		}
	}
	r := *v.Response
	recorded := moment(live.Definition, v.now)
	r.SurveyVersion, r.State, r.RecordedAt, r.StartedAt = live.Survey.Version, models.ResponseCompleted, &recorded, recorded
	r.Answers.V = v.shown
	return workflow.Rehearse(s.store, live.Workflows, workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: sv.OrgID, SurveyID: sv.ID, SurveyName: sv.Name, LabelsRev: live.Survey.LabelsRev,
		Response: &r, Definition: live.Definition, Now: v.now,
	})
}

// TryPage takes a page of a preview and gives what follows, like [Service.Submit].
func (s *Service) TryPage(ctx context.Context, v *Visit, in Submission) (*Visit, error) {
	begun := *v
	begun.Carry(in.Link)
	return s.submit(ctx, &begun, in)
}
