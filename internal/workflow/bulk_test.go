package workflow_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

var bulkNoon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// bulk is an instance whose jobs the test works on.
type bulk struct {
	*storetest.Instance
	d     storetest.Database
	clock *clock.Fake
	flow  *models.Workflow
}

func eachBulk(t *testing.T, test func(t *testing.T, b *bulk)) {
	t.Helper()
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(bulkNoon)
		b := &bulk{d: d, clock: c, Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c)}
		b.flow = b.Workflow(models.TaskSpec{ID: "OCAC_1"}, models.TaskSpec{ID: "OCAC_2"})
		test(t, b)
	})
}

// ended accepts n runs that end so, with a first task that succeeded.
func (b *bulk) ended(n int, status models.RunStatus) []string {
	b.Helper()
	ids := b.Accept(b.flow, n)
	for left := n; left > 0; {
		claimed, err := b.Store.Claim(b.Context(), store.ClaimOptions{Node: "ND_x", Limit: 100})
		b.Check(err)
		for _, c := range claimed {
			next := store.Next{State: store.NextDone, Status: status}
			if status == models.RunFailed {
				next.Error = `{"key":"x"}`
			}
			b.Check(b.Store.Finish(storetest.Finish(c, next, b.Attempt(c.Run.ID, "OCAC_1", 1, models.AttemptSucceeded))))
		}
		left -= len(claimed)
	}
	b.clock.Advance(time.Minute)
	return ids
}

// work takes steps of all jobs until none is left.
func (b *bulk) work() {
	b.Helper()
	for {
		c, err := b.Store.ClaimJob(b.Context(), "ND_jobs")
		b.Check(err)
		if c == nil {
			_, due, err := b.Store.PromoteDue(b.Context())
			b.Check(err)
			if due.IsZero() {
				return
			}
			b.clock.Advance(time.Second)
			continue
		}
		for state := store.JobGoesOn; state == store.JobGoesOn; {
			state, err = b.Store.StepJob(b.Context(), c, workflow.JobSteps[c.Kind])
			b.Check(err)
		}
	}
}

func (b *bulk) job(id string) *store.JobRow {
	b.Helper()
	j, err := b.Store.Job(b.Context(), b.Actor, id)
	b.Check(err)
	return j
}

func (b *bulk) count(query string) int {
	b.Helper()
	var n int
	b.Check(b.d.SQL(b.TB).QueryRowContext(b.Context(), query).Scan(&n))
	return n
}

var errCrash = errors.New("the process died")

// Replays of all that failed are made once each, however often the process dies in the middle of a step or right after it.
func TestReplayingManyMakesEachReplayOnce(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		b.ended(230, models.RunFailed)
		b.ended(7, models.RunSucceeded)
		j, err := workflow.ReplayRuns(t.Context(), b.Store, b.Actor, workflow.Selection{Filter: store.RunFilter{Status: models.RunFailed, WorkflowID: b.flow.ID}},
			workflow.BulkReplay{ReplayOptions: workflow.ReplayOptions{FromFailed: true}})
		if err != nil || j.Total != 230 {
			t.Fatalf("the job is %+v, %v; want 230 runs", j, err)
		}
		random := rand.New(rand.NewPCG(7, 7))
		deaths := 0
		for ended := false; !ended; {
			node := models.NewID(models.PrefixNode)
			b.Check(b.Store.Heartbeat(t.Context(), node, "here"))
			c, err := b.Store.ClaimJob(t.Context(), node)
			b.Check(err)
			if c == nil { // whoever had it died
				_, err := b.Store.TakeOver(t.Context(), node, b.clock.Advance(time.Minute))
				b.Check(err)
				continue
			}
			if c.Starts > store.MaxStarts {
				b.Check(b.Store.ReleaseJob(t.Context(), c, 0)) // chance was against us: the runner would give up
				continue
			}
			crash := random.IntN(3)
			state, err := b.Store.StepJob(t.Context(), c, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
				next, err := workflow.ReplayStep(ctx, tx, j)
				if crash == 0 && err == nil {
					err = errCrash
				}
				return next, err
			})
			switch {
			case errors.Is(err, errCrash):
				deaths++ // nothing of it is there; the claim stays a dead node's
			case err != nil:
				t.Fatal(err)
			case state == store.JobEnded:
				ended = true
			case crash == 1:
				deaths++ // after the commit
			default:
				b.Check(b.Store.ReleaseJob(t.Context(), c, 0))
			}
		}
		if deaths == 0 {
			t.Error("nothing died")
		}
		got := b.job(j.ID)
		if got.Status != models.JobSucceeded || got.Done != 230 || got.Failed != 0 {
			t.Errorf("the job is %+v; want 230 done", got.Job)
		}
		if n := b.count("SELECT COUNT(*) FROM runs WHERE replay_of IS NOT NULL"); n != 230 {
			t.Errorf("%d replays; want 230", n)
		}
		if n := b.count("SELECT COUNT(DISTINCT replay_of) FROM runs"); n != 230 {
			t.Errorf("%d runs were replayed; want 230", n)
		}
		if n := b.count("SELECT COUNT(*) FROM attempts WHERE result = 'carried'"); n != 230 {
			t.Errorf("%d tasks were taken over; want 230", n)
		}
		b.d.Consistent(t)
	})
}

