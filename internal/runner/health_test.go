package runner_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// moody is a task that does what the test says.
func moody(t *testing.T) (*atomic.Int32, models.TaskSpec) {
	t.Helper()
	mood := new(atomic.Int32)
	return mood, does(t, func(context.Context, task.Input) task.Outcome {
		r := task.Result(mood.Load())
		o := task.Outcome{Result: r}
		switch r {
		case task.Done:
		case task.Gone:
			o.Error = &models.RunError{Key: task.ErrorGone}
		default:
			o.Error = &models.RunError{Key: "run.error.unknown"}
		}
		return o
	})
}

// notify lets people be told of the workflow's failures.
func (b *bench) notify(recipients ...string) {
	b.Helper()
	b.Check(b.Store.ChangeNotifications(b.Context(), b.Actor, b.workflow.ID, func(n *models.Notifications) error {
		*n = models.Notifications{Enabled: true, Recipients: recipients}
		return nil
	}))
}

func (b *bench) reload() *models.Workflow {
	b.Helper()
	w, err := b.Store.Workflow(b.Context(), b.Actor, b.workflow.ID)
	b.Check(err)
	return w
}

// accept takes in a response as the live survey would now.
func (b *bench) accept(text string) string {
	b.Helper()
	w := b.reload()
	b.live.Off = ""
	if w.OffByItself() {
		b.live.Off = w.OffReason
	}
	return b.complete(text)
}

func TestAWorkflowSwitchesItselfOffAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		mood, spec := moody(t)
		b := newBenchOn(t, d, spec)
		b.Check(b.Store.SetOffAfter(t.Context(), b.Actor, b.workflow.ID, 4))
		b.notify("boss@example.com")
		server := mailtest.New(t, mailtest.Options{})
		b.work(b.mails(server, true))
		mood.Store(int32(task.Failed))
		for range 3 {
			b.run(b.accept("x"), models.RunFailed)
		}
		storetest.Eventually(t, storetest.Patience, "people hear that it failed", func() bool { return len(server.Received()) == 1 })
		b.clock.Advance(time.Second)
		mood.Store(int32(task.Done))
		b.run(b.accept("x"), models.RunSucceeded)
		storetest.Eventually(t, storetest.Patience, "people hear that it is well", func() bool { return len(server.Received()) == 2 })
		mood.Store(int32(task.Failed))
		for range 3 {
			b.run(b.accept("x"), models.RunFailed)
		}
		if w := b.reload(); !w.Enabled {
			t.Fatalf("off because of %s after 3 in a row", w.OffReason)
		}
		b.run(b.accept("x"), models.RunFailed)
		w := b.reload()
		if why := models.DecodeRunError(w.OffReason); w.Enabled || why == nil || why.Key != "workflow.off.failures" || w.OffAt == nil || !w.OffByItself() {
			t.Fatalf("%+v; want it off, with the reason", w)
		}
		// What comes meanwhile is held, not lost.
		var held []string
		for range 3 {
			held = append(held, b.accept("meanwhile"))
		}
		for _, id := range held {
			r := b.run(id, models.RunScheduled)
			if *r.Hold != models.HoldOff || *r.HoldReason != w.OffReason || r.DueAt != nil || len(r.Attempts) != 0 {
				t.Errorf("%+v; want it held with the reason and without a deadline", r.RunRow)
			}
		}
		storetest.Eventually(t, storetest.Patience, "the mails arrive", func() bool { return len(server.Received()) == 3 })
		for i, want := range []string{"failed", "works again", "switched itself off"} { // its second time of failing is within the hour
			if got := server.Received()[i].Data; !strings.Contains(got, want) {
				t.Errorf("mail %d does not say %q:\n%s", i, want, got)
			}
		}
		mood.Store(int32(task.Done))
		b.Check(b.Store.SetWorkflowEnabled(t.Context(), b.Actor, w.ID, true))
		for _, id := range held {
			b.run(id, models.RunSucceeded)
		}
		b.clock.Advance(2 * time.Hour)
		mood.Store(int32(task.Failed)) // one failure more is not the fifth in a row
		b.run(b.accept("x"), models.RunFailed)
		if w := b.reload(); !w.Enabled {
			t.Error("it switched itself off at once")
		}
	})
}

