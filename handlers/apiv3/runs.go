package apiv3

import (
	"context"
	"slices"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// runRow is a run in a list; the run itself has its tasks beside it (contract §6).
type runRow struct {
	ID           string           `json:"id"`
	WorkflowID   string           `json:"workflowId"`
	WorkflowName string           `json:"workflowName"`
	Status       models.RunStatus `json:"status"`
	Event        runEvent         `json:"event"`
	ResponseID   *string          `json:"responseId"`
	Respondent   *respondent      `json:"respondent"`
	Anonymous    bool             `json:"anonymous"`
	Test         bool             `json:"test"`
	Revision     int              `json:"revision"` // the version of the workflow that the run keeps to
	CreatedAt    *string          `json:"createdAt"`
	ScheduledAt  *string          `json:"scheduledAt"` // when it goes on, while it waits
	StartedAt    *string          `json:"startedAt"`
	FinishedAt   *string          `json:"finishedAt"`
	StatusAt     *string          `json:"statusAt"`
	Attempt      int              `json:"attempt"`
	ReplayOf     *string          `json:"replayOf"`
	Error        *string          `json:"error"`
	HoldReason   *string          `json:"holdReason"`
}

// runEvent is what started a run.
type runEvent struct {
	ID       string           `json:"id"`
	Type     models.EventType `json:"type"`
	SurveyID *string          `json:"surveyId"`
}

// respondent is who a run is about; without a contact all of it is null.
type respondent struct {
	FirstName *string `json:"firstName"`
	LastName  *string `json:"lastName"`
	Email     *string `json:"email"`
}

func (a *API) listRuns(c *call) (any, error) {
	return a.runs(c, c.QueryParam("workflowId"))
}

func (a *API) listWorkflowRuns(c *call) (any, error) {
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	return a.runs(c, w.ID)
}

func (a *API) runs(c *call, workflowID string) (any, error) {
	ctx := c.Request().Context()
	filter, err := c.runFilter()
	if err != nil {
		return nil, err
	}
	filter.WorkflowID = workflowID
	rows, next, err := a.store.Runs(ctx, c.actor, filter)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	starts, err := a.store.RunStarts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]runRow, len(rows))
	for i := range rows {
		out[i] = rowOf(ctx, &rows[i])
		if start, ok := starts[rows[i].ID]; ok {
			out[i].StartedAt = millis(&start)
		}
	}
	return listOf(out, a.nextPage(c, next)), nil
}

func (c *call) runFilter() (store.RunFilter, error) {
	f := store.RunFilter{Search: strings.TrimSpace(c.QueryParam("q")), Status: models.RunStatus(c.QueryParam("status"))}
	if f.Status != "" && !slices.Contains(models.RunStatuses, f.Status) {
		return f, invalid("status", "api.error.run_status", "Value", string(f.Status))
	}
	var err error
	if f.Page, err = c.page(); err != nil {
		return f, err
	}
	if f.From, err = c.instant("from"); err != nil {
		return f, err
	}
	f.To, err = c.instant("to")
	return f, err
}

// RunJSON gives a run as lists have it, for files that repeat them.
func RunJSON(ctx context.Context, r *store.RunRow, started time.Time) any {
	row := rowOf(ctx, r)
	if !started.IsZero() {
		row.StartedAt = millis(&started)
	}
	return row
}

