package account_test

import (
	"strings"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/models"
)

func TestASessionLastsWhileItIsUsedButNotForEver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := f.signIn(t)
	for range 4 {
		f.clock.Advance(account.SessionIdle - time.Second)
		u, v, err := f.Session(t.Context(), secret)
		if err != nil || u.ID != f.ada.ID || v.UserID != f.ada.ID {
			t.Fatalf("after %v: %v", f.clock.Now().Sub(noon), err)
		}
	}
	f.clock.Set(noon.Add(account.SessionLifetime - time.Second))
	_, _, err := f.Session(t.Context(), secret)
	wantCode(t, err, "")
	f.clock.Advance(time.Second)
	_, _, err = f.Session(t.Context(), secret)
	wantCode(t, err, models.CodeUnauthorized)
}

func TestAnIdleSessionEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := f.signIn(t)
	f.clock.Advance(account.SessionIdle)
	_, _, err := f.Session(t.Context(), secret)
	wantCode(t, err, models.CodeUnauthorized)
}

func TestTheUseOfASessionIsWrittenNowAndThen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := f.signIn(t)
	for _, step := range []struct {
		after time.Duration
		want  time.Time
	}{
		{4 * time.Minute, noon},
		{time.Minute, noon.Add(5 * time.Minute)},
		{4 * time.Minute, noon.Add(5 * time.Minute)},
	} {
		f.clock.Advance(step.after)
		if _, _, err := f.Session(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		if _, v, err := f.Session(t.Context(), secret); err != nil || !v.LastSeenAt.Equal(step.want) {
			t.Errorf("at %v last seen = %v, %v; want %v", f.clock.Now(), v.LastSeenAt, err, step.want)
		}
	}
}

func TestSignInGivesANewSessionAndEndsTheBrowsersOld(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old, other := f.signIn(t), f.signIn(t)
	client := account.Client{IP: "192.0.2.1", UserAgent: strings.Repeat("ü", 400) + "\x00", Session: old}
	secret, _, err := f.SignIn(t.Context(), "ada@example.com", goodPassword, client)
	if err != nil || secret == old {
		t.Fatalf("secret %q, %v; want another one", secret, err)
	}
	_, _, err = f.Session(t.Context(), old)
	wantCode(t, err, models.CodeUnauthorized)
	_, _, err = f.Session(t.Context(), other)
	wantCode(t, err, "")
	_, v, err := f.Session(t.Context(), secret)
	if err != nil || v.ID == secret || v.IP != "192.0.2.1" || len(v.UserAgent) != 300 {
		t.Errorf("session = %+v, %v", v, err)
	}
}

func TestSignOutEndsOneSession(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	one, two := f.signIn(t), f.signIn(t)
	for range 2 { // the second time it is ended already
		wantCode(t, f.SignOut(t.Context(), one, "192.0.2.9"), "")
	}
	wantCode(t, f.SignOut(t.Context(), "", ""), "")
	_, _, err := f.Session(t.Context(), one)
	wantCode(t, err, models.CodeUnauthorized)
	_, _, err = f.Session(t.Context(), two)
	wantCode(t, err, "")
}

func TestADisabledPersonIsSignedOutAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := f.signIn(t)
	wantCode(t, f.store.SetUserDisabled(t.Context(), models.SystemActor(f.ada.OrgID), f.ada.ID, true), "")
	_, _, err := f.Session(t.Context(), secret)
	wantCode(t, err, models.CodeUnauthorized)
}

func TestGuessedSecretsAreNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, v, err := f.Session(t.Context(), f.signIn(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"", "x", v.ID, models.NewCapability(), "' OR 1=1 --"} { // the row's id is not the secret
		_, _, err := f.Session(t.Context(), guess)
		wantCode(t, err, models.CodeUnauthorized)
	}
}

func TestPurgeKeepsWhatIsAlive(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.signIn(t)
	f.clock.Advance(account.SessionIdle)
	live := f.signIn(t)
	wantCode(t, f.Purge(t.Context()), "")
	_, _, err := f.Session(t.Context(), live)
	wantCode(t, err, "")
}
