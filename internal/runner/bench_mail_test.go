package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// BenchmarkMailingMany tells how mail leaves for the contacts of a list (5,000, or what PEOPLE says), to a real mail server: how long until
// all are queued, how many leave a second at the usual pace, how many without any pause over all of them (or as many as MAILS says), early
// and late, and how much memory that takes.
func BenchmarkMailingMany(b *testing.B) {
	number := func(name string, normal int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return normal
	}
	people := number("PEOPLE", 5_000)
	mails := min(number("MAILS", people), people)
	for name, d := range map[string]func(testing.TB) storetest.Database{"SQLite": storetest.NewSQLite, "PostgreSQL": storetest.NewPostgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				measureMails(b, d(b).Open(b, storetest.Options{}), people, mails)
			}
		})
	}
}

func measureMails(b *testing.B, s *store.Store, people, mails int) {
	b.Helper()
	in := storetest.NewInstance(b, s, clock.System{})
	c := &models.Collector{Type: models.CollectorEmail, Name: "Mail"}
	in.Check(s.CreateCollector(b.Context(), in.Actor, in.Survey.ID, c))
	for from := 0; from < people; from += 1000 {
		writes := make([]store.ContactWrite, min(1000, people-from))
		for i := range writes {
			writes[i] = store.ContactWrite{Contact: models.Contact{Email: fmt.Sprintf("p%d@example.com", from+i), FirstName: "Ada"}, Merge: models.MergeNone}
		}
		_, err := s.PutContacts(b.Context(), in.Actor, *c.ListID, writes)
		in.Check(err)
	}
	began := time.Now()
	in.Check(s.SetCollectorOpen(b.Context(), in.Actor, in.Survey.ID, c.ID, true))
	claimed, err := s.ClaimJob(b.Context(), "ND_1")
	in.Check(err)
	for state := store.JobGoesOn; state == store.JobGoesOn; {
		state, err = s.StepJob(b.Context(), claimed, store.InviteJob)
		in.Check(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "queued-s")

	var sent atomic.Int64
	server := mailtest.New(b, mailtest.Options{Forget: true, At: func(at mailtest.Stage) error {
		if at == mailtest.StageData {
			sent.Add(1)
		}
		return nil
	}})
	sealer, err := secret.Open(b.Context(), s, [][]byte{bytes.Repeat([]byte("k"), 32)}, clock.System{})
	in.Check(err)
	base, err := link.NewBase("http://app.example.com", "")
	in.Check(err)
	outbox := mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: clock.System{}, Sending: true})
	service := distribution.New(distribution.Options{Store: s, Outbox: outbox, Base: base, Clock: clock.System{}})
	sender := mail.NewSender(mail.SenderOptions{URL: server.URL(), From: "surveys@example.com", Sealer: sealer, Clock: clock.System{}, Roots: server.Roots})
	work := func(hurry bool, until int64) time.Duration {
		r := runner.New(runner.Options{Store: s, Types: task.NewRegistry(), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Workers: 4, Outbox: outbox, Mail: sender})
		if hurry {
			r.HurryMails()
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); in.Check(r.Run(ctx)) }()
		go service.Run(ctx)
		from := time.Now()
		storetest.Eventually(b, time.Hour, "mails have left", func() bool { return sent.Load() >= until })
		took := time.Since(from)
		cancel()
		<-done
		return took
	}
	paced := min(int64(mails)/10, 200)
	b.ReportMetric(float64(paced)/work(false, paced).Seconds(), "paced/s")
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, first := heap(), sent.Load()
	tenth := (int64(mails) - first) / 10
	early := work(true, first+tenth)
	rest := work(true, int64(mails)-tenth)
	last := sent.Load()
	late := work(true, int64(mails))
	b.ReportMetric(float64(tenth)/early.Seconds(), "first/s")
	b.ReportMetric(float64(int64(mails)-last)/late.Seconds(), "last/s")
	b.ReportMetric(float64(int64(mails)-first)/(early+rest+late).Seconds(), "all/s")
	b.ReportMetric(heap()-before, "MB-more")
	if n := sent.Load(); n < int64(mails) {
		b.Fatalf("%d mails; want %d", n, mails)
	}
}
