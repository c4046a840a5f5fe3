package store_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// chaos works on runs in every way that there is and remembers what the store confirmed.
type chaos struct {
	*working
	stores    []*store.Store
	workflows []*models.Workflow
	mu        sync.Mutex
	runs      []string                    // accepted
	jobs      int                         // asked for
	attempts  map[models.Attempt]struct{} // written for sure
}

// Any mix of accepting, replaying, retrying, canceling, playing, turning on and off and dying leaves every run in one
// final state, with each confirmed attempt there once.
func TestWhateverHappensEveryRunEndsOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(noon)
		o := storetest.Options{Clock: c}
		b := &working{Instance: storetest.NewInstance(t, d.Open(t, o), c), d: d, clock: c}
		x := &chaos{working: b, stores: []*store.Store{b.Store}, attempts: map[models.Attempt]struct{}{}}
		if d.Shared() {
			x.stores = append(x.stores, d.Open(t, o), d.Open(t, o))
		}
		for range 3 {
			x.workflows = append(x.workflows, b.Workflow(models.TaskSpec{ID: "OCAC_1"}, models.TaskSpec{ID: "OCAC_2"}))
		}
		var wg sync.WaitGroup
		for n := range 3 {
			wg.Go(func() { x.work(rand.New(rand.NewPCG(1, uint64(n))), x.stores[n%len(x.stores)]) })
			wg.Go(func() { x.meddle(rand.New(rand.NewPCG(2, uint64(n))), x.stores[n%len(x.stores)]) })
		}
		wg.Wait()
		x.settle()
		d.Consistent(t)
		x.compare()
		t.Logf("%d runs, %d attempts, %d jobs", len(x.runs), len(x.attempts), x.jobs)
	})
}

const chaosRounds = 60

// work claims and finishes as nodes do, and dies now and then with what it has.
func (x *chaos) work(random *rand.Rand, s *store.Store) {
	node := models.NewID(models.PrefixNode)
	x.try(s.Heartbeat(x.Context(), node, "here"))
	for range chaosRounds {
		o := store.ClaimOptions{Node: node, Limit: 1 + random.IntN(8), Suspects: random.IntN(3) == 0}
		claimed, err := s.Claim(x.Context(), o)
		x.try(err)
		if len(claimed) > o.Limit {
			x.Errorf("claimed %d; want at most %d", len(claimed), o.Limit)
		}
		switch random.IntN(8) {
		case 0: // dies
			node = models.NewID(models.PrefixNode)
			x.try(s.Heartbeat(x.Context(), node, "here"))
			continue
		case 1: // ends in order
			x.try(s.Leave(x.Context(), node))
			continue
		case 2:
			_, err := s.TakeOver(x.Context(), node, x.clock.Now())
			x.try(err)
		case 3:
			x.workOnJob(random, s, node, random.IntN(3) == 0)
		}
		for _, c := range claimed {
			x.step(random, s, c)
		}
		x.clock.Advance(time.Duration(random.IntN(400)) * time.Millisecond)
		_, _, err = s.PromoteDue(x.Context())
		x.try(err)
	}
	x.try(s.Leave(x.Context(), node))
}

// step takes a claimed run as far as chance wants.
func (x *chaos) step(random *rand.Rand, s *store.Store, c store.Claimed) {
	switch {
	case c.Canceled:
		x.write(s, storetest.Finish(c, store.Next{State: store.NextDone, Status: models.RunCanceled}))
		return
	case c.Off:
		x.write(s, storetest.Finish(c, store.Next{State: store.NextHold, Hold: models.HoldOff}))
		return
	}
	number := map[string]int{}
	for _, a := range c.Attempts {
		number[a.TaskID] = max(number[a.TaskID], a.Number)
		if a.Result.Final() {
			number[a.TaskID] = -1
		}
	}
	for _, task := range []string{"OCAC_1", "OCAC_2"} {
		if number[task] < 0 {
			continue
		}
		a := x.Attempt(c.Run.ID, task, number[task]+1, models.AttemptSucceeded)
		next := store.Next{State: store.NextContinue}
		until := x.clock.Now().Add(time.Duration(random.IntN(2000)) * time.Millisecond)
		switch random.IntN(7) {
		case 0:
			a.Result, next = models.AttemptRetried, store.Next{State: store.NextWait, Until: until}
		case 1:
			next = onHost("https://slow", until)
			a.Result, a.Charged = models.AttemptRetried, false
		case 2:
			x.write(s, storetest.Finish(c, store.Next{State: store.NextRelease}))
			return
		case 3:
			a.Result, next = models.AttemptFailed, store.Next{State: store.NextDone, Status: models.RunFailed, Error: `{"key":"x"}`}
		case 4: // somebody frees it as astray; what is written then must not count
			_, err := s.FreeStale(x.Context(), "", []int64{0}, x.clock.Now())
			x.try(err)
		}
		if task == "OCAC_2" && next.State == store.NextContinue {
			next = succeeded()
		}
		if f := x.write(s, storetest.Finish(c, next, a)); f.Fenced || f.Next.State != store.NextContinue {
			return
		} else if f.Canceling {
			x.write(s, storetest.Finish(c, store.Next{State: store.NextDone, Status: models.RunCanceled}))
			return
		}
	}
	x.write(s, storetest.Finish(c, succeeded())) // both tasks were done before
}

