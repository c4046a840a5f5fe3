package store_test

import (
	"strings"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestRefusedEventsAreCountedAndTheLastOneIsKept(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t, storetest.Options{})
		i := storetest.NewInstance(t, s, nil)
		w := i.Workflow()
		refuse := func(reason models.RefusalReason, body string) {
			i.Check(s.RecordRefusal(t.Context(), models.Refusal{OrgID: i.Actor.OrgID, WorkflowID: w.ID, Reason: reason, Sample: models.RefusalSample{Body: body}}))
		}
		refuse(models.RefusedAuth, "first")
		all, err := s.Refusals(t.Context(), i.Actor, store.RefusalFilter{WorkflowID: w.ID}, 10)
		if err != nil || len(all) != 1 || all[0].N != 1 || all[0].Sample.V.Body != "first" {
			t.Fatalf("%+v, %v; want the first to be there at once", all, err)
		}
		for range 1000 {
			refuse(models.RefusedAuth, "again")
		}
		refuse(models.RefusedSize, strings.Repeat("x", 1<<20))
		storetest.Eventually(t, storetest.Patience, "all are counted", func() bool {
			n, err := s.CountRefusals(t.Context(), i.Actor, store.RefusalFilter{WorkflowID: w.ID})
			return err == nil && n == 1002
		})
		all, err = s.Refusals(t.Context(), i.Actor, store.RefusalFilter{WorkflowID: w.ID}, 10)
		i.Check(err)
		for _, r := range all {
			switch {
			case r.Reason == models.RefusedAuth && r.Sample.V.Body != "again":
				t.Errorf("the sample is %q; want the last one", r.Sample.V.Body)
			case r.Reason == models.RefusedSize && (len(r.Sample.V.Body) != models.MaxRefusedBody || !r.Sample.V.Cut):
				t.Errorf("%d bytes are kept", len(r.Sample.V.Body))
			}
		}
		other := i.User("other@example.com", models.RoleMember)
		if n, err := s.CountRefusals(t.Context(), other, store.RefusalFilter{}); n != 0 || err != nil {
			t.Errorf("somebody else sees %d, %v", n, err)
		}
	})
}
