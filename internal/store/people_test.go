package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// onBothDatabases runs a test on SQLite and on PostgreSQL, at noon.
func onBothDatabases(t *testing.T, test func(t *testing.T, s *store.Store, c *clock.Fake)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		c := clock.NewFake(noon)
		test(t, storetest.SQLite(t, storetest.Options{Clock: c}), c)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		c := clock.NewFake(noon)
		test(t, storetest.NewPostgres(t).Open(t, storetest.Options{Clock: c}), c)
	})
}

// addUser adds a person by an e-mail address; the first one is brand admin.
func addUser(t *testing.T, s *store.Store, email string) *models.User {
	t.Helper()
	u := &models.User{ID: models.NewID(models.PrefixUser), Email: email, Role: models.RoleMember, PasswordHash: "hash of " + email, Language: "en"}
	o := &models.Organisation{ID: "acme", Name: "Acme", TimeZone: "UTC"}
	if err := s.AddUser(t.Context(), o, u); err != nil {
		t.Fatalf("add %s: %v", email, err)
	}
	return u
}

// wantCode fails the test unless err is a domain error of that code; "" wants success.
func wantCode(t *testing.T, err error, want models.Code) {
	t.Helper()
	if want == "" && err != nil || models.ErrorCode(err) != want {
		t.Fatalf("error = %v, want code %q", err, want)
	}
}

func TestTheFirstUserMakesTheOrganisationAndLaterOnesJoinIt(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		_, err := s.TheOrganisation(t.Context())
		wantCode(t, err, models.CodeNotFound)

		ada, bob := addUser(t, s, "Ada@Example.com"), addUser(t, s, "bob@example.com")
		if ada.Role != models.RoleBrandAdmin || bob.Role != models.RoleMember {
			t.Errorf("roles = %s, %s; want brand admin, member", ada.Role, bob.Role)
		}
		o, err := s.TheOrganisation(t.Context())
		if err != nil || o.ID != "acme" || ada.OrgID != o.ID || bob.OrgID != o.ID {
			t.Errorf("organisation = %+v, %v; users in %q and %q", o, err, ada.OrgID, bob.OrgID)
		}
		got, err := s.UserByEmail(t.Context(), bob.Actor(models.ViaWeb), " ADA@example.COM ")
		if err != nil || got.ID != ada.ID || got.Email != "Ada@Example.com" || !got.CreatedAt.Equal(noon) {
			t.Errorf("by e-mail = %+v, %v", got, err)
		}
		err = s.AddUser(t.Context(), nil, &models.User{ID: models.NewID(models.PrefixUser), Email: "ADA@example.com", Role: models.RoleMember})
		wantCode(t, err, models.CodeConflict)
	})
}