func TestAJobReportsWhatItCouldNotDo(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		done := b.ended(2, models.RunSucceeded)
		open := b.Accept(b.flow, 1)[0]
		j, err := workflow.ReplayRuns(t.Context(), b.Store, b.Actor, workflow.Selection{IDs: []string{done[0], open, "RN_0123456789abcde", done[0], done[1]}}, workflow.BulkReplay{})
		b.Check(err)
		b.work()
		got := b.job(j.ID)
		if got.Total != 4 || got.Done != 4 || got.Failed != 2 || got.Status != models.JobSucceeded {
			t.Errorf("the job is %+v; want 4 of 4 with 2 that could not be", got.Job)
		}
		why := map[string]string{}
		for _, l := range got.Report.V.Lines {
			why[l.Item] = l.Error.Key
		}
		if why[open] != "run.error.not_ended" || why["RN_0123456789abcde"] != "job.error.run_gone" {
			t.Errorf("reported is %v", why)
		}
		member := b.User("eve@example.com", models.RoleMember)
		if _, err := b.Store.Job(t.Context(), member, j.ID); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("somebody else reads the job: %v", err)
		}
		other, err := workflow.ReplayRuns(t.Context(), b.Store, member, workflow.Selection{IDs: done}, workflow.BulkReplay{})
		b.Check(err)
		b.work()
		if got, err := b.Store.Job(t.Context(), member, other.ID); err != nil || got.Failed != 2 {
			t.Errorf("a stranger's replay is %+v, %v; want both runs not there", got, err)
		}
		if _, err := workflow.ReplayRuns(t.Context(), b.Store, member, workflow.Selection{Filter: store.RunFilter{Status: models.RunFailed}}, workflow.BulkReplay{}); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("a job about nothing: %v", err)
		}
	})
}

func TestWaitingRunsArePlayedAndCanceledTogether(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		b.Accept(b.flow, 6)
		claimed, err := b.Store.Claim(t.Context(), store.ClaimOptions{Node: "ND_x", Limit: 6})
		b.Check(err)
		for _, c := range claimed[1:] {
			b.Check(b.Store.Finish(storetest.Finish(c, store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})))
		}
		j, err := workflow.PlayRuns(t.Context(), b.Store, b.Actor, workflow.Selection{Filter: store.RunFilter{SurveyID: b.Survey.ID}})
		b.Check(err)
		b.work()
		if got := b.job(j.ID); got.Total != 5 || got.Done != 5 || got.Failed != 0 {
			t.Errorf("the job is %+v; want 5 played", got.Job)
		}
		if n := b.count("SELECT COUNT(*) FROM queue WHERE kind = 'run' AND state = 'ready'"); n != 5 {
			t.Errorf("%d are ready; want 5", n)
		}
		j, err = workflow.CancelRuns(t.Context(), b.Store, b.Actor, workflow.Selection{})
		b.Check(err)
		b.work()
		got := b.job(j.ID)
		if got.Total != 6 || got.Done != 6 || got.Report.V.Notes["stopping"] != 1 {
			t.Errorf("the job is %+v; want 6 of which one is stopping", got.Job)
		}
		if n := b.count("SELECT COUNT(*) FROM runs WHERE status = 'canceled'"); n != 5 {
			t.Errorf("%d are canceled; want 5", n)
		}
		b.d.Consistent(t)
	})
}