func TestAReceiverThatIsGoneSwitchesTheWorkflowOff(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		mood, spec := moody(t)
		b := newBenchOn(t, d, spec)
		b.work(b.mails(nil, false))
		mood.Store(int32(task.Gone))
		b.run(b.accept("x"), models.RunFailed)
		w := b.reload()
		if why := models.DecodeRunError(w.OffReason); w.Enabled || why == nil || why.Key != "workflow.off.gone" {
			t.Fatalf("%+v", w)
		}
		storetest.Eventually(t, storetest.Patience, "its owner hears of it before somebody turns it on, though nobody wants mails", func() bool {
			all, _, err := b.Store.Notifications(t.Context(), b.Actor, store.Page{})
			return err == nil && len(all) == 1 && all[0].Kind == models.NotifyWorkflowOff
		})
		held := []string{b.accept("y"), b.accept("z")}
		canceled, err := b.Store.TurnOnCanceling(t.Context(), b.Actor, w.ID)
		if err != nil || canceled != 2 {
			t.Errorf("%d canceled, %v", canceled, err)
		}
		for _, id := range held {
			b.run(id, models.RunCanceled)
		}
	})
}

func TestAWorkflowSwitchesItselfOffAfterThreeDaysOfNothingButFailures(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		mood, spec := moody(t)
		spec.Retry = &models.RetrySpec{Delays: []string{"P7D"}}
		b := newBenchOn(t, d, spec)
		b.Check(b.Store.SetOffAfter(t.Context(), b.Actor, b.workflow.ID, 0))
		b.work(runner.Options{})
		mood.Store(int32(task.Retry)) // failed tries count, though their runs go on
		for range 6 {                 // 60 h, each 12 h one
			b.run(b.accept("x"), models.RunScheduled)
			b.clock.Advance(12 * time.Hour)
		}
		if !b.reload().Enabled {
			t.Fatal("off too early")
		}
		b.run(b.accept("x"), models.RunScheduled)
		storetest.Eventually(t, storetest.Patience, "it is off", func() bool {
			w := b.reload()
			return !w.Enabled && models.DecodeRunError(w.OffReason).Key == "workflow.off.days"
		})
	})
}

func TestFailuresNowAndThenSwitchNothingOff(t *testing.T) {
	t.Parallel()
	mood, spec := moody(t)
	b := newBench(t, spec)
	b.work(runner.Options{})
	mood.Store(int32(task.Failed))
	for range 3 {
		b.run(b.accept("x"), models.RunFailed)
		b.clock.Advance(models.OffAfterFailing + time.Hour)
	}
	if w := b.reload(); !w.Enabled {
		t.Errorf("off because of %s", w.OffReason)
	}
}

// Two nodes see the same failures and tell them once; a node that dies between the fact and the mail leaves it to the next.
// A person who wants to hear nothing of failed runs is not told, whoever else is.
func TestWhoChoseSoIsNotToldOfFailedRuns(t *testing.T) {
	t.Parallel()
	mood, spec := moody(t)
	b := newBench(t, spec)
	mood.Store(int32(task.Failed))
	other := b.User("other@example.com", models.RoleMember)
	b.notify("ada@example.com", "other@example.com")
	none := []models.NoticeChoice{{Kind: models.NoticeRunFailed}}
	b.Check(b.Store.SetNoticeChoices(t.Context(), b.Actor, "", none))
	b.work(b.mails(nil, true))
	b.run(b.complete("x"), models.RunFailed)
	told := func(a models.Actor) int {
		all, _, err := b.Store.Notifications(t.Context(), a, store.Page{})
		b.Check(err)
		return len(all)
	}
	storetest.Eventually(t, 2*time.Minute, "the other is told", func() bool { return told(other) == 1 })
	if n := told(b.Actor); n != 0 { // what all are told is written in one transaction
		t.Errorf("the owner is told of %d things", n)
	}
	counts, err := b.Store.MailCounts(t.Context(), b.Actor)
	if err != nil || counts[models.MailQueued] != 1 {
		t.Errorf("the mails are %v, %v; want one", counts, err)
	}
}