func (x *chaos) write(s *store.Store, f *store.Finish) *store.Finish {
	attempts := slices.Clone(f.Attempts)
	x.try(s.Finish(f))
	x.mu.Lock()
	defer x.mu.Unlock()
	if !f.Fenced {
		for _, a := range attempts {
			if _, twice := x.attempts[a]; twice {
				x.Errorf("the attempt %+v was confirmed twice", a)
			}
			x.attempts[a] = struct{}{}
		}
	}
	return f
}

// meddle does what people do.
func (x *chaos) meddle(random *rand.Rand, s *store.Store) {
	for range chaosRounds {
		w := x.workflows[random.IntN(len(x.workflows))]
		switch random.IntN(10) {
		case 0, 1, 2, 3:
			x.accept(s, w)
		case 4:
			x.try(s.CancelRun(x.Context(), x.Actor, x.any(random)))
		case 5:
			x.try(s.PlayRun(x.Context(), x.Actor, x.any(random)))
		case 6:
			x.try(s.SetWorkflowEnabled(x.Context(), x.Actor, w.ID, random.IntN(3) > 0))
		case 7:
			x.replay(s, x.any(random))
		case 8:
			_, err := s.ReleaseHost(x.Context(), "https://slow", 3)
			x.try(err)
		case 9:
			x.ask(random, s)
		}
	}
}

// What the jobs of the test do with the runs that their params name.
const (
	chaosCancel = "cancel"
	chaosPlay   = "play"
	chaosReplay = "replay"
)

// ask asks for something to be done with many runs.
func (x *chaos) ask(random *rand.Rand, s *store.Store) {
	params := []string{[]string{chaosCancel, chaosPlay, chaosReplay}[random.IntN(3)]}
	for range 5 + random.IntN(10) {
		if id := x.any(random); id != "" {
			params = append(params, id)
		}
	}
	if len(params) == 1 {
		return
	}
	j := &models.Job{Kind: "chaos", Params: strings.Join(params, " "), Total: int64(len(params) - 1)}
	x.try(s.CreateJob(x.Context(), x.Actor, j))
	x.mu.Lock()
	defer x.mu.Unlock()
	x.jobs++
	if random.IntN(6) == 0 {
		x.try(s.CancelJob(x.Context(), x.Actor, j.ID))
	}
}

// workOnJob takes a job and steps on until it ends, or dies within it. It reports whether there was one.
func (x *chaos) workOnJob(random *rand.Rand, s *store.Store, node string, dies bool) bool { //nolint:revive // a choice of chance
	c, err := s.ClaimJob(x.Context(), node)
	x.try(err)
	if c == nil {
		return false
	}
	for {
		if dies && random.IntN(3) == 0 {
			return true
		}
		var made []string
		state, err := s.StepJob(x.Context(), c, func(ctx context.Context, tx *store.Store, j *models.Job) (next store.JobNext, err error) {
			made, next, err = x.stepJob(ctx, tx, j)
			return next, err
		})
		x.try(err)
		if err != nil {
			return true
		}
		for _, id := range made {
			x.add(id)
		}
		if state != store.JobGoesOn {
			return true
		}
	}
}

// stepJob does a part of a job, three runs at a time, and gives the replays that it makes.
func (x *chaos) stepJob(ctx context.Context, tx *store.Store, j *models.Job) (made []string, next store.JobNext, err error) {
	params := strings.Fields(j.Params)
	at, _ := strconv.Atoi(j.Cursor)
	ids := params[1:][at:min(at+3, len(params)-1)]
	j.Cursor = strconv.Itoa(at + len(ids))
	j.Done += int64(len(ids))
	chosen, err := tx.ChosenRuns(ctx, x.Actor, ids)
	if err != nil {
		return nil, next, err
	}
	var runs []models.Run
	workflows := map[string]string{}
	for _, r := range chosen {
		workflows[r.ID] = r.WorkflowID
		if r.Status == models.RunOpen {
			continue
		}
		run := r.Run
		run.ID, run.ReplayOf, run.CreatedAt = models.NewOrderedID(models.PrefixRun, x.clock.Now()), &r.ID, x.clock.Now()
		run.Status, run.Error, run.Attempts, run.FinishedAt = models.RunOpen, "", 0, nil
		runs = append(runs, run)
	}
	switch params[0] {
	case chaosCancel:
		_, _, err = tx.CancelRuns(ctx, ids)
	case chaosPlay:
		_, err = tx.PlayRuns(ctx, workflows)
	case chaosReplay:
		for _, r := range runs {
			made = append(made, r.ID)
		}
		err = tx.AddRuns(ctx, nil, runs, nil)
	}
	next.Done = int(j.Done) == len(params)-1
	return made, next, err
}

