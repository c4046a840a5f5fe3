package store_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// BenchmarkOpeningForMany measures how long a collector with a list of 100,000 takes from being opened until all are queued, and
// how much memory that needs.
func BenchmarkOpeningForMany(b *testing.B) {
	for name, d := range map[string]func(testing.TB) storetest.Database{"SQLite": storetest.NewSQLite, "PostgreSQL": storetest.NewPostgres} {
		b.Run(name, func(b *testing.B) {
			const people = 100_000
			s := d(b).Open(b, storetest.Options{})
			in := storetest.NewInstance(b, s, clock.System{})
			c := &models.Collector{Type: models.CollectorEmail, Name: "Mail"}
			in.Check(s.CreateCollector(b.Context(), in.Actor, in.Survey.ID, c))
			for from := 0; from < people; from += 1000 {
				writes := make([]store.ContactWrite, 1000)
				for i := range writes {
					writes[i] = store.ContactWrite{Contact: models.Contact{Email: fmt.Sprintf("p%d@example.com", from+i)}, Merge: models.MergeNone}
				}
				_, err := s.PutContacts(b.Context(), in.Actor, *c.ListID, writes)
				in.Check(err)
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			began := time.Now()
			in.Check(s.SetCollectorOpen(b.Context(), in.Actor, in.Survey.ID, c.ID, true))
			claimed, err := s.ClaimJob(b.Context(), "ND_1")
			in.Check(err)
			for state := store.JobGoesOn; state == store.JobGoesOn; {
				state, err = s.StepJob(b.Context(), claimed, store.InviteJob)
				in.Check(err)
			}
			b.StopTimer()
			runtime.GC()
			runtime.ReadMemStats(&after)
			counts, err := s.InvitationCounts(b.Context(), c.ID)
			in.Check(err)
			if n := counts[c.ID][models.InvitationQueued]; n != people {
				b.Fatalf("%d queued", n)
			}
			b.ReportMetric(time.Since(began).Seconds(), "s/100k")
			b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "MB-more")
		})
	}
}
