package account_test

import (
	"strings"
	"sync"
	"testing"

	"surveyflow/internal/account"
	"surveyflow/models"
)

func goodSetUp(code string) account.SetUp {
	return account.SetUp{Code: code, Organisation: " Acme & Söhne GmbH ", Person: account.Person{
		Email: "Ada@Example.com ", FirstName: "Ada", LastName: "Lovelace", Password: goodPassword,
	}}
}

func TestSetUpMakesTheOrganisationAndItsFirstBrandAdmin(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	if ready, err := f.Ready(t.Context()); ready || err != nil {
		t.Fatalf("ready = %v, %v before the set-up", ready, err)
	}
	code, err := f.SetUpCode(t.Context())
	if err != nil || code == "" {
		t.Fatalf("code = %q, %v", code, err)
	}
	u, err := f.SetUp(t.Context(), goodSetUp(" "+code+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if u.Role != models.RoleBrandAdmin || u.Email != "Ada@Example.com" || u.Name() != "Ada Lovelace" || !models.ValidID(models.PrefixUser, u.ID) {
		t.Errorf("admin = %+v", u)
	}
	o, err := f.store.TheOrganisation(t.Context())
	if err != nil || o.ID != "acme-sohne-gmbh" || o.Name != "Acme & Söhne GmbH" || u.OrgID != o.ID {
		t.Errorf("organisation = %+v, %v", o, err)
	}
	if ready, err := f.Ready(t.Context()); !ready || err != nil {
		t.Errorf("ready = %v, %v after the set-up", ready, err)
	}
	if code, err := f.SetUpCode(t.Context()); code != "" || err != nil {
		t.Errorf("a code after the set-up: %q, %v", code, err)
	}
	_, err = f.SetUp(t.Context(), goodSetUp(code))
	wantCode(t, err, models.CodeConflict)
	_, _, err = f.SignIn(t.Context(), "ada@example.com", goodPassword, account.Client{})
	wantCode(t, err, "")
}

func TestSetUpChecksItsInput(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	code, err := f.SetUpCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 101)
	for name, tc := range map[string]struct {
		change func(*account.SetUp)
		want   []string
	}{
		"wrong code":    {func(s *account.SetUp) { s.Code, s.Email = "guess", "" }, []string{"code"}}, // tells nothing more
		"no code":       {func(s *account.SetUp) { s.Code = "" }, []string{"code"}},
		"empty":         {func(s *account.SetUp) { *s = account.SetUp{Code: s.Code} }, []string{"organisation", "email", "password"}},
		"wrong email":   {func(s *account.SetUp) { s.Email = "Ada <ada@example.com>" }, []string{"email"}},
		"long names":    {func(s *account.SetUp) { s.Organisation, s.FirstName, s.LastName = long, long, long }, []string{"organisation", "firstName", "lastName"}},
		"weak password": {func(s *account.SetUp) { s.Password = "ADA@example.com" }, []string{"password"}},
		"language":      {func(s *account.SetUp) { s.Language = "tlh" }, []string{"language"}},
	} {
		in := goodSetUp(code)
		tc.change(&in)
		t.Run(name, func(t *testing.T) {
			_, err := f.SetUp(t.Context(), in)
			wantFields(t, err, tc.want...)
		})
	}
	_, err = f.SetUp(t.Context(), goodSetUp(code))
	wantCode(t, err, "") // the code still stands
}

func TestARestartPrintsANewCodeWhereOneProcessServes(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	old, err := f.SetUpCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := f.SetUpCode(t.Context())
	if err != nil || fresh == "" || fresh == old {
		t.Fatalf("second code = %q, %v", fresh, err)
	}
	_, err = f.SetUp(t.Context(), goodSetUp(old))
	wantFields(t, err, "code")
	_, err = f.SetUp(t.Context(), goodSetUp(fresh))
	wantCode(t, err, "")
}

func TestOfTwoSetUpsAtOnceOneSucceeds(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	code, err := f.SetUpCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = f.SetUp(t.Context(), goodSetUp(code)) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("errors = %v, want exactly one", errs)
	}
	for _, err := range errs {
		if err != nil {
			wantCode(t, err, models.CodeConflict)
		}
	}
}

func TestPeopleAddedByCommand(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	if _, err := f.SetUpCode(t.Context()); err != nil {
		t.Fatal(err)
	}
	add := func(email string, role models.Role) (*models.User, error) {
		return f.AddUser(t.Context(), account.Person{Email: email, Password: goodPassword, Role: role})
	}
	for _, tc := range []struct {
		email    string
		role     models.Role
		wantRole models.Role
		wantCode models.Code
	}{
		{"first@example.com", models.RoleMember, models.RoleBrandAdmin, ""}, // somebody must be
		{"second@example.com", "", models.RoleMember, ""},
		{"third@example.com", models.RoleBrandAdmin, models.RoleBrandAdmin, ""},
		{"SECOND@example.com", "", "", models.CodeConflict},
		{"fourth@example.com", "owner", "", models.CodeInvalid},
		{"fifth", "", "", models.CodeInvalid},
	} {
		u, err := add(tc.email, tc.role)
		wantCode(t, err, tc.wantCode)
		if err == nil && (u.Role != tc.wantRole || u.OrgID != "my-organisation") {
			t.Errorf("%s = %+v, want role %s", tc.email, u, tc.wantRole)
		}
	}
	_, err := f.SetUp(t.Context(), goodSetUp("any"))
	wantCode(t, err, models.CodeConflict)
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Acme":                     "acme",
		"Acme & Söhne, GmbH.":      "acme-sohne-gmbh",
		"株式会社":                     "organisation",
		"  42 ":                    "42",
		"ﬁne ＡＢＣ":                  "fine-abc",
		strings.Repeat("ab c", 20): "ab-cab-cab-cab-cab-cab-cab-ca",
		"-- x --":                  "x",
		strings.Repeat("long", 10): "longlonglonglonglonglonglongl",
		"a\u0301":                  "a",
		"Ünïcödé Inc":              "unicode-inc",
	} {
		if got := account.Slug(name); got != want || len(got) > 30 {
			t.Errorf("slug of %q = %q, want %q", name, got, want)
		}
	}
}
