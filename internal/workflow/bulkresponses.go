package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// ResponseSelection chooses responses of a workflow's survey: by their ids, or all that the rest finds.
type ResponseSelection struct {
	IDs      []string               `json:"ids,omitempty"`
	States   []models.ResponseState `json:"states,omitempty"` // empty means all recorded ones
	From, To time.Time              // when they were recorded: from inclusive, to exclusive; zero means open
}

// BulkStart says how a workflow is started for responses that are there.
type BulkStart struct {
	Responses ResponseSelection
	Always    bool // also where its condition does not hold
	PerSecond int  // pace; 0 for as fast as there is room beside other runs
}

// bulkResponses are the params of models.JobRunResponses.
type bulkResponses struct {
	BulkStart
	WorkflowID string
	SurveyID   string
}

// RunForResponses makes a job that starts a workflow for old responses of its survey, as if they came in now.
func RunForResponses(ctx context.Context, s *store.Store, a models.Actor, workflowID string, o BulkStart) (*models.Job, error) {
	w, err := s.WorkflowToEdit(ctx, a, workflowID)
	switch {
	case err != nil:
		return nil, err
	case w.SurveyID == nil || w.EventType != models.EventSurveyResponse:
		return nil, models.Conflict("workflow.error.no_survey", nil)
	case w.Version == 0:
		return nil, models.Conflict("workflow.error.never_live", nil)
	case o.PerSecond < 0 || o.PerSecond > MaxPace:
		return nil, models.Invalid(models.Field("perSecond", "job.error.pace", "Max", MaxPace))
	case len(o.Responses.IDs) > MaxChosen:
		return nil, models.Invalid(models.Field("responseIds", "job.error.too_many", "Max", MaxChosen))
	}
	o.Responses.IDs = distinct(o.Responses.IDs)
	j := &models.Job{Kind: models.JobRunResponses, Subject: w.ID, Total: int64(len(o.Responses.IDs))}
	if j.Total == 0 {
		if now := s.Now(); o.Responses.To.IsZero() || o.Responses.To.After(now) {
			o.Responses.To = now // what comes in from now on starts the workflow by itself
		}
		if j.Total, err = s.CountResponses(ctx, a, *w.SurveyID, o.Responses.filter()); err != nil {
			return nil, err
		}
	}
	return startJob(ctx, s, a, j, bulkResponses{BulkStart: o, WorkflowID: w.ID, SurveyID: *w.SurveyID})
}

func (r ResponseSelection) filter() store.ResponseFilter {
	return store.ResponseFilter{IDs: r.IDs, States: r.States, From: r.From, To: r.To}
}

// RunResponsesStep is the step of models.JobRunResponses.
func RunResponsesStep(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
	var p bulkResponses
	if err := json.Unmarshal([]byte(j.Params), &p); err != nil {
		return store.JobNext{}, fmt.Errorf("read params of job: %w", err)
	}
	actor, err := tx.JobActor(ctx, j)
	if err != nil {
		return store.JobNext{}, err
	}
	w, err := tx.WorkflowToEdit(ctx, actor, p.WorkflowID)
	if err != nil {
		return store.JobNext{}, err
	}
	live, err := tx.WorkflowVersion(ctx, w.ID, w.Version)
	if err != nil {
		return store.JobNext{}, err
	}
	c, err := Compile(w.ID, live.Version, live.Definition.V)
	if err != nil {
		return store.JobNext{}, err
	}
	n := bulkPart
	if p.PerSecond > 0 {
		n = min(n, p.PerSecond)
	}
	found, last, err := nextResponses(ctx, tx, actor, j, p, n)
	if err != nil {
		return store.JobNext{}, err
	}
	b := beginner{tx: tx, workflow: c, org: w.OrgID, always: p.Always, surveys: map[int]*models.SurveyDefinition{}}
	for i := range found {
		began, err := b.begin(ctx, &found[i])
		if e, refused := refusal(err); refused {
			j.Fail(found[i].ID, e)
			continue
		}
		if err != nil {
			return store.JobNext{}, err
		}
		if !began {
			j.Note("condition")
		}
		j.Done++
	}
	next := store.JobNext{Done: last}
	if p.PerSecond > 0 {
		next.Pause = time.Duration(n) * time.Second / time.Duration(p.PerSecond)
	}
	return next, tx.AddRuns(ctx, b.events, b.runs, nil)
}

// nextResponses finds the responses of this step and moves the cursor behind them.
func nextResponses(ctx context.Context, tx *store.Store, a models.Actor, j *models.Job, p bulkResponses, n int) ([]models.Response, bool, error) {
	f := p.Responses.filter()
	if ids := f.IDs; len(ids) > 0 {
		from, _ := strconv.Atoi(j.Cursor) // empty at the beginning
		to := min(from+n, len(ids))
		f.IDs, f.Limit = ids[min(from, to):to], n
		found, _, err := tx.Responses(ctx, a, p.SurveyID, f)
		there := make(map[string]bool, len(found))
		for _, r := range found {
			there[r.ID] = true
		}
		for _, id := range f.IDs {
			if !there[id] && err == nil {
				j.Fail(id, models.RunError{Key: "job.error.response_gone"})
			}
		}
		j.Cursor = strconv.Itoa(to)
		return found, to == len(ids), err
	}
	f.Before, f.Limit = j.Cursor, n
	found, next, err := tx.Responses(ctx, a, p.SurveyID, f)
	j.Cursor = next
	return found, next == "", err
}

// beginner makes events and runs for responses that are there.
type beginner struct {
	tx       *store.Store
	workflow *Compiled
	org      string
	always   bool
	surveys  map[int]*models.SurveyDefinition // by version
	events   []models.Event
	runs     []models.Run
}

// begin makes the event of a response and its run; it reports whether the condition let it.
func (b *beginner) begin(ctx context.Context, r *models.Response) (bool, error) {
	def, known := b.surveys[r.SurveyVersion]
	if !known {
		v, err := b.tx.SurveyVersion(ctx, r.SurveyID, r.SurveyVersion)
		if err != nil {
			return false, err
		}
		def = &v.Definition.V
		b.surveys[r.SurveyVersion] = def
	}
	person, err := b.tx.InvitedPerson(ctx, r)
	if err != nil {
		return false, err
	}
	f := Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: b.org, SurveyID: r.SurveyID, Response: r, Contact: person, Definition: def, Now: b.tx.Now(),
	}
	snapshot := f.snapshot()
	values := &Values{Snapshot: &snapshot, Survey: def}
	if !b.always && !b.workflow.condition.True(values, &pipedtext.Env{Source: values, Now: f.Now}) {
		return false, nil
	}
	event, err := f.event(&snapshot)
	if err != nil {
		return false, err
	}
	b.events = append(b.events, *event)
	b.runs = append(b.runs, f.run(event, b.workflow.ID, b.workflow.Version, Respondent(&snapshot)))
	return true, nil
}

// JobSteps are the steps of the kinds of jobs that this package does.
var JobSteps = map[models.JobKind]store.JobStep{
	models.JobReplayRuns:   ReplayStep,
	models.JobCancelRuns:   CancelStep,
	models.JobPlayRuns:     PlayStep,
	models.JobRunResponses: RunResponsesStep,
}
