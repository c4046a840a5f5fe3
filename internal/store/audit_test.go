package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// auditOf gives the lines that a filter chooses as "action object name", the newest first.
func auditOf(t *testing.T, s *store.Store, a models.Actor, f store.AuditFilter) []string {
	t.Helper()
	rows, _, err := s.AuditLog(t.Context(), a, f)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(rows))
	for i := range rows {
		lines[i] = fmt.Sprintf("%s %s", rows[i].Action, rows[i].Name)
	}
	return lines
}

func TestWhatIsDoneStandsInTheAuditLogWithTheFact(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		i := storetest.NewInstance(t, s, c)
		w := i.Workflow()
		c.Advance(time.Second)
		a := i.Actor
		a.IP, a.TokenID = "192.0.2.7", "TK_1"
		i.Check(s.SetWorkflowEnabled(t.Context(), a, w.ID, false))
		c.Advance(time.Second)
		i.Check(s.SetSurveyState(t.Context(), a, i.Survey.ID, models.SurveyClosed))
		c.Advance(time.Second)

		want := []string{"survey.close Feedback", "workflow.off Tell"}
		if got := auditOf(t, s, a, store.AuditFilter{From: noon.Add(time.Second)}); !slices.Equal(got, want) {
			t.Errorf("log = %q, want %q", got, want)
		}
		rows, next, err := s.AuditLog(t.Context(), a, store.AuditFilter{Page: store.Page{Limit: 1}})
		i.Check(err)
		r := rows[0]
		who, known := r.Person()
		if r.Object != i.Survey.ID || r.IP != a.IP || r.TokenID != "TK_1" || !known || who.Email != "ada@example.com" || next != r.ID {
			t.Errorf("line = %+v, next = %q", r, next)
		}
		rows, _, err = s.AuditLog(t.Context(), a, store.AuditFilter{Page: store.Page{Limit: 1, Before: next}})
		i.Check(err)
		if rows[0].Action != models.AuditWorkflowOff {
			t.Errorf("the next page begins with %s", rows[0].Action)
		}

		// What is undone leaves no line.
		gone := errors.New("changed my mind")
		err = s.InTx(t.Context(), func(ctx context.Context, tx *store.Store) error {
			i.Check(tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditExport}))
			return gone
		})
		if !errors.Is(err, gone) || len(auditOf(t, s, a, store.AuditFilter{Action: models.AuditExport})) != 0 {
			t.Errorf("the line of something undone is there; %v", err)
		}
	})
}

func TestTheAuditLogIsSearchedByPersonActionObjectAndPeriod(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		addUser(t, s, "ada@example.com")
		admin, _ := s.UserByEmail(t.Context(), models.SystemActor("acme"), "ada@example.com")
		a := admin.Actor(models.ViaWeb)
		b := addUser(t, s, "bob@example.com").Actor(models.ViaWeb)
		note := func(who models.Actor, action models.AuditAction, object, name string) {
			t.Helper()
			c.Advance(time.Hour)
			if err := s.Audit(t.Context(), who, models.AuditEntry{Action: action, Object: object, Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		note(a, models.AuditSurveyLive, "SV_1", "50% off")
		note(b, models.AuditSurveyLive, "SV_2", "Feedback")
		note(b, models.AuditExport, "SV_1", "50% off")

		for _, test := range []struct {
			name   string
			filter store.AuditFilter
			want   []string
		}{
			{"by a part of the address", store.AuditFilter{Person: "BOB@"}, []string{"export 50% off", "survey.live Feedback"}},
			{"by id of the person", store.AuditFilter{Person: a.UserID}, []string{"survey.live 50% off"}},
			{"by action", store.AuditFilter{Action: models.AuditExport}, []string{"export 50% off"}},
			{"by id of the object", store.AuditFilter{Object: "SV_1"}, []string{"export 50% off", "survey.live 50% off"}},
			{"by a part of its name, where % is no wildcard", store.AuditFilter{Object: "0%"}, []string{"export 50% off", "survey.live 50% off"}},
			{"by period", store.AuditFilter{From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour)}, []string{"survey.live Feedback"}},
			{"together", store.AuditFilter{Person: "bob", Object: "feed", Action: models.AuditExport}, []string{}},
		} {
			if diff := cmp.Diff(test.want, auditOf(t, s, a, test.filter)); diff != "" {
				t.Errorf("%s: -want +got\n%s", test.name, diff)
			}
		}

		_, _, err := s.AuditLog(t.Context(), b, store.AuditFilter{})
		wantCode(t, err, models.CodeForbidden)
		wantCode(t, s.SetAuditDays(t.Context(), b, 1), models.CodeForbidden)
	})
}

func TestTheAuditLogForgetsWhatIsOlderThanItsDays(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		a := addUser(t, s, "ada@example.com").Actor(models.ViaWeb)
		c.Advance(48 * time.Hour)
		wantCode(t, s.SetAuditDays(t.Context(), a, 30), "")
		o, err := s.Organisation(t.Context(), a)
		wantCode(t, err, "")
		if o.AuditDays != 30 {
			t.Errorf("kept for %d days", o.AuditDays)
		}
		n, err := s.PurgeAudit(t.Context(), a.OrgID, c.Now().Add(-time.Hour))
		if err != nil || n != 1 {
			t.Errorf("removed %d, %v; want the line of the new person", n, err)
		}
		if got := auditOf(t, s, a, store.AuditFilter{}); !slices.Equal(got, []string{"settings.change "}) {
			t.Errorf("left is %q", got)
		}
	})
}