func TestAPacedJobTakesItsTimeAndCanBeCanceled(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		b.ended(30, models.RunSucceeded)
		j, err := workflow.ReplayRuns(t.Context(), b.Store, b.Actor, workflow.Selection{}, workflow.BulkReplay{PerSecond: 10})
		b.Check(err)
		step := func() store.JobState {
			t.Helper()
			c, err := b.Store.ClaimJob(t.Context(), "ND_jobs")
			if err != nil || c == nil {
				t.Fatalf("claimed %v, %v", c, err)
			}
			state, err := b.Store.StepJob(t.Context(), c, workflow.ReplayStep)
			b.Check(err)
			return state
		}
		if state := step(); state != store.JobPaused {
			t.Errorf("after a step the job is %v; want paused", state)
		}
		if c, err := b.Store.ClaimJob(t.Context(), "ND_jobs"); c != nil || err != nil {
			t.Errorf("a paused job was claimed: %v, %v", c, err)
		}
		b.clock.Advance(time.Second)
		_, _, err = b.Store.PromoteDue(t.Context())
		b.Check(err)
		step()
		b.Check(b.Store.CancelJob(t.Context(), b.Actor, j.ID))
		b.work()
		if got := b.job(j.ID); got.Status != models.JobCanceled || got.Done != 20 {
			t.Errorf("the job is %+v; want canceled after 20", got.Job)
		}
		if n := b.count("SELECT COUNT(*) FROM runs WHERE replay_of IS NOT NULL"); n != 20 {
			t.Errorf("%d replays; want 20", n)
		}
		if err := b.Store.CancelJob(t.Context(), b.Actor, j.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("canceled twice: %v", err)
		}
		b.d.Consistent(t)
	})
}

func TestAWorkflowRunsForResponsesThatAreThere(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		var all []string
		for n := range 5 {
			r := b.Response()
			r.Answers.V = models.Answers{"QID1": {Text: strings.Repeat("a", n)}}
			r.Fields.V = map[string]string{"firstName": "Ada", "RecipientLastName": "Lovelace", "email": "Ada@Example.com"}
			b.Check(b.Store.Accept(&store.Acceptance{Response: r, SurveyRev: b.LiveRev()}))
			all = append(all, r.ID)
			b.clock.Advance(time.Hour)
		}
		def := b.flow.Draft.V
		def.Condition = &models.Condition{Left: "${q://QID1/ChoiceTextEntryValue}", Operator: models.OpNotEqualTo, Right: "aa"}
		b.flow.Draft.V = def
		_, err := b.Store.SaveWorkflowDraft(t.Context(), b.Actor, b.flow, 0)
		b.Check(err)
		_, err = b.Store.PutWorkflowLive(t.Context(), b.Actor, b.flow.ID, 0)
		b.Check(err)

		j, err := workflow.RunForResponses(t.Context(), b.Store, b.Actor, b.flow.ID, workflow.BulkStart{Responses: workflow.ResponseSelection{From: bulkNoon.Add(time.Hour)}})
		b.Check(err)
		b.work()
		if got := b.job(j.ID); got.Total != 4 || got.Done != 4 || got.Report.V.Notes["condition"] != 1 {
			t.Errorf("the job is %+v; want 4, one of them without a run", got.Job)
		}
		found, _, err := b.Store.Runs(t.Context(), b.Actor, store.RunFilter{Search: "lovel"})
		if err != nil || len(found) != 3 {
			t.Fatalf("%d runs of that person, %v; want 3", len(found), err)
		}
		if r := found[0]; r.ResponseID == nil || *r.PersonEmail != "ada@example.com" || *r.PersonName != "ada lovelace" || r.Test {
			t.Errorf("the run is %+v", r)
		}
		_, err = workflow.RunForResponses(t.Context(), b.Store, b.Actor, b.flow.ID, workflow.BulkStart{Responses: workflow.ResponseSelection{IDs: []string{all[2], "R_0123456789abcde"}}, Always: true, PerSecond: 1})
		b.Check(err)
		b.work()
		if n := b.count("SELECT COUNT(*) FROM runs"); n != 4 {
			t.Errorf("%d runs; want 4", n)
		}
		b.d.Consistent(t)
	})
}

