package account_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const goodPassword = "correct horse battery"

// fixture is an instance with a brand admin, ada@example.com, at noon.
type fixture struct {
	*account.People
	store *store.Store
	clock *clock.Fake
	ada   *models.User
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := newEmptyFixture(t)
	f.ada = f.addUser(t, "ada@example.com")
	return f
}

// newEmptyFixture is an instance before its set-up.
func newEmptyFixture(t *testing.T) *fixture {
	t.Helper()
	c := clock.NewFake(noon)
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	p := account.New(s, c, slog.New(slog.DiscardHandler))
	p.HashCheaply()
	return &fixture{People: p, store: s, clock: c}
}

func (f *fixture) addUser(t *testing.T, email string) *models.User {
	t.Helper()
	u, err := f.AddUser(t.Context(), account.Person{Email: email, Password: goodPassword})
	if err != nil {
		t.Fatalf("add %s: %v", email, err)
	}
	return u
}

// signIn signs ada in and gives the session's secret.
func (f *fixture) signIn(t *testing.T) string {
	t.Helper()
	secret, err := f.BeginSession(t.Context(), f.ada, account.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// wantCode fails the test unless err is a domain error of that code; "" wants success.
func wantCode(t *testing.T, err error, want models.Code) {
	t.Helper()
	if want == "" && err != nil || models.ErrorCode(err) != want {
		t.Fatalf("error = %v, want code %q", err, want)
	}
}

// wantFields fails the test unless err names exactly these fields, in order.
func wantFields(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	if e, ok := errors.AsType[*models.Error](err); ok {
		for _, f := range e.Fields {
			got = append(got, f.Field)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("fields = %v (%v), want %v", got, err, want)
	}
}