// rowOf gives a run as lists have it.
func rowOf(ctx context.Context, r *store.RunRow) runRow {
	row := runRow{
		ID: r.ID, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName, Status: r.Display(), ResponseID: r.ResponseID,
		Event: runEvent{ID: r.EventID, Type: r.EventType, SurveyID: r.SurveyID}, Test: r.Test, Revision: r.WorkflowVersion,
		CreatedAt: millis(&r.CreatedAt), FinishedAt: millis(r.FinishedAt), Attempt: r.Attempts, ReplayOf: r.ReplayOf,
		Error: sentenceOf(ctx, r.Error), HoldReason: holdReason(ctx, r),
	}
	// A response has an id, so that an event about one that names none is an anonymous survey's (contract §7, Anonymity).
	row.Anonymous = r.EventType == models.EventSurveyResponse && r.ResponseID == nil
	if !row.Anonymous {
		row.Respondent = &respondent{Email: r.PersonEmail}
	}
	switch row.Status {
	case models.RunScheduled:
		row.StatusAt = micros(r.QueueStateAt)
		if r.Hold == nil { // the deadline of a held one is no time at which it goes on
			row.ScheduledAt = micros(r.DueAt)
		}
		if r.DueAt == nil && r.Queue != nil && *r.Queue == models.QueueReady {
			row.ScheduledAt = row.StatusAt
		}
	case models.RunRunning:
		row.StartedAt = micros(r.QueueStartedAt)
		row.StatusAt = row.StartedAt
	default:
		row.StatusAt = row.FinishedAt
	}
	return row
}

// holdReason tells why a run does not go on although its time has come.
func holdReason(ctx context.Context, r *store.RunRow) *string {
	if r.Hold == nil {
		return nil
	}
	reason := i18n.T(ctx, "api.hold.host")
	if r.HoldReason != nil && *r.HoldReason != "" {
		reason = i18n.T(ctx, "api.hold.off") + " " + *sentenceOf(ctx, *r.HoldReason)
	} else if *r.Hold == models.HoldOff {
		reason = i18n.T(ctx, "api.hold.off")
	}
	return &reason
}

func micros(us *int64) *string {
	if us == nil {
		return nil
	}
	t := time.UnixMicro(*us)
	return millis(&t)
}

// sentenceOf tells why something failed; nil when it did not.
func sentenceOf(ctx context.Context, encoded string) *string {
	e := models.DecodeRunError(encoded)
	if e == nil {
		return nil
	}
	text := i18n.TMap(ctx, e.Key, e.Args)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return &text
}

func (a *API) showRun(c *call) (any, error) { return a.runBody(c, c.Param("runId")) }

// runBody gives a run with its tasks.
func (a *API) runBody(c *call, id string) (any, error) {
	ctx := c.Request().Context()
	d, err := a.store.Run(ctx, c.actor, id)
	if err != nil {
		return nil, missing(err, "api.error.no_run")
	}
	body := runDetail{runRow: rowOf(ctx, &d.RunRow), Tasks: tasksOf(ctx, d)}
	if len(d.Attempts) > 0 {
		body.StartedAt = millis(&d.Attempts[0].StartedAt)
	}
	if snapshot, err := workflow.DecodeSnapshot(d.Event.Payload); err == nil && body.Respondent != nil && workflow.Respondent(snapshot) != nil {
		p := workflow.Respondent(snapshot)
		body.Respondent = &respondent{FirstName: orNull(p.FirstName), LastName: orNull(p.LastName), Email: orNull(p.Email)}
	}
	return body, nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// runReplay is the body of POST /runs/{runId}/replay.
type runReplay struct {
	From     string `json:"from"`
	Revision string `json:"revision"`
}

func (a *API) replayRun(c *call) (any, error) {
	var in runReplay
	if err := c.optionalBody(&in); err != nil {
		return nil, err
	}
	options, err := replayOptions(in.From, in.Revision)
	if err != nil {
		return nil, err
	}
	run, err := workflow.Replay(c.Request().Context(), a.store, c.actor, c.Param("runId"), options)
	if err != nil {
		return nil, missing(err, "api.error.no_run")
	}
	return a.runBody(c, run.ID)
}

func (a *API) cancelRun(c *call) (any, error) { return a.moveRun(c, a.store.CancelRun) }
func (a *API) playRun(c *call) (any, error)   { return a.moveRun(c, a.store.PlayRun) }

// moveRun does something to the run of the path and answers the run as it is then.
func (a *API) moveRun(c *call, do func(context.Context, models.Actor, string) error) (any, error) {
	if err := do(c.Request().Context(), c.actor, c.Param("runId")); err != nil {
		return nil, missing(err, "api.error.no_run")
	}
	return a.showRun(c)
}
