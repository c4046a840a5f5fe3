package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// ids gives the runs of a list, over all its pages.
func (b *working) ids(a models.Actor, f store.RunFilter) []string {
	b.Helper()
	var all []string
	for {
		rows, next, err := b.Store.Runs(b.Context(), a, f)
		b.Check(err)
		for _, r := range rows {
			all = append(all, r.ID)
		}
		if next == "" {
			return all
		}
		f.Before = next
	}
}

// person accepts a completed response of somebody and gives its run.
func (b *working) person(w *models.Workflow, name, email string) models.Run {
	b.Helper()
	a := b.Completed(w)
	if name != "" {
		a.Runs[0].PersonName = &name
		if _, last, ok := strings.Cut(name, " "); ok {
			a.Runs[0].PersonLast = &last
		}
	}
	if email != "" {
		a.Runs[0].PersonEmail = &email
	}
	b.Check(b.Store.Accept(a))
	return a.Runs[0]
}

func TestPagesOfRunsAreCompleteWhileOthersCome(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		var want []string
		for range 57 {
			want = append(want, b.Accept(b.w, 1)...)
			b.clock.Advance(time.Millisecond)
		}
		for n, c := range b.claim(store.ClaimOptions{Limit: 40}) { // of every status
			switch n % 4 {
			case 0:
				b.finish(c, succeeded())
			case 1:
				b.finish(c, store.Next{State: store.NextDone, Status: models.RunFailed, Error: `{"key":"x"}`})
			case 2:
				b.Check(b.Store.CancelRun(t.Context(), b.Actor, c.Run.ID))
				b.finish(c, store.Next{State: store.NextRelease})
			}
		}
		slices.Reverse(want) // the newest first
		var got []string
		f := store.RunFilter{Page: store.Page{Limit: 5}}
		for {
			rows, next, err := b.Store.Runs(t.Context(), b.Actor, f)
			b.Check(err)
			for _, r := range rows {
				got = append(got, r.ID)
			}
			b.clock.Advance(time.Millisecond)
			b.Accept(b.w, 2)
			if next == "" {
				break
			}
			f.Before = next
		}
		if !slices.Equal(got, want) {
			t.Errorf("the pages have %d runs; want the %d of the beginning, each once, the newest first", len(got), len(want))
		}
	})
}

func TestRunsAreFilteredByTheStatusThatPeopleSee(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		want := map[models.RunStatus][]string{}
		add := func(s models.RunStatus, ids ...string) { want[s] = append(want[s], ids...) }
		for _, c := range func() []store.Claimed { b.Accept(b.w, 5); return b.claim(store.ClaimOptions{}) }() {
			switch len(want) {
			case 0:
				b.finish(c, succeeded())
				add(models.RunSucceeded, c.Run.ID)
			case 1:
				b.finish(c, store.Next{State: store.NextDone, Status: models.RunFailed, Error: `{"key":"x"}`})
				add(models.RunFailed, c.Run.ID)
			case 2:
				b.finish(c, store.Next{State: store.NextWait, Until: b.clock.Now().Add(time.Hour)})
				add(models.RunScheduled, c.Run.ID)
			case 3:
				add(models.RunRunning, c.Run.ID)
			default:
				b.Check(b.Store.CancelRun(t.Context(), b.Actor, c.Run.ID))
				b.finish(c, store.Next{State: store.NextRelease})
				add(models.RunCanceled, c.Run.ID)
			}
		}
		add(models.RunScheduled, b.Accept(b.w, 1)...)
		counts, err := b.Store.RunCounts(t.Context(), b.Actor, store.RunFilter{From: noon.Add(-time.Hour), WorkflowID: b.w.ID})
		b.Check(err)
		for _, s := range models.RunStatuses {
			got := b.ids(b.Actor, store.RunFilter{Status: s})
			slices.Sort(got)
			slices.Sort(want[s])
			if !slices.Equal(got, want[s]) || counts[s] != int64(len(got)) {
				t.Errorf("%s: %v, counted %d; want %v", s, got, counts[s], want[s])
			}
			for _, id := range got {
				if shown := b.status(id); shown != s {
					t.Errorf("%s is listed as %s and shown as %s", id, s, shown)
				}
			}
		}
		if all := b.ids(b.Actor, store.RunFilter{}); len(all) != 6 {
			t.Errorf("%d runs of any status; want 6", len(all))
		}
		last, err := b.Store.LastRuns(t.Context(), b.w.ID)
		if all := b.ids(b.Actor, store.RunFilter{}); err != nil || last[b.w.ID].ID != all[0] {
			t.Errorf("the last run is %s, %v; want %s", last[b.w.ID].ID, err, all[0])
		}
	})
}

