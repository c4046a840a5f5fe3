package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// MaxUpdates is how many responses one call may change or delete.
const MaxUpdates = 10_000

// ResponseChange is what is to happen to one of many responses.
type ResponseChange struct {
	ResponseID   string                     `json:"r"`
	EmbeddedData map[string]json.RawMessage `json:"f,omitempty"` // see Update
	Kept         bool                       `json:"k,omitempty"` // when it was recorded stays
	Uncounted    bool                       `json:"u,omitempty"` // of one that is deleted: it counts for no quota any more
}

// ResponseChanges are what a program asks to be done with many responses of a survey.
type ResponseChanges struct {
	SurveyID      string
	Delete        bool // else their embedded data is changed
	IgnoreMissing bool // that there is no such response is worth a note and no failure
	Depth         int
	CauseRun      *string
	All           []ResponseChange
}

// changesParams are the params of models.JobUpdateResponses and models.JobDeleteResponses.
type changesParams struct {
	FileID        string
	IgnoreMissing bool
	Depth         int
	CauseRun      *string
}

// ChangeMany makes the job that changes or deletes many responses. The caller has checked who asks.
func (s *Service) ChangeMany(ctx context.Context, a models.Actor, in ResponseChanges) (*models.Job, error) {
	lines, err := store.NewLineFile[ResponseChange](ctx, s.store, a)
	if err != nil {
		return nil, err
	}
	for _, c := range in.All {
		size := len(c.ResponseID)
		for name, value := range c.EmbeddedData {
			size += len(name) + len(value)
		}
		if err := lines.Add(c, size); err != nil {
			return nil, errors.Join(err, s.store.DropFiles(ctx, lines.ID))
		}
	}
	if err := lines.Flush(); err != nil {
		return nil, errors.Join(err, s.store.DropFiles(ctx, lines.ID))
	}
	params, err := models.MarshalJSON(changesParams{FileID: lines.ID, IgnoreMissing: in.IgnoreMissing, Depth: in.Depth, CauseRun: in.CauseRun})
	if err != nil {
		return nil, err
	}
	j := &models.Job{Kind: models.JobUpdateResponses, Subject: in.SurveyID, Params: string(params), Total: int64(len(in.All))}
	if in.Delete {
		j.Kind = models.JobDeleteResponses
	}
	return j, s.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.KeepFile(ctx, lines.ID); err != nil {
			return err
		}
		return tx.CreateJob(ctx, a, j)
	})
}

// ChangeStep is the step of models.JobUpdateResponses and models.JobDeleteResponses: it goes through one part of the changes. The
// cursor of the job is the number of the next part.
func (s *Service) ChangeStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p changesParams
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	if _, err := tx.SurveyToEdit(ctx, actor, j.Subject); err != nil {
		return store.JobNext{}, err
	}
	changes, err := store.NextLines[ResponseChange](ctx, tx, j, p.FileID)
	if err != nil || changes == nil {
		return store.JobNext{Done: err == nil}, err
	}
	var errs []error
	if j.Kind == models.JobDeleteResponses {
		for _, c := range changes {
			remove := tx.DeleteResponse
			if c.Uncounted {
				remove = tx.DeleteCountedResponse
			}
			err := remove(ctx, actor, j.Subject, c.ResponseID)
			if _, refused := errors.AsType[*models.Error](err); err != nil && !refused {
				return store.JobNext{}, err
			}
			errs = append(errs, err)
		}
	} else if errs, err = s.updateMany(ctx, tx, j.Subject, p, changes); err != nil {
		return store.JobNext{}, err
	}
	for i, err := range errs {
		switch {
		case err == nil:
			j.Done++
		case models.ErrorCode(err) == models.CodeNotFound && p.IgnoreMissing:
			j.Done++
			j.Note("missing")
		case models.ErrorCode(err) == models.CodeNotFound:
			j.Fail(changes[i].ResponseID, models.RunError{Key: "job.error.response_gone"})
		default:
			j.Fail(changes[i].ResponseID, WhyRefused(err))
		}
	}
	return store.JobNext{}, nil
}

