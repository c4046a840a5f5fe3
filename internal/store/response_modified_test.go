package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestAScanByChangesFindsEachResponseOnceInOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, nil)
		begin := s.Now().Add(-24 * time.Hour)
		var want []string
		changed := map[string]time.Time{}
		for n := range 40 {
			r := i.Response()
			r.State = models.ResponseCompleted
			if n%5 == 0 {
				r.State = models.ResponsePartial
			}
			recorded := begin.Add(time.Duration(n) * time.Minute)
			r.StartedAt, r.RecordedAt, r.UpdatedAt, r.ExpiresAt = recorded, &recorded, recorded, nil
			if n%3 == 0 { // changed later, the first of them last
				r.UpdatedAt = begin.Add(time.Duration(200-n) * time.Minute)
			}
			rev, err := s.LiveRev(t.Context(), r.SurveyID)
			i.Check(err)
			i.Check(s.Accept(&store.Acceptance{Response: r, SurveyRev: rev}))
			changed[r.ID] = r.UpdatedAt
			want = append(want, r.ID)
		}
		slices.SortFunc(want, func(a, b string) int { return changed[a].Compare(changed[b]) })
		read := func(ctx context.Context, q store.ResponseScan) []string {
			t.Helper()
			q.SurveyID, q.Modified, q.Limit = i.Survey.ID, true, 7
			var got []string
			for {
				all, place, err := s.ScanResponses(ctx, q)
				i.Check(err)
				for _, r := range all {
					got = append(got, r.ID)
				}
				if len(all) < q.Limit {
					return got
				}
				q.After = place
			}
		}
		if got := read(t.Context(), store.ResponseScan{}); !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		newest := slices.Clone(want)
		slices.Reverse(newest)
		if got := read(t.Context(), store.ResponseScan{Newest: true}); !slices.Equal(got, newest) {
			t.Errorf("the newest first it is %v", got)
		}
		from, to := changed[want[10]], changed[want[30]]
		if got := read(t.Context(), store.ResponseScan{From: from, To: to}); !slices.Equal(got, want[10:30]) {
			t.Errorf("of a while it is %v", got)
		}
		if n, err := s.ScanCount(t.Context(), store.ResponseScan{SurveyID: i.Survey.ID, Modified: true, From: from, To: to}); err != nil || n != 20 {
			t.Errorf("%d, %v", n, err)
		}
	})
}