func TestRunsAreFoundByWhomTheyConcern(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		ada := b.person(b.w, "ada lovelace", "ada@example.com")
		b.clock.Advance(time.Millisecond)
		grace := b.person(b.w, "grace brewster hopper", "hopper_1@navy.example")
		b.clock.Advance(time.Millisecond)
		noname := b.person(b.w, "", "öhler@example.com")
		b.person(b.w, "", "")
		look := func(search string, want []string) {
			t.Helper()
			for _, f := range []store.RunFilter{
				{}, {Status: models.RunScheduled}, {WorkflowID: b.w.ID}, {SurveyID: b.Survey.ID, Status: models.RunScheduled}, {From: noon, To: noon.Add(time.Hour)},
			} {
				f.Search = search
				if got := b.ids(b.Actor, f); !slices.Equal(got, want) {
					t.Errorf("%q finds %v; want %v", search, got, want)
				}
				if n, err := b.Store.CountRuns(t.Context(), b.Actor, f); err != nil || n != int64(len(want)) {
					t.Errorf("%q counts %d, %v; want %d", search, n, err, len(want))
				}
			}
			for _, f := range []store.RunFilter{{Status: models.RunFailed}, {Ended: true}, {Status: models.RunRunning}, {From: noon.Add(time.Hour)}} {
				f.Search = search
				if got := b.ids(b.Actor, f); len(got) != 0 {
					t.Errorf("%q finds %v of another status or period", search, got)
				}
			}
		}
		for search, want := range map[string][]string{
			"Ada": {ada.ID}, "LOVE": {ada.ID}, "hop": {grace.ID}, "brew": {grace.ID}, "ada@ex": {ada.ID}, "Öhl": {noname.ID},
			"hopper_1": {grace.ID}, "hopperx1": nil, "elace": nil, "example": nil, "ada%": nil, "a l": nil, "ada lov": {ada.ID}, `ada\`: nil,
		} {
			b.Store.SetManyRuns(1000)
			look(search, want)
			b.Store.SetManyRuns(1) // as where very many match
			look(search, want)
		}
		if _, _, err := b.Store.Runs(t.Context(), b.Actor, store.RunFilter{Search: "öh"}); models.ErrorCode(err) != models.CodeInvalid {
			t.Errorf("two characters: %v; want invalid", err)
		}
	})
}

func TestRunsAreFilteredByPeriodWorkflowSurveyAndResponse(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		first := b.Accept(b.w, 1)[0]
		b.clock.Advance(time.Hour)
		a := b.Completed(b.w, b.Workflow())
		b.Check(b.Store.Accept(a))
		two := []string{a.Runs[0].ID, a.Runs[1].ID}
		slices.Sort(two)
		slices.Reverse(two)
		v, _ := b.NewSurvey(b.Actor)
		foreign := b.WorkflowOf(b.Actor, v)
		b.clock.Advance(time.Hour)
		elsewhere := b.Run(b.Event(b.Response()), foreign)
		e := b.Event(b.Response())
		elsewhere.EventID = e.ID
		b.Check(b.Store.Accept(&store.Acceptance{Event: e, Runs: []models.Run{elsewhere}}))
		for name, c := range map[string]struct {
			f    store.RunFilter
			want []string
		}{
			"from":     {store.RunFilter{From: noon.Add(time.Minute), To: noon.Add(90 * time.Minute)}, two},
			"exact":    {store.RunFilter{From: noon, To: noon.Add(time.Hour)}, []string{first}},
			"workflow": {store.RunFilter{WorkflowID: b.w.ID}, []string{a.Runs[0].ID, first}},
			"survey":   {store.RunFilter{SurveyID: v.ID}, []string{elsewhere.ID}},
			"response": {store.RunFilter{ResponseID: a.Response.ID}, two},
			"all":      {store.RunFilter{SurveyID: b.Survey.ID, WorkflowID: b.w.ID, Status: models.RunScheduled, To: noon.Add(time.Minute)}, []string{first}},
		} {
			if got := b.ids(b.Actor, c.f); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v; want %v", name, got, c.want)
			}
		}
	})
}

func TestMembersSeeTheRunsOfTheirOwnWorkflows(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		bob := b.User("bob@example.com", models.RoleMember)
		v, _ := b.NewSurvey(bob)
		theirs := b.WorkflowOf(bob, v)
		mine, own := b.Accept(b.w, 1)[0], b.Accept(theirs, 1)[0]
		if got := b.ids(bob, store.RunFilter{}); !slices.Equal(got, []string{own}) {
			t.Errorf("the member sees %v; want %v", got, own)
		}
		if got := b.ids(b.Actor, store.RunFilter{}); len(got) != 2 {
			t.Errorf("the brand admin sees %d; want 2", len(got))
		}
		if _, err := b.Store.Run(t.Context(), bob, own); err != nil {
			t.Error(err)
		}
		_, err := b.Store.Run(t.Context(), bob, mine)
		for what, err := range map[string]error{
			"read": err, "cancel": b.Store.CancelRun(t.Context(), bob, mine), "play": b.Store.PlayRun(t.Context(), bob, mine),
		} {
			if models.ErrorCode(err) != models.CodeNotFound {
				t.Errorf("%s another's run: %v; want not found", what, err)
			}
		}
		stranger := models.Actor{OrgID: "other", UserID: bob.UserID, Role: models.RoleBrandAdmin}
		if got := b.ids(stranger, store.RunFilter{}); len(got) != 0 {
			t.Errorf("another organisation sees %v", got)
		}
	})
}

func TestPurgeRemovesWhatEndedBeforeAndNothingElse(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(noon)
		b := &working{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c), d: d, clock: c}
		b.w = b.Workflow()
		attempt := func(k store.Claimed) models.Attempt {
			return b.Attempt(k.Run.ID, "OCAC_1", 1, models.AttemptSucceeded)
		}
		var many []*store.Acceptance
		for range 620 { // more than one batch of the purge
			many = append(many, b.Completed(b.w))
		}
		b.Check(errors.Join(b.Store.AcceptTogether(t.Context(), many...)...))
		var ends []*store.Finish
		for _, k := range b.claim(store.ClaimOptions{Limit: 1000}) {
			ends = append(ends, storetest.Finish(k, succeeded(), attempt(k)))
		}
		b.Check(errors.Join(b.Store.FinishTogether(t.Context(), ends...)...))
		waiting := b.Accept(b.w, 1)[0]
		late := b.Completed(b.w)
		b.Check(b.Store.Accept(late))
		shared := b.Completed(b.w)
		b.Check(b.Store.Accept(shared))
		for _, k := range b.claim(store.ClaimOptions{}) {
			switch k.Run.ID {
			case waiting:
				b.finish(k, store.Next{State: store.NextWait, Until: noon.Add(1000 * time.Hour)})
			case shared.Runs[0].ID:
				b.finish(k, succeeded(), attempt(k))
			default: // ends only after the cutoff
				c.Advance(2 * time.Hour)
				b.finish(k, succeeded(), attempt(k))
				c.Advance(-2 * time.Hour)
			}
		}
		c.Advance(2 * time.Hour)
		replay := b.Run(shared.Event, b.w)
		replay.ID, replay.ReplayOf, replay.CreatedAt = models.NewOrderedID(models.PrefixRun, c.Now()), &shared.Runs[0].ID, c.Now()
		b.Check(b.Store.Accept(&store.Acceptance{Runs: []models.Run{replay}}))

		var steps []int
		for {
			n, err := b.Store.Purge(t.Context(), b.Actor.OrgID, noon.Add(time.Hour))
			b.Check(err)
			if n == 0 {
				break
			}
			steps = append(steps, n)
		}
		if fmt.Sprint(steps) != "[500 121]" {
			t.Errorf("purged %v; want 621 in two steps", steps)
		}
		left := b.ids(b.Actor, store.RunFilter{})
		want := []string{replay.ID, waiting, late.Runs[0].ID}
		slices.Sort(left)
		slices.Sort(want)
		if !slices.Equal(left, want) {
			t.Errorf("left are %v; want %v", left, want)
		}
		for query, want := range map[string]int{
			"SELECT COUNT(*) FROM attempts": 1, "SELECT COUNT(*) FROM events": 3, "SELECT COUNT(*) FROM responses": 623, "SELECT COUNT(*) FROM queue": 2,
			"SELECT COUNT(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.event_id = e.id)": 0,
		} {
			if n := count(t, d, query); n != want {
				t.Errorf("%s = %d; want %d", query, n, want)
			}
		}
		if n, err := b.Store.Purge(t.Context(), "other", noon.Add(time.Hour)); err != nil || n != 0 {
			t.Errorf("purged %d of another organisation, %v", n, err)
		}
	})
}

// The purge and those who make and end runs do not stand in each other's way.
func TestPurgeBesideTheWork(t *testing.T) {
	t.Parallel()
	eachWorking(t, func(t *testing.T, b *working) {
		var wg sync.WaitGroup
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := b.Store.Purge(t.Context(), b.Actor.OrgID, noon.Add(-time.Hour)); err != nil {
					t.Error(err)
				}
			}
		})
		for range 10 {
			b.Accept(b.w, 5)
			for _, k := range b.claim(store.ClaimOptions{}) {
				b.finish(k, succeeded())
			}
		}
		close(stop)
		wg.Wait()
	})
}