// WhyRefused words an error of the domain for the report of a job.
func WhyRefused(err error) models.RunError {
	e, ok := errors.AsType[*models.Error](err)
	switch {
	case !ok:
		return models.RunError{Key: "error.internal"}
	case len(e.Fields) > 0:
		return models.RunError{Key: e.Fields[0].Key, Args: e.Fields[0].Args}
	}
	return models.RunError{Key: e.Key, Args: e.Args}
}

func (s *Service) updateMany(ctx context.Context, tx *store.Store, surveyID string, p changesParams, changes []ResponseChange) ([]error, error) {
	return s.acceptMany(ctx, tx, surveyID, len(changes), func(live *Live, i int) (workflow.Fact, *store.Acceptance, error) {
		r, err := tx.RespondentResponse(ctx, surveyID, changes[i].ResponseID)
		if err != nil {
			return workflow.Fact{}, nil, err
		}
		return s.updated(ctx, live, Update{
			SurveyID: surveyID, ResponseID: r.ID, EmbeddedData: changes[i].EmbeddedData, Recorded: !changes[i].Kept, Depth: p.Depth, CauseRun: p.CauseRun,
		}, r)
	})
}

// CreateMany makes responses as [Service.Create] does, as a part of the open transaction of a job's step. Of each it gives why it was
// refused; nil also for one that an earlier creation with its key has made.
func (s *Service) CreateMany(ctx context.Context, tx *store.Store, surveyID string, all []Creation) ([]error, error) {
	errs, err := s.acceptMany(ctx, tx, surveyID, len(all), func(live *Live, i int) (workflow.Fact, *store.Acceptance, error) {
		return s.created(live, all[i])
	})
	for i, err := range errs {
		if errors.Is(err, errOvertaken) && all[i].Key != "" {
			errs[i] = nil
		}
	}
	return errs, err
}

// acceptMany stores n things that prepare makes by the live state of a survey, with the runs that they start. Of each it gives the
// error of the domain that kept it from being stored, or errOvertaken.
func (s *Service) acceptMany(ctx context.Context, tx *store.Store, surveyID string, n int, prepare func(*Live, int) (workflow.Fact, *store.Acceptance, error)) ([]error, error) {
	live, err := s.Live(ctx, surveyID)
	if err != nil {
		return nil, err
	}
	errs, pending := make([]error, n), make([]int, n)
	for i := range pending {
		pending[i] = i
	}
	for range maxRetries {
		var all []*store.Acceptance
		var facts []workflow.Fact
		var at []int
		for _, i := range pending {
			fact, a, err := prepare(live, i)
			if err == nil {
				a.Event, a.Runs, err = workflow.Plan(live.Workflows, fact)
			}
			if err != nil {
				if _, refused := errors.AsType[*models.Error](err); !refused || models.ErrorCode(err) == models.CodeUnavailable {
					return nil, err
				}
				errs[i] = err
				continue
			}
			all, facts, at = append(all, a), append(facts, fact), append(at, i)
		}
		stored, err := tx.AcceptMany(ctx, all)
		if err != nil {
			return nil, err
		}
		pending = nil
		stale := false
		for k, err := range stored {
			i := at[k]
			switch {
			case err == nil:
				errs[i] = nil
				for _, r := range workflow.Refused(live.Workflows, facts[k]) {
					if err := tx.RecordRefusal(ctx, r); err != nil {
						return nil, err
					}
				}
			case errors.Is(err, store.ErrStale):
				stale = true
				pending = append(pending, i)
			default:
				errs[i] = errOvertaken
				if all[k].Response.Rev > 1 { // read it again
					pending = append(pending, i)
				}
			}
		}
		if len(pending) == 0 {
			return errs, nil
		}
		if stale {
			if live, err = s.load(ctx, surveyID, live.Survey.LiveRev); err != nil {
				return nil, err
			}
		}
	}
	return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: store.ErrStale}
}