func TestNewsAreToldOnceByWhoeverWorks(t *testing.T) {
	t.Parallel()
	d := storetest.NewPostgres(t)
	mood, spec := moody(t)
	b := newBenchOn(t, d, spec)
	b.notify()
	mood.Store(int32(task.Failed))
	stop := b.work(runner.Options{}) // it tells nobody
	for range 5 {
		b.run(b.complete("x"), models.RunFailed)
	}
	stop()
	o := b.mails(nil, true)
	for range 3 {
		again := o
		again.Store = d.Open(t, storetest.Options{Clock: b.clock})
		b.work(again)
	}
	told := func() (int64, int) {
		counts, err := b.Store.MailCounts(t.Context(), b.Actor)
		b.Check(err)
		all, _, err := b.Store.Notifications(t.Context(), b.Actor, store.Page{})
		b.Check(err)
		n := 0
		for _, m := range all {
			n += m.N
		}
		return counts[models.MailQueued], n
	}
	storetest.Eventually(t, storetest.Patience, "it is told", func() bool { mails, n := told(); return mails == 1 && n == 5 })
	for range 5 {
		b.run(b.complete("x"), models.RunFailed)
	}
	storetest.Eventually(t, storetest.Patience, "the rest is counted", func() bool { _, n := told(); return n == 10 })
	if mails, _ := told(); mails != 1 {
		t.Errorf("%d mails", mails)
	}
}

func TestOfAProgramsWorkflowTheBrandAdminsAreTold(t *testing.T) {
	t.Parallel()
	mood, spec := moody(t)
	b := newBench(t, spec)
	mood.Store(int32(task.Failed))
	named, second := b.User("named@example.com", models.RoleMember), b.User("second@example.com", models.RoleBrandAdmin)
	program := &models.User{ID: models.NewID(models.PrefixUser), Email: "crm" + models.ServiceDomain, Role: models.RoleMember, Language: "en", Service: true}
	token := &models.APIToken{ID: models.NewID(models.PrefixToken), Name: "service", Hash: "1", Scope: models.TokenScopeAll}
	b.Check(b.Store.CreateServiceAccount(t.Context(), b.Actor, program, token))
	owner := program.Actor(models.ViaWeb)
	owner.Role, owner.Wide = models.RoleBrandAdmin, true // to make it; it stays a member
	b.workflow = b.WorkflowOf(owner, b.Survey, spec)
	b.live = b.compiled(b.workflow)
	b.notify("named@example.com")
	b.work(b.mails(nil, true))
	b.run(b.complete("x"), models.RunFailed)
	told := func(a models.Actor) int {
		all, _, err := b.Store.Notifications(t.Context(), a, store.Page{})
		b.Check(err)
		return len(all)
	}
	storetest.Eventually(t, 2*time.Minute, "who is named is told", func() bool { return told(named) == 1 })
	if first, other, itself := told(b.Actor), told(second), told(program.Actor(models.ViaWeb)); first != 1 || other != 1 || itself != 0 { // in one transaction
		t.Errorf("the brand admins are told of %d and %d things, the program of %d", first, other, itself)
	}
	counts, err := b.Store.MailCounts(t.Context(), b.Actor)
	if err != nil || counts[models.MailQueued] != 1 {
		t.Errorf("the mails are %v, %v; want one, to who is named", counts, err)
	}
}