func TestUsersOfAnotherOrganisationAreNotFound(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	ada := addUser(t, s, "ada@example.com")
	stranger := models.Actor{OrgID: "other", UserID: "UR_000000000000000", Role: models.RoleBrandAdmin, Via: models.ViaWeb}

	_, err := s.User(t.Context(), stranger, ada.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = s.UserByEmail(t.Context(), stranger, ada.Email)
	wantCode(t, err, models.CodeNotFound)
	wantCode(t, s.UpdateUserTheme(t.Context(), stranger, ada.ID, "dark"), models.CodeNotFound)
	wantCode(t, s.SetUserDisabled(t.Context(), stranger, ada.ID, true), models.CodeNotFound)
	if all, err := s.Users(t.Context(), stranger); err != nil || len(all) != 0 {
		t.Errorf("users = %v, %v; want none", all, err)
	}
}

func TestMembersChangeOnlyThemselves(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	admin, bob := addUser(t, s, "ada@example.com"), addUser(t, s, "bob@example.com")
	member := bob.Actor(models.ViaWeb)

	wantCode(t, s.UpdateUserTheme(t.Context(), member, admin.ID, "dark"), models.CodeNotFound)
	wantCode(t, s.UpdateUserPassword(t.Context(), member, admin.ID, "x", ""), models.CodeNotFound)
	wantCode(t, s.SetUserDisabled(t.Context(), member, admin.ID, true), models.CodeForbidden)
	wantCode(t, s.CreateUser(t.Context(), member, &models.User{ID: "UR_1", Email: "c@example.com", Role: models.RoleMember}), models.CodeForbidden)

	changed := &models.User{ID: bob.ID, FirstName: "Bob", LastName: "B", Language: "en", TimeZone: "Asia/Seoul", Role: models.RoleBrandAdmin}
	wantCode(t, s.UpdateUserProfile(t.Context(), member, changed), "")
	got, err := s.User(t.Context(), member, bob.ID)
	if err != nil || got.Name() != "Bob B" || got.TimeZone != "Asia/Seoul" {
		t.Errorf("profile = %+v, %v", got, err)
	}
	if got.Role != models.RoleMember || got.PasswordHash != bob.PasswordHash {
		t.Errorf("the profile changed role or password: %+v", got)
	}
	wantCode(t, s.UpdateUserTheme(t.Context(), admin.Actor(models.ViaWeb), bob.ID, "light"), "")
}

func TestUsersAreListedByAddressWithoutTheirHashes(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t, storetest.Options{})
	addUser(t, s, "zoe@example.com")
	ada := addUser(t, s, "Ada@example.com")
	all, err := s.Users(t.Context(), ada.Actor(models.ViaWeb))
	if err != nil || len(all) != 2 || all[0].ID != ada.ID {
		t.Fatalf("users = %+v, %v", all, err)
	}
	if slices.ContainsFunc(all, func(u models.User) bool { return u.PasswordHash != "" }) {
		t.Error("the list holds password hashes")
	}
}

func TestASetUpCodeWorksOnceAndIsGoneWithTheFirstUser(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, c *clock.Fake) {
		offer := func(hash string, newerThan time.Time, want bool) {
			t.Helper()
			if got, err := s.OfferSetUpCode(t.Context(), hash, newerThan); err != nil || got != want {
				t.Fatalf("offer of %s = %v, %v; want %v", hash, got, err, want)
			}
		}
		offer("one", noon.Add(-time.Hour), true)
		offer("two", noon.Add(-time.Hour), false) // another node's code is fresh
		c.Advance(2 * time.Hour)
		offer("three", c.Now().Add(-time.Hour), true)

		wantCode(t, s.CheckSetUpCode(t.Context(), "one"), models.CodeInvalid)
		wantCode(t, s.CheckSetUpCode(t.Context(), "three"), "")
		admin := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com"}
		wantCode(t, s.SetUp(t.Context(), "one", &models.Organisation{ID: "acme"}, admin), models.CodeInvalid)
		wantCode(t, s.SetUp(t.Context(), "three", &models.Organisation{ID: "acme"}, admin), "")
		if admin.Role != models.RoleBrandAdmin || admin.OrgID != "acme" {
			t.Errorf("admin = %+v", admin)
		}
		wantCode(t, s.CheckSetUpCode(t.Context(), "three"), models.CodeConflict)
		offer("four", c.Now(), false)
	})
}

func TestOfManySetUpsAtOnceOneMakesTheOrganisation(t *testing.T) {
	t.Parallel()
	onBothDatabases(t, func(t *testing.T, s *store.Store, _ *clock.Fake) {
		if ok, err := s.OfferSetUpCode(t.Context(), "code", noon); !ok || err != nil {
			t.Fatal(ok, err)
		}
		const tries = 6
		errs := make([]error, tries)
		var wg sync.WaitGroup
		for i := range tries {
			wg.Go(func() {
				u := &models.User{ID: models.NewID(models.PrefixUser), Email: "ada@example.com", Role: models.RoleMember}
				o := &models.Organisation{ID: models.NewCapability(), Name: "Acme"}
				if i%2 == 0 {
					errs[i] = s.SetUp(t.Context(), "code", o, u)
				} else {
					errs[i] = s.AddUser(t.Context(), o, u)
				}
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				wantCode(t, err, models.CodeConflict)
			}
		}
		if made != 1 {
			t.Errorf("%d set-ups succeeded, want 1: %v", made, errs)
		}
	})
}