func TestReplaysOfAnonymousRunsStayAnonymous(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		a := b.Completed(b.flow)
		a.Event.ResponseID = nil
		b.Check(b.Store.Accept(a))
		claimed, err := b.Store.Claim(t.Context(), store.ClaimOptions{Node: "ND_x", Limit: 1})
		b.Check(err)
		b.Check(b.Store.Finish(storetest.Finish(claimed[0], store.Next{State: store.NextDone, Status: models.RunSucceeded})))
		run, err := workflow.Replay(t.Context(), b.Store, b.Actor, claimed[0].Run.ID, workflow.ReplayOptions{})
		b.Check(err)
		got, err := b.Store.Run(t.Context(), b.Actor, run.ID)
		b.Check(err)
		if got.ResponseID != nil || got.PersonName != nil || !got.CreatedAt.Equal(bulkNoon.Truncate(24*time.Hour)) || *got.ReplayOf != claimed[0].Run.ID {
			t.Errorf("the replay is %+v", got.Run)
		}
	})
}

func TestAListOfRunsIsWrittenAsAFilePartByPart(t *testing.T) {
	eachBulk(t, func(t *testing.T, b *bulk) {
		evil := "=HYPERLINK(1)"
		for range 2 {
			a := b.Completed(b.flow)
			a.Runs[0].PersonName = &evil
			b.Check(b.Store.Accept(a))
		}
		b.ended(450, models.RunSucceeded)
		export := workflow.Export{Row: func(_ context.Context, r *store.RunRow, _ time.Time) any { return map[string]string{"id": r.ID} }}
		files := map[workflow.ExportFormat]string{}
		for _, format := range workflow.ExportFormats {
			j, err := workflow.ExportRuns(t.Context(), b.Store, b.Actor, store.RunFilter{WorkflowID: b.flow.ID}, format)
			b.Check(err)
			c, err := b.Store.ClaimJob(t.Context(), "ND_jobs")
			b.Check(err)
			crashed := false
			for state := store.JobGoesOn; state == store.JobGoesOn; {
				state, err = b.Store.StepJob(t.Context(), c, func(ctx context.Context, tx *store.Store, j *models.Job) (store.JobNext, error) {
					next, err := export.Step(ctx, tx, j)
					if err == nil && j.Done == 400 && !crashed { // in the middle, after the work
						crashed = true
						return next, errCrash
					}
					return next, err
				})
				if err != nil && !errors.Is(err, errCrash) {
					t.Fatal(err)
				}
			}
			got := b.job(j.ID)
			f, err := b.Store.File(t.Context(), b.Actor, got.FileID)
			b.Check(err)
			var text strings.Builder
			b.Check(b.Store.WriteFile(t.Context(), f, &text))
			if int64(text.Len()) != f.Size || f.Chunks != 3 || got.Done != 452 {
				t.Errorf("%s: %d bytes, the file is %+v, the job %+v", format, text.Len(), f, got.Job)
			}
			files[format] = text.String()
			stranger := b.User(string(format)+"@example.com", models.RoleMember)
			if _, err := b.Store.File(t.Context(), stranger, got.FileID); models.ErrorCode(err) != models.CodeNotFound {
				t.Errorf("a stranger reads the file: %v", err)
			}
		}
		lines, err := csv.NewReader(strings.NewReader(files[workflow.ExportCSV])).ReadAll()
		if err != nil || len(lines) != 453 || lines[0][0] != "id" {
			t.Errorf("the CSV has %d lines, %v", len(lines), err)
		}
		if !slices.ContainsFunc(lines, func(line []string) bool { return line[7] == "'"+evil }) {
			t.Error("a formula does not stand in the CSV as a text")
		}
		var all []map[string]string
		if err := json.Unmarshal([]byte(files[workflow.ExportJSON]), &all); err != nil || len(all) != 452 {
			t.Errorf("the JSON has %d runs, %v", len(all), err)
		}
		b.clock.Advance(models.FileRetention + time.Minute)
		if n, err := b.Store.PurgeFiles(t.Context()); err != nil || n != 2 {
			t.Errorf("purged %d, %v; want both", n, err)
		}
		if n := b.count("SELECT COUNT(*) FROM file_chunks"); n != 0 {
			t.Errorf("%d parts are left", n)
		}
	})
}
