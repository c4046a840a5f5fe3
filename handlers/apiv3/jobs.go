package apiv3

import (
	"cmp"
	"context"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"surveyflow/internal/i18n"
	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// startedJob is the answer to what asks for long work.
type startedJob struct {
	JobID string `json:"jobId"`
	Total int64  `json:"total"`
}

// jobBody is how far long work is.
type jobBody struct {
	ID         string           `json:"id"`
	Kind       models.JobKind   `json:"kind"`
	Status     jobStatus        `json:"status"`
	Done       int64            `json:"done"` // handled, of total
	Failed     int64            `json:"failed"`
	Total      int64            `json:"total"`
	Percent    float64          `json:"percentComplete"`
	CreatedAt  *string          `json:"createdAt"`
	FinishedAt *string          `json:"finishedAt"`
	Error      *string          `json:"error"`
	Failures   []jobFailure     `json:"failures"` // of the first that could not be handled
	Notes      map[string]int64 `json:"notes"`
}

// jobFailure is one thing that could not be handled.
type jobFailure struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// jobStatus says how a job stands, in the words that the field's API has for it.
type jobStatus string

// The statuses of a job.
const (
	jobInProgress jobStatus = "inProgress"
	jobComplete   jobStatus = "complete"
	jobFailed     jobStatus = "failed"
	jobCanceled   jobStatus = "canceled"
)

var jobStatuses = map[models.JobStatus]jobStatus{
	models.JobOpen: jobInProgress, models.JobSucceeded: jobComplete, models.JobFailed: jobFailed, models.JobCanceled: jobCanceled,
}

// bulkReplay is the body of POST /runs/replay.
type bulkReplay struct {
	RunIDs    []string        `json:"runIds"`
	Filter    *bulkRunsFilter `json:"filter"`
	From      string          `json:"from"`
	Revision  string          `json:"revision"`
	PerSecond int             `json:"perSecond"`
}

// bulkRunsFilter chooses runs as the parameters of a list do.
type bulkRunsFilter struct {
	Status     models.RunStatus `json:"status"`
	From       string           `json:"from"`
	To         string           `json:"to"`
	Search     string           `json:"q"`
	WorkflowID string           `json:"workflowId"`
	SurveyID   string           `json:"surveyId"`
}

// The statuses that filters of runs may name, and what is said of others.
var (
	endedRuns = []models.RunStatus{models.RunSucceeded, models.RunFailed, models.RunCanceled}
	openRuns  = []models.RunStatus{models.RunScheduled, models.RunRunning}
)

// filter reads the filter as the store takes it. A status that it names must be one of those.
func (f *bulkRunsFilter) filter(statuses []models.RunStatus, otherwise string) (store.RunFilter, error) {
	out := store.RunFilter{Status: f.Status, Search: strings.TrimSpace(f.Search), WorkflowID: f.WorkflowID, SurveyID: f.SurveyID}
	if f.Status != "" && !slices.Contains(statuses, f.Status) {
		return out, invalid("filter.status", otherwise, "Value", string(f.Status))
	}
	var err error
	out.From, out.To, err = period(f.From, f.To)
	return out, err
}

// period reads the times of a filter.
func period(from, to string) (begin, end time.Time, err error) {
	begin, ok := parseTime(from)
	if from != "" && !ok {
		return begin, end, invalid("filter.from", "api.error.time", "Value", from)
	}
	if end, ok = parseTime(to); to != "" && !ok {
		return begin, end, invalid("filter.to", "api.error.time", "Value", to)
	}
	return begin, end, nil
}

// chosen says which runs a request is about: those that it names, or all that match its filter.
func chosen(ids []string, f *bulkRunsFilter, statuses []models.RunStatus, otherwise string) (workflow.Selection, error) {
	sel := workflow.Selection{IDs: ids}
	if (len(ids) == 0) == (f == nil) { // an empty filter is everything, and has to be written
		return sel, invalid("runIds", "api.error.replay_which")
	}
	var err error
	if f != nil {
		sel.Filter, err = f.filter(statuses, otherwise)
	}
	return sel, err
}

// replayOptions reads how runs are repeated.
func replayOptions(from, revision string) (workflow.ReplayOptions, error) {
	if !slices.Contains([]string{"", "start", "failedTask"}, from) {
		return workflow.ReplayOptions{}, invalid("from", "api.error.replay_from")
	}
	if !slices.Contains([]string{"", "current", "original"}, revision) {
		return workflow.ReplayOptions{}, invalid("revision", "api.error.replay_revision")
	}
	return workflow.ReplayOptions{FromFailed: from == "failedTask", Original: revision == "original"}, nil
}

func (a *API) replayRuns(c *call) (any, error) {
	var in bulkReplay
	if err := c.body(&in); err != nil {
		return nil, err
	}
	options, err := replayOptions(in.From, in.Revision)
	if err != nil {
		return nil, err
	}
	sel, err := chosen(in.RunIDs, in.Filter, endedRuns, "api.error.run_status_ended")
	if err != nil {
		return nil, err
	}
	j, err := workflow.ReplayRuns(c.Request().Context(), a.store, c.actor, sel, workflow.BulkReplay{ReplayOptions: options, PerSecond: in.PerSecond})
	if err != nil {
		return nil, err
	}
	return startedJob{JobID: j.ID, Total: j.Total}, nil
}

// bulkOpen is the body of POST /runs/cancel and /runs/play.
type bulkOpen struct {
	RunIDs []string        `json:"runIds"`
	Filter *bulkRunsFilter `json:"filter"`
}

func (a *API) cancelRuns(c *call) (any, error) { return a.moveRuns(c, workflow.CancelRuns) }
func (a *API) playRuns(c *call) (any, error)   { return a.moveRuns(c, workflow.PlayRuns) }

func (a *API) moveRuns(c *call, move func(context.Context, *store.Store, models.Actor, workflow.Selection) (*models.Job, error)) (any, error) {
	var in bulkOpen
	if err := c.body(&in); err != nil {
		return nil, err
	}
	sel, err := chosen(in.RunIDs, in.Filter, openRuns, "api.error.run_status_open")
	if err != nil {
		return nil, err
	}
	return began(move(c.Request().Context(), a.store, c.actor, sel))
}

// began answers a job that was asked for.
func began(j *models.Job, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return startedJob{JobID: j.ID, Total: j.Total}, nil
}

// bulkExport is the body of POST /runs/export.
type bulkExport struct {
	Filter *bulkRunsFilter       `json:"filter"`
	Format workflow.ExportFormat `json:"format"`
}

func (a *API) exportRuns(c *call) (any, error) {
	var in bulkExport
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.Filter == nil {
		return nil, invalid("filter", "api.error.export_filter")
	}
	filter, err := in.Filter.filter(models.RunStatuses, "api.error.run_status")
	if err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	if err := a.store.Audit(ctx, c.actor, models.AuditEntry{Action: models.AuditExport, Object: models.ExportRuns}); err != nil {
		return nil, err
	}
	return began(workflow.ExportRuns(ctx, a.store, c.actor, filter, cmp.Or(in.Format, workflow.ExportCSV)))
}

// bulkStart is the body of POST /workflows/{workflowId}/runs.
type bulkStart struct {
	ResponseIDs []string             `json:"responseIds"`
	Filter      *bulkResponsesFilter `json:"filter"`
	Always      bool                 `json:"always"`
	PerSecond   int                  `json:"perSecond"`
}

// bulkResponsesFilter chooses recorded responses of the workflow's survey.
type bulkResponsesFilter struct {
	State models.ResponseState `json:"state"`
	From  string               `json:"from"`
	To    string               `json:"to"`
}

func (a *API) runForResponses(c *call) (any, error) {
	var in bulkStart
	if err := c.body(&in); err != nil {
		return nil, err
	}
	w, err := a.workflowOf(c)
	if err != nil {
		return nil, err
	}
	if (len(in.ResponseIDs) == 0) == (in.Filter == nil) { // an empty filter is everything, and has to be written
		return nil, invalid("responseIds", "api.error.start_which")
	}
	o := workflow.BulkStart{Responses: workflow.ResponseSelection{IDs: in.ResponseIDs}, Always: in.Always, PerSecond: in.PerSecond}
	if f := in.Filter; f != nil {
		switch f.State {
		case "":
		case models.ResponseCompleted, models.ResponsePartial:
			o.Responses.States = []models.ResponseState{f.State}
		default:
			return nil, invalid("filter.state", "api.error.response_state", "Value", string(f.State))
		}
		if o.Responses.From, o.Responses.To, err = period(f.From, f.To); err != nil {
			return nil, err
		}
	}
	return began(workflow.RunForResponses(c.Request().Context(), a.store, c.actor, w.ID, o))
}

func (a *API) cancelJob(c *call) (any, error) {
	if err := a.store.CancelJob(c.Request().Context(), c.actor, c.Param("jobId")); err != nil {
		return nil, missing(err, "api.error.no_job")
	}
	return a.showJob(c)
}

// jobFile gives the file that a job has made.
func (a *API) jobFile(ec echo.Context) error {
	nameRequest(ec)
	c := &call{Context: ec}
	if err := a.authenticate(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	j, err := a.store.Job(ctx, c.actor, c.Param("jobId"))
	if err != nil {
		return missing(err, "api.error.no_job")
	}
	if j.Status != models.JobSucceeded || j.FileID == "" {
		return models.NotFound("api.error.no_file")
	}
	if j.Kind == models.JobImportResponses { // who lost access to the survey has none to its answers
		if err := a.store.CheckAccess(ctx, c.actor, j.Subject, models.AccessView); err != nil {
			return missing(err, "api.error.no_file")
		}
	}
	f, err := a.store.File(ctx, c.actor, j.FileID)
	if err != nil {
		return missing(err, "api.error.no_file")
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, f.ContentType)
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	header.Set(echo.HeaderContentLength, strconv.FormatInt(f.Size, 10))
	header.Set("Cache-Control", "no-store")
	return a.store.WriteFile(ctx, f, c.Response())
}

func (a *API) showJob(c *call) (any, error) {
	ctx := c.Request().Context()
	j, err := a.store.Job(ctx, c.actor, c.Param("jobId"))
	if err != nil {
		return nil, missing(err, "api.error.no_job")
	}
	return jobOf(ctx, &j.Job), nil
}

func jobOf(ctx context.Context, j *models.Job) jobBody {
	body := jobBody{
		ID: j.ID, Kind: j.Kind, Status: jobStatuses[j.Status], Done: j.Done, Failed: j.Failed, Total: j.Total, CreatedAt: millis(&j.CreatedAt),
		FinishedAt: millis(j.FinishedAt), Error: sentenceOf(ctx, j.Error), Failures: []jobFailure{}, Notes: j.Report.V.Notes, Percent: 100,
	}
	if body.Notes == nil {
		body.Notes = map[string]int64{}
	}
	if j.Status != models.JobSucceeded && j.Total > 0 {
		body.Percent = float64(min(j.Done, j.Total)*1000/j.Total) / 10
	}
	for _, l := range j.Report.V.Lines {
		body.Failures = append(body.Failures, jobFailure{ID: l.Item, Error: i18n.TMap(ctx, l.Error.Key, l.Error.Args)})
	}
	return body
}
