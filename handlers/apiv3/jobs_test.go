package apiv3

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func TestManyRunsAreReplayedWithOneRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w workflowBody
	b.newWorkflow(b.ada, s.id, "").into(&w)
	for range 3 {
		b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
		b.finishRun(models.RunFailed)
		b.clock.Advance(time.Second)
	}
	b.post(b.ada, "/surveys/"+s.id+"/responses", someValues)
	b.do(b.ada, "POST", "/runs/replay", `{}`).invalid("runIds")
	b.do(b.ada, "POST", "/runs/replay", `{"runIds":["RN_1"],"filter":{}}`).invalid("runIds")
	b.do(b.ada, "POST", "/runs/replay", `{"filter":{"status":"scheduled"}}`).invalid("filter.status")
	b.do(b.ada, "POST", "/runs/replay", `{"filter":{"from":"now"}}`).invalid("filter.from")
	b.do(b.ada, "POST", "/runs/replay", `{"filter":{},"perSecond":-1}`).invalid("perSecond")
	b.do(b.ada, "POST", "/runs/replay", `{"filter":{"status":"canceled"}}`).fails(409, "409 - Conflict", "SF_CONFLICT", "")
	var started startedJob
	b.post(b.ada, "/runs/replay", `{"filter":{"status":"failed","workflowId":"`+w.ID+`"},"from":"failedTask","revision":"original"}`).into(&started)
	if started.Total != 3 {
		t.Errorf("%d runs are to be replayed; want 3", started.Total)
	}
	var job jobBody
	b.get(b.ada, "/jobs/"+started.JobID).into(&job)
	if job.Status != jobInProgress || job.Percent != 0 || job.FinishedAt != nil {
		t.Errorf("before it began the job is %+v", job)
	}
	c, err := b.store.ClaimJob(t.Context(), "ND_jobs")
	b.check(err)
	state, err := b.store.StepJob(t.Context(), c, workflow.ReplayStep)
	if err != nil || state != store.JobEnded {
		t.Fatalf("the step ends as %v, %v", state, err)
	}
	b.get(b.ada, "/jobs/"+started.JobID).into(&job)
	if job.Status != jobComplete || job.Percent != 100 || job.Done != 3 || job.Failed != 0 || job.FinishedAt == nil {
		t.Errorf("in the end the job is %+v", job)
	}
	if got := len(b.runIDs("")); got != 7 {
		t.Errorf("there are %d runs; want 4 and 3 replays", got)
	}
	step := func(id string, step store.JobStep) jobBody {
		t.Helper()
		c, err := b.store.ClaimJob(t.Context(), "ND_jobs")
		b.check(err)
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			state, err = b.store.StepJob(t.Context(), c, step)
			b.check(err)
		}
		var job jobBody
		b.get(b.ada, "/jobs/"+id).into(&job)
		b.clock.Advance(time.Second) // a job leaves out what is made after it was asked for
		return job
	}
	b.clock.Advance(time.Second)
	for _, what := range []string{"cancel", "play"} {
		b.do(b.ada, "POST", "/runs/"+what, `{}`).invalid("runIds")
		b.do(b.ada, "POST", "/runs/"+what, `{"filter":{"status":"failed"}}`).invalid("filter.status")
	}
	b.post(b.ada, "/runs/play", `{"filter":{"workflowId":"`+w.ID+`"}}`).into(&started)
	if job := step(started.JobID, workflow.PlayStep); job.Total != 4 || job.Done != 4 {
		t.Errorf("played: %+v", job)
	}
	b.post(b.ada, "/runs/cancel", `{"filter":{"status":"scheduled"}}`).into(&started)
	if job := step(started.JobID, workflow.CancelStep); job.Total != 4 || job.Done != 4 || len(b.runIDs("?status=canceled")) != 4 {
		t.Errorf("canceled: %+v", job)
	}

	b.do(b.ada, "POST", "/workflows/"+w.ID+"/runs", `{}`).invalid("responseIds")
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/runs", `{"filter":{"state":"lost"}}`).invalid("filter.state")
	b.do(b.ada, "POST", "/workflows/"+w.ID+"/runs", `{"filter":{"to":"soon"}}`).invalid("filter.to")
	b.post(b.ada, "/workflows/"+w.ID+"/runs", `{"filter":{"state":"completed"},"always":true}`).into(&started)
	if job := step(started.JobID, workflow.RunResponsesStep); job.Total != 4 || job.Done != 4 || len(b.runIDs("")) != 11 {
		t.Errorf("started: %+v; %d runs", job, len(b.runIDs("")))
	}

	b.do(b.ada, "POST", "/runs/export", `{"format":"csv"}`).invalid("filter")
	b.do(b.ada, "POST", "/runs/export", `{"filter":{},"format":"pdf"}`).invalid("format")
	b.post(b.ada, "/runs/export", `{"filter":{"status":"canceled"},"format":"json"}`).into(&started)
	b.do(b.ada, "GET", "/jobs/"+started.JobID+"/file", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
	if job := step(started.JobID, workflow.Export{Row: RunJSON}.Step); job.Status != jobComplete || job.Done != 4 {
		t.Errorf("exported: %+v", job)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/API/v3/jobs/"+started.JobID+"/file", nil)
	r.Host = "survey.example.com"
	r.Header.Set("X-API-TOKEN", b.ada)
	file := httptest.NewRecorder()
	b.server.ServeHTTP(file, r)
	var rows []runRow
	if err := json.Unmarshal(file.Body.Bytes(), &rows); err != nil || len(rows) != 4 || file.Header().Get("Content-Disposition") == "" {
		t.Errorf("the file has %d runs, %v: %v", len(rows), err, file.Header())
	}
	b.post(b.ada, "/runs/replay", `{"filter":{"status":"failed"}}`).into(&started)
	b.post(b.ada, "/jobs/"+started.JobID+"/cancel", "").into(&job)
	b.do(b.ada, "POST", "/jobs/JB_1/cancel", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
	b.do(b.ada, "GET", "/jobs/JB_1/file", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
	b.do(b.ada, "GET", "/jobs/JB_1", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
}
