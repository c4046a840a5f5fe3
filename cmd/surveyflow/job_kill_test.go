package main

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

// Kill -9 at random moments of a bulk replay: every run that was chosen is repeated, once, and every replay reaches its end.
func TestKillingTheServerRepeatsEveryRunOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		runs := 500 * killRounds() // each kill meets the job in the middle
		p := newProcess(t, d, "WORKERS=16")
		s := d.Open(t, storetest.Options{})
		i := storetest.NewInstance(t, s, nil)
		w := i.Workflow(models.TaskSpec{Type: models.TaskWait, Config: []byte(`{"until":"2020-01-01T00:00:00Z"}`)})
		a := i.Completed(w)
		i.Check(s.Accept(a))
		ended := make([]models.Run, runs)
		for n := range ended {
			ended[n] = i.Run(a.Event, w)
		}
		i.Check(s.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error { return tx.AddRuns(ctx, nil, ended, nil) }))
		p.start()
		storetest.Eventually(t, patience, "all runs end", func() bool { return p.count("SELECT COUNT(*) FROM queue") == 0 })
		p.kill()
		p.forget("")
		if !d.Shared() {
			i.Check(s.Close())
			s = d.Open(t, storetest.Options{})
		}
		j, err := workflow.ReplayRuns(t.Context(), s, i.Actor, workflow.Selection{Filter: store.RunFilter{WorkflowID: w.ID}}, workflow.BulkReplay{})
		i.Check(err)
		i.Check(s.Close())
		under := 0
		for range killRounds() {
			p.start()
			before := p.count("SELECT done FROM jobs")
			storetest.Eventually(t, patience, "the job goes on", func() bool {
				return p.count("SELECT done FROM jobs") > before || p.count("SELECT COUNT(*) FROM jobs WHERE status = 'open'") == 0
			})
			select { // somewhere within a step
			case <-time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond)))):
			case <-t.Context().Done():
			}
			p.kill()
			under += p.count("SELECT COUNT(*) FROM jobs WHERE status = 'open'")
			p.forget("")
		}
		p.start()
		storetest.Eventually(t, patience, "the job and all replays end", func() bool { return p.count("SELECT COUNT(*) FROM queue") == 0 })
		for what, query := range map[string]string{
			"handled":  "SELECT done FROM jobs WHERE status = 'succeeded' AND failed = 0",
			"replays":  "SELECT COUNT(*) FROM runs WHERE replay_of IS NOT NULL",
			"repeated": "SELECT COUNT(DISTINCT replay_of) FROM runs WHERE replay_of IS NOT NULL",
			// One that the process was killed of three times has failed.
			"ended": "SELECT COUNT(*) FROM runs WHERE replay_of IS NOT NULL AND status IN ('succeeded', 'failed')",
		} {
			if n := p.count(query); n != int(j.Total) || n != runs+1 {
				t.Errorf("%s: %d; want %d", what, n, runs+1)
			}
		}
		t.Logf("%d kills, %d of them in the middle", killRounds(), under)
	})
}