func (x *chaos) accept(s *store.Store, w *models.Workflow) {
	rev, err := s.LiveRev(x.Context(), x.Survey.ID)
	x.try(err)
	a := &store.Acceptance{Response: x.Response(), SurveyRev: rev}
	a.Event = x.Event(a.Response)
	a.Runs = []models.Run{x.Run(a.Event, w)}
	if err := s.Accept(a); err == nil {
		x.add(a.Runs[0].ID)
	} else if err != store.ErrStale { //nolint:errorlint // Accept gives it as it is
		x.Error(err)
	}
}

func (x *chaos) replay(s *store.Store, id string) {
	if id == "" {
		return
	}
	old, err := s.Run(x.Context(), x.Actor, id)
	x.try(err)
	if err != nil || old.Status == models.RunOpen {
		return
	}
	run := old.Run
	run.ID, run.ReplayOf, run.CreatedAt = models.NewOrderedID(models.PrefixRun, x.clock.Now()), &old.ID, x.clock.Now()
	run.Status, run.Error, run.Attempts, run.FinishedAt = models.RunOpen, "", 0, nil
	carried := models.Attempt{RunID: run.ID, TaskID: "OCAC_1", Number: 1, Result: models.AttemptCarried, StartedAt: x.clock.Now()}
	x.try(s.Accept(&store.Acceptance{Runs: []models.Run{run}, Carried: []models.Attempt{carried}}))
	x.add(run.ID)
}

func (x *chaos) add(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.runs = append(x.runs, id)
}

// any gives an accepted run; empty before the first.
func (x *chaos) any(random *rand.Rand) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.runs) == 0 {
		return ""
	}
	return x.runs[random.IntN(len(x.runs))]
}

// try takes down errors that nobody may see. A run that has ended, or is not there, is answered so.
func (x *chaos) try(err error) {
	x.Helper()
	if code := models.ErrorCode(err); err != nil && code != models.CodeConflict && code != models.CodeNotFound {
		x.Error(err)
	}
}

// settle turns all on and works in order until nothing is left.
func (x *chaos) settle() {
	x.Helper()
	for _, w := range x.workflows {
		x.Check(x.Store.SetWorkflowEnabled(x.Context(), x.Actor, w.ID, true))
	}
	random := rand.New(rand.NewPCG(3, 3))
	storetest.Eventually(x, storetest.Patience, "every run ends", func() bool {
		_, err := x.Store.TakeOver(x.Context(), "ND_last", x.clock.Advance(time.Minute))
		x.Check(err)
		_, _, err = x.Store.PromoteDue(x.Context())
		x.Check(err)
		for _, suspects := range []bool{false, true} {
			for _, c := range x.claim(store.ClaimOptions{Node: "ND_last", Limit: 50, Suspects: suspects}) {
				x.step(random, x.Store, c)
			}
		}
		for x.workOnJob(random, x.Store, "ND_last", false) {
		}
		return count(x, x.d, "SELECT COUNT(*) FROM queue") == 0
	})
}

// compare checks that the runs and attempts on disk are the confirmed ones.
func (x *chaos) compare() {
	x.Helper()
	if n := count(x, x.d, "SELECT COUNT(*) FROM runs WHERE status <> 'open'"); n != len(x.runs) {
		x.Errorf("%d runs have ended; want the %d that were accepted", n, len(x.runs))
	}
	if n := count(x, x.d, "SELECT COUNT(*) FROM jobs WHERE status = 'canceled' OR status = 'succeeded' AND done = total"); n != x.jobs {
		x.Errorf("%d jobs have ended as they should; want the %d that were asked for", n, x.jobs)
	}
	if n := count(x, x.d, "SELECT COUNT(*) FROM attempts WHERE result <> 'carried'"); n != len(x.attempts) {
		x.Errorf("%d attempts are there; want the %d that were confirmed", n, len(x.attempts))
	}
	for _, id := range x.runs {
		d, err := x.Store.Run(context.Background(), x.Actor, id)
		x.Check(err)
		for _, a := range d.Attempts {
			a.StartedAt = a.StartedAt.UTC()
			if a.Error != nil && models.DecodeRunError(*a.Error).Key == models.PlayedKey {
				a.Error = nil // somebody played the run while it waited, after the attempt was confirmed
			}
			if _, ok := x.attempts[a]; !ok && a.Result != models.AttemptCarried {
				x.Errorf("the attempt %+v was never confirmed", a)
			}
		}
	}
}
