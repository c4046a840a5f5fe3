package survey

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Update changes the embedded data of a recorded response.
type Update struct {
	SurveyID     string
	ResponseID   string
	EmbeddedData map[string]json.RawMessage // texts, numbers or booleans; null takes a field out, the others stay
	Recorded     bool                       // it counts as recorded now
	Depth        int                        // how many runs of ours have led to it
	CauseRun     *string                    // the run whose call it was
}

// Update changes a response, in one transaction with the runs of the workflows that wait for updates. The caller has checked who
// asks.
//
// models.CodeInvalid names fields as "embeddedData.segment"; models.CodeNotFound when there is no such response; and
// models.CodeConflict while its respondent is still answering.
func (s *Service) Update(ctx context.Context, in Update) error {
	live, err := s.Live(ctx, in.SurveyID)
	if err != nil {
		return err
	}
	for range maxRetries {
		err := s.update(ctx, live, in)
		switch {
		case errors.Is(err, store.ErrStale):
			if live, err = s.load(ctx, in.SurveyID, live.Survey.LiveRev); err != nil {
				return err
			}
		case errors.Is(err, errOvertaken):
		default:
			return err
		}
	}
	return &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: store.ErrStale}
}

// errOvertaken says that somebody else changed the response since it was read.
var errOvertaken = errors.New("the response was changed meanwhile")

func (s *Service) update(ctx context.Context, live *Live, in Update) error {
	r, err := s.store.RespondentResponse(ctx, in.SurveyID, in.ResponseID)
	if err != nil {
		return err
	}
	fact, a, err := s.updated(ctx, live, in, r)
	if err != nil {
		return err
	}
	err = s.start(live, fact, a) //nolint:contextcheck // what is noted of a stored fact outlives the request
	if models.ErrorCode(err) == models.CodeConflict {
		return errOvertaken
	}
	return err
}

// updated changes a response that was read, and says what that is to workflows.
func (s *Service) updated(ctx context.Context, live *Live, in Update, r *models.Response) (workflow.Fact, *store.Acceptance, error) {
	var fact workflow.Fact
	if r.State == models.ResponseInProgress {
		return fact, nil, models.Conflict("response.error.in_progress", nil)
	}
	def, err := s.Definition(ctx, r.SurveyID, r.SurveyVersion)
	if err != nil {
		return fact, nil, err
	}
	if r.Fields.V, err = in.fields(r.Fields.V); err != nil {
		return fact, nil, err
	}
	if ok, err := fits(r); err != nil {
		return fact, nil, err
	} else if !ok {
		return fact, nil, &models.Error{Code: models.CodeTooLarge, Key: "response.error.too_large"}
	}
	now := s.clock.Now()
	at := moment(def, now)
	r.Rev++
	r.UpdatedAt = at
	if in.Recorded {
		r.RecordedAt = &at
	}
	fact = workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnUpdated, Org: r.OrgID, SurveyID: r.SurveyID, SurveyName: live.Survey.Name, LabelsRev: live.Survey.LabelsRev, Response: r,
		Definition: def, Depth: in.Depth, CauseRun: in.CauseRun, Now: now,
	}
	return fact, &store.Acceptance{Response: r, Was: r.State, SurveyRev: live.Survey.LiveRev}, nil
}

// fields gives the embedded data as it is after the change.
func (in Update) fields(old map[string]string) (map[string]string, error) {
	values, err := decodeValues(in.EmbeddedData)
	if err != nil {
		return nil, under("embeddedData", err)
	}
	fields := maps.Clone(old)
	if fields == nil {
		fields = map[string]string{}
	}
	for name := range in.EmbeddedData {
		if values.values[name] == nil {
			delete(fields, name)
		}
	}
	maps.Copy(fields, values.fields())
	if len(fields) > maxFields {
		values.problem("", "response.error.too_many", "Max", maxFields)
	}
	return fields, under("embeddedData", models.Invalid(values.problems...))
}
