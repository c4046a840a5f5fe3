package store_test

import (
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// addSession signs a person in, for a week.
func addSession(t *testing.T, s *store.Store, u *models.User, id string) {
	t.Helper()
	v := &models.Session{ID: id, UserID: u.ID, CreatedAt: noon, LastSeenAt: noon, ExpiresAt: noon.Add(7 * 24 * time.Hour)}
	if err := s.CreateSession(t.Context(), v, u.PasswordHash); err != nil {
		t.Fatalf("create session: %v", err)
	}
}

func TestASessionComesWithItsPerson(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		ada := addUser(t, s, "ada@example.com")
		addSession(t, s, ada, "one")
		wantCode(t, s.TouchSession(t.Context(), "one", noon.Add(time.Minute)), "")

		v, u, err := s.Session(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		if !v.LastSeenAt.Equal(noon.Add(time.Minute)) || v.UserID != ada.ID || v.ID != "one" {
			t.Errorf("session = %+v", v)
		}
		if u.ID != ada.ID || u.Email != ada.Email || u.PasswordHash != ada.PasswordHash || u.LastLoginAt == nil || !u.LastLoginAt.Equal(noon) {
			t.Errorf("person = %+v", u)
		}
		want, err := s.User(t.Context(), ada.Actor(models.ViaWeb), ada.ID)
		if err != nil || *u.LastLoginAt != *want.LastLoginAt || u.CreatedAt != want.CreatedAt || u.Role != want.Role || u.OrgID != want.OrgID {
			t.Errorf("person = %+v, want %+v, %v", u, want, err)
		}
		wantCode(t, s.DeleteSession(t.Context(), "one"), "")
		_, _, err = s.Session(t.Context(), "one")
		wantCode(t, err, models.CodeNotFound)
	})
}

func TestNoSessionAfterThePasswordChangedOrThePersonWasDisabled(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	ada := addUser(t, s, "ada@example.com")
	self := ada.Actor(models.ViaWeb)
	addSession(t, s, ada, "kept")
	addSession(t, s, ada, "other")

	wantCode(t, s.UpdateUserPassword(t.Context(), self, ada.ID, "new hash", "kept"), "")
	_, _, err := s.Session(t.Context(), "kept")
	wantCode(t, err, "")
	_, _, err = s.Session(t.Context(), "other")
	wantCode(t, err, models.CodeNotFound)
	late := &models.Session{ID: "late", UserID: ada.ID}
	wantCode(t, s.CreateSession(t.Context(), late, ada.PasswordHash), models.CodeUnauthorized)

	wantCode(t, s.SetUserDisabled(t.Context(), models.SystemActor(ada.OrgID), ada.ID, true), "")
	_, _, err = s.Session(t.Context(), "kept")
	wantCode(t, err, models.CodeNotFound)
	wantCode(t, s.CreateSession(t.Context(), late, "new hash"), models.CodeUnauthorized)
	wantCode(t, s.SetUserDisabled(t.Context(), self, ada.ID, false), "")
	wantCode(t, s.CreateSession(t.Context(), late, "new hash"), "")
}

func TestPurgeRemovesOldSessionsOnly(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	ada := addUser(t, s, "ada@example.com")
	for id, times := range map[string][2]time.Time{
		"live": {noon, noon.Add(time.Hour)}, "ended": {noon, noon}, "idle": {noon.Add(-8 * time.Hour), noon.Add(time.Hour)},
	} {
		v := &models.Session{ID: id, UserID: ada.ID, CreatedAt: noon, LastSeenAt: times[0], ExpiresAt: times[1]}
		wantCode(t, s.CreateSession(t.Context(), v, ada.PasswordHash), "")
	}
	if n, err := s.PurgeSessions(t.Context(), noon, noon.Add(-7*time.Hour)); n != 2 || err != nil {
		t.Errorf("purged %d, %v; want 2", n, err)
	}
	_, _, err := s.Session(t.Context(), "live")
	wantCode(t, err, "")
}
