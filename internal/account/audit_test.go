package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestSignInsAreAuditedAndWhatWasTypedIsNot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	from := account.Client{IP: "192.0.2.1"}
	f.clock.Advance(time.Minute)
	start := f.clock.Now()
	for _, try := range [][2]string{{"ada@example.com", "wrong secret"}, {"typed-my-password-here", goodPassword}, {"ada@example.com", goodPassword}} {
		secret, _, err := f.SignIn(t.Context(), try[0], try[1], from)
		if err == nil {
			wantCode(t, f.SignOut(t.Context(), secret, "192.0.2.2"), "")
		}
	}
	rows, _, err := f.store.AuditLog(t.Context(), f.ada.Actor(models.ViaWeb), store.AuditFilter{From: start})
	wantCode(t, err, "")
	var got []string
	for _, r := range rows {
		who, _ := r.Person()
		got = append(got, strings.Join([]string{string(r.Action), who.Email, r.Name, r.IP}, " "))
	}
	slices.Sort(got) // all in one moment
	want := []string{
		"sign_in ada@example.com  192.0.2.1",
		"sign_in.failed   192.0.2.1",
		"sign_in.failed  ada@example.com 192.0.2.1",
		"sign_out ada@example.com  192.0.2.2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPurgeKeepsTheAuditLogAsLongAsTheOrganisationWants(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.ada.Actor(models.ViaWeb)
	left := func() int {
		t.Helper()
		wantCode(t, f.Purge(t.Context()), "")
		rows, _, err := f.store.AuditLog(t.Context(), a, store.AuditFilter{})
		wantCode(t, err, "")
		return len(rows)
	}
	f.clock.Advance(300 * 24 * time.Hour)
	if left() != 1 {
		t.Error("a line of last year is gone")
	}
	wantCode(t, f.store.SetAuditDays(t.Context(), a, 0), "")
	f.clock.Advance(3000 * 24 * time.Hour)
	if left() != 2 {
		t.Error("a line is gone although the log is kept for ever")
	}
	wantCode(t, f.store.SetAuditDays(t.Context(), a, 90), "")
	if n := left(); n != 1 {
		t.Errorf("%d lines are left, want the last", n)
	}
}
