package account_test

import (
	"strings"
	"testing"

	"surveyflow/internal/account"
	"surveyflow/models"
)

func TestAProfileIsCheckedAndSaved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := f.ada.Actor(models.ViaWeb)
	for name, tc := range map[string]struct {
		in   account.Profile
		want []string
	}{
		"all":            {account.Profile{FirstName: " Ada\x00", LastName: "Lovelace", Language: "en", TimeZone: "Europe/London"}, nil},
		"least":          {account.Profile{Language: "en"}, nil},
		"unknown zone":   {account.Profile{Language: "en", TimeZone: "Europe/Atlantis"}, []string{"timeZone"}},
		"local zone":     {account.Profile{Language: "en", TimeZone: "Local"}, []string{"timeZone"}},
		"path as zone":   {account.Profile{Language: "en", TimeZone: "../../etc/passwd"}, []string{"timeZone"}},
		"no language":    {account.Profile{}, []string{"language"}},
		"long name":      {account.Profile{FirstName: strings.Repeat("é", 101), Language: "en"}, []string{"firstName"}},
		"name just fits": {account.Profile{FirstName: strings.Repeat("é", 100), Language: "en"}, nil},
	} {
		t.Run(name, func(t *testing.T) { wantFields(t, f.SaveProfile(t.Context(), actor, tc.in), tc.want...) })
	}
	wantCode(t, f.SaveProfile(t.Context(), actor, account.Profile{FirstName: " Ada\x00", LastName: "Lovelace", Language: "en", TimeZone: "Asia/Seoul"}), "")
	u, err := f.store.User(t.Context(), actor, f.ada.ID)
	if err != nil || u.FirstName != "Ada" || u.LastName != "Lovelace" || u.TimeZone != "Asia/Seoul" {
		t.Errorf("saved %+v, %v", u, err)
	}
}

func TestAThemeIsSavedAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := f.ada.Actor(models.ViaWeb)
	wantFields(t, f.SetTheme(t.Context(), actor, "pink"), "theme")
	for _, theme := range []string{"light", "dark", ""} {
		wantCode(t, f.SetTheme(t.Context(), actor, theme), "")
		if u, err := f.store.User(t.Context(), actor, f.ada.ID); err != nil || u.Theme != theme {
			t.Errorf("theme = %q, %v; want %q", u.Theme, err, theme)
		}
	}
}

func TestAChangedPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := f.ada.Actor(models.ViaWeb)
	mine, other := f.signIn(t), f.signIn(t)
	_, session, err := f.Session(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	const fresh = "staple paper clip"
	wantFields(t, f.ChangePassword(t.Context(), actor, session.ID, "", "short"), "current", "password")
	wantFields(t, f.ChangePassword(t.Context(), actor, session.ID, "wrong", fresh), "current")
	wantCode(t, f.ChangePassword(t.Context(), actor, session.ID, goodPassword, fresh), "")

	_, _, err = f.Session(t.Context(), mine)
	wantCode(t, err, "")
	_, _, err = f.Session(t.Context(), other)
	wantCode(t, err, models.CodeUnauthorized)
	_, _, err = f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{})
	wantCode(t, err, models.CodeUnauthorized)
	_, _, err = f.SignIn(t.Context(), "ada@example.com", fresh, account.Client{})
	wantCode(t, err, "")
}

func TestGuessingTheCurrentPasswordIsThrottled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	actor := f.ada.Actor(models.ViaWeb)
	for range 5 {
		wantFields(t, f.ChangePassword(t.Context(), actor, "", "guess", "staple paper clip"), "current")
	}
	wantCode(t, f.ChangePassword(t.Context(), actor, "", goodPassword, "staple paper clip"), models.CodeThrottled)
}
