package survey

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Creation is a response that a program makes in one go (contract §6).
type Creation struct {
	SurveyID string
	Values   map[string]json.RawMessage // by question id, name of embedded data, or name of metadata
	Key      string                     // idempotency key; a second creation with it gives the first response; may be empty
	Depth    int                        // length of the chain of our own calls that led here
	CauseRun *string                    // the run whose call it is; nil for a call from outside
	Imported bool                       // it comes from a file: only workflows that include imported responses start
}

// Create makes a response of a survey that has been live, also of a closed one. Its values must be possible answers; what
// the survey requires or limits of its respondents does not bind programs. The caller has checked that the survey is theirs.
//
// models.CodeInvalid names fields as "values.QID1"; models.CodeConflict when the survey was never live.
func (s *Service) Create(ctx context.Context, in Creation) (*models.Response, error) {
	live, err := s.Live(ctx, in.SurveyID)
	if err != nil {
		return nil, err
	}
	for range maxRetries {
		r, err := s.create(live, in) //nolint:contextcheck // what is noted of a stored fact outlives the request
		switch {
		case err == nil:
			return r, nil
		case errors.Is(err, store.ErrStale):
			if live, err = s.load(ctx, in.SurveyID, live.Survey.LiveRev); err != nil {
				return nil, err
			}
		case in.Key != "" && models.ErrorCode(err) == models.CodeConflict && r != nil:
			return s.store.RespondentResponse(ctx, in.SurveyID, r.ID)
		default:
			return nil, err
		}
	}
	return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: store.ErrStale}
}

// create makes the response by one live state. With a conflict it gives the response that could not be stored.
func (s *Service) create(live *Live, in Creation) (*models.Response, error) {
	fact, a, err := s.created(live, in)
	if err != nil {
		return nil, err
	}
	return a.Response, s.start(live, fact, a)
}

// created makes the response, and says what it is to workflows.
func (s *Service) created(live *Live, in Creation) (workflow.Fact, *store.Acceptance, error) {
	var fact workflow.Fact
	if live.Survey.DeletedAt != nil {
		return fact, nil, models.NotFound("error.not_found")
	}
	if live.Survey.Version == 0 {
		return fact, nil, models.Conflict("survey.error.never_live", nil)
	}
	now := s.clock.Now()
	r, err := s.read(live, in, now)
	if err != nil {
		return fact, nil, err
	}
	fact = workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: r.OrgID, SurveyID: r.SurveyID, SurveyName: live.Survey.Name, LabelsRev: live.Survey.LabelsRev, Response: r,
		Definition: live.Definition, Depth: in.Depth, CauseRun: in.CauseRun, Imported: in.Imported, Now: now,
	}
	return fact, &store.Acceptance{Response: r, SurveyRev: live.Survey.LiveRev}, nil
}

// read makes the response out of the values.
func (s *Service) read(live *Live, in Creation, now time.Time) (*models.Response, error) {
	def := live.Definition
	values, err := decodeValues(in.Values)
	if err != nil {
		return nil, err
	}
	r := &models.Response{
		ID: models.NewID(models.PrefixResponse), OrgID: live.Survey.OrgID, SurveyID: live.Survey.ID, SurveyVersion: live.Survey.Version,
		State: models.ResponseCompleted, Channel: values.channel(), Language: values.language(def.Language), Rev: 1,
	}
	if in.Imported {
		r.Channel = models.ChannelImport
	}
	if in.Key != "" {
		r.ID = derivedID("key", live.Survey.ID+"\x00"+in.Key)
	}
	if c := live.DefaultCollector(); c != nil {
		r.CollectorID = c.ID
	}
	if !values.finished() {
		r.State = models.ResponsePartial
	}
	ip := values.ip()
	if !def.Anonymous {
		r.IP = ip
	}
	setTimes(r, def, values, now)
	r.Answers.V = values.answers(def)
	r.Fields.V = withDefaults(def, values.fields())
	if err := models.Invalid(values.problems...); err != nil {
		return nil, err
	}
	if ok, err := fits(r); err != nil {
		return nil, err
	} else if !ok {
		return nil, &models.Error{Code: models.CodeTooLarge, Key: "response.error.too_large"}
	}
	return r, nil
}

// setTimes takes the times that were sent; a response without any began and ended now.
func setTimes(r *models.Response, def *models.SurveyDefinition, in *apiInput, now time.Time) {
	started, ended, recorded := in.time("startDate", now), in.time("endDate", now), in.time("recordedDate", now)
	end := now
	if recorded != nil {
		end = *recorded
	} else if ended != nil {
		end = *ended
	}
	begin := end
	if started != nil {
		begin = *started
	}
	if begin.After(end) {
		in.problem("startDate", "response.error.order")
	}
	end, begin = moment(def, end), moment(def, begin)
	r.StartedAt, r.UpdatedAt, r.RecordedAt = begin, end, &end
}
