package credential_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/credential"
	"surveyflow/internal/pipedtext"
	"surveyflow/models"
)

func ref(id, part string) pipedtext.Ref { return pipedtext.Ref{Scheme: "cr", Name: id, Path: part} }

func TestAKindAuthenticatesARequestInItsWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		in            credential.Input
		header, value string
		parts         map[string]string
	}{
		"basic":   {basic(), "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("svc-user:basic-p4ssword")), map[string]string{"username": "svc-user", "password": "basic-p4ssword"}},
		"api key": {apiKey("x-api-token"), "X-Api-Token", "api-t0ken-value", map[string]string{"token": "api-t0ken-value"}},
		"piped":   {apiKey(""), "", "", map[string]string{"token": "api-t0ken-value"}},
	} {
		row := d.create(t, d.bob, c.in)
		loan, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h := http.Header{"Authorization": {"typed"}}
		set := loan.Header(h)
		if c.header == "" {
			if len(set) != 0 || h.Get("Authorization") != "typed" {
				t.Errorf("%s set %v", name, h)
			}
		} else if h.Get(c.header) != c.value || len(set) != 1 || set[0] != c.header {
			t.Errorf("%s: headers %v, set %v", name, h, set)
		}
		src := loan.Source(pipedtext.SourceFunc(func(pipedtext.Ref) pipedtext.Value { return pipedtext.Text("other") }))
		for part, want := range c.parts {
			if got := src.Value(ref(row.ID, part)).String(); got != want {
				t.Errorf("%s: part %s is %q", name, part, got)
			}
		}
		if got := src.Value(pipedtext.Ref{Scheme: "e", Name: "x"}).String(); got != "other" {
			t.Errorf("%s: other tokens give %q", name, got)
		}
	}
}

func TestACredentialIsLentToItsOwnerOrWhenSharedToAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	private := d.create(t, d.bob, basic())
	in := apiKey("X-Token")
	in.Shared = ptr(true)
	shared := d.create(t, d.ada, in)
	if _, err := d.Create(t.Context(), d.bob, func() credential.Input { in := basic(); in.Name = ptr("x"); in.Shared = ptr(true); return in }()); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member shared a credential: %v", err)
	}
	for name, c := range map[string]struct {
		a    models.Actor
		id   string
		lent bool
	}{
		"owner": {d.bob, private.ID, true}, "another member": {d.eve, private.ID, false}, "a brand admin": {d.ada, private.ID, false},
		"shared": {d.eve, shared.ID, true}, "another organisation": {models.Actor{OrgID: "other", UserID: d.bob.UserID}, private.ID, false},
		"the program for nobody": {models.SystemActor(d.bob.OrgID), private.ID, false},
	} {
		for _, o := range []credential.Order{{Actor: c.a, Main: c.id}, {Actor: c.a, Refs: []pipedtext.Ref{ref(c.id, "token")}}} {
			_, err := d.Lend(t.Context(), o)
			if f, ok := err.(*credential.Error); ok && f.Key == "run.error.credential_part" { //nolint:errorlint // Lend promises this type
				err = nil
			}
			if (err == nil) != c.lent {
				t.Errorf("%s: %v", name, err)
			} else if err != nil {
				wantFault(t, err, "run.error.credential_none")
			}
		}
	}
	if _, err := d.Update(t.Context(), d.eve, shared.ID, credential.Input{Name: ptr("mine")}); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member renamed a shared credential: %v", err)
	}
	if _, err := d.Update(t.Context(), d.ada, private.ID, credential.Input{Name: ptr("mine")}); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("an admin found a private credential: %v", err)
	}
}

func TestASecretThatIsAbsentOrMaskedStaysAsItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	row := d.create(t, d.bob, basic())
	for _, in := range []credential.Input{
		{Name: ptr("renamed")}, {Password: ptr("")}, {Password: ptr("••••"), Username: ptr("••••")},
	} {
		if _, err := d.Update(t.Context(), d.bob, row.ID, in); err != nil {
			t.Fatal(err)
		}
		loan, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
		if err != nil {
			t.Fatal(err)
		}
		if got := loan.Source(nil).Value(ref(row.ID, "password")).String(); got != "basic-p4ssword" {
			t.Errorf("password %q", got)
		}
	}
	if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{Password: ptr("another-p4ssword")}); err != nil {
		t.Fatal(err)
	}
	loan, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
	if err != nil || loan.Source(nil).Value(ref(row.ID, "password")).String() != "another-p4ssword" {
		t.Errorf("%v", err)
	}
	if s, err := d.Settings(t.Context(), d.bob, row.ID); err != nil || s.Name != "renamed" || s.ConfigSealed != "" {
		t.Errorf("settings %+v, %v", s, err)
	}
}

func TestWhatIsWrongWithACredentialIsSaidByField(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	oauth := func(change func(*credential.Input)) credential.Input {
		in := (&provider{Server: &httptest.Server{}}).authorizationCode()
		in.TokenEndpoint, in.AuthorizationEndpoint = ptr("https://id.example.com/token"), ptr("https://id.example.com/auth")
		change(&in)
		return in
	}
	for _, c := range []struct {
		in         credential.Input
		field, key string
	}{
		{credential.Input{Type: "kerberos"}, "type", "credential.error.type"},
		{credential.Input{Type: models.CredentialBasic}, "username", "credential.error.username"},
		{credential.Input{Type: models.CredentialBasic, Username: ptr("a:b")}, "username", "credential.error.username_colon"},
		{credential.Input{Type: models.CredentialBasic, Username: ptr(strings.Repeat("x", 20000))}, "username", "credential.error.too_long"},
		{credential.Input{Type: models.CredentialAPIKey}, "token", "credential.error.token"},
		{credential.Input{Type: models.CredentialAPIKey, Token: ptr("x\r\nX-Evil: 1"), Header: ptr("X-Key")}, "token", "credential.error.token_header"},
		{credential.Input{Type: models.CredentialAPIKey, Token: ptr("x"), Header: ptr("Host")}, "header", "outbound.header.connection"},
		{oauth(func(in *credential.Input) { in.TokenEndpoint = ptr("") }), "tokenEndpoint", "credential.error.endpoint_empty"},
		{oauth(func(in *credential.Input) { in.AuthorizationEndpoint = ptr("javascript:alert(1)") }), "authorizationEndpoint", "credential.error.endpoint"},
		{oauth(func(in *credential.Input) { in.TokenParams = &map[string]string{"code": "x"} }), "tokenParams", "credential.error.reserved_param"},
		{oauth(func(in *credential.Input) { in.AuthorizationParams = &map[string]string{"state": "x"} }), "authorizationParams", "credential.error.reserved_param"},
		{oauth(func(in *credential.Input) { in.ClientID = ptr("") }), "clientId", "credential.error.client_id"},
		{oauth(func(in *credential.Input) { in.GrantType = ptr(models.GrantType("password")) }), "grantType", "credential.error.grant_type"},
		{func() credential.Input { in := basic(); in.AllowedHosts = &[]string{"https://a.example/x"}; return in }(), "allowedHosts", "outbound.hosts.url"},
		{func() credential.Input { in := basic(); in.AllowedHosts = &[]string{"*.com"}; return in }(), "allowedHosts", "outbound.hosts.wide"},
	} {
		in := c.in
		in.Name = ptr("x")
		_, err := d.Create(t.Context(), d.bob, in)
		wantField(t, err, c.field, c.key)
	}
	_, err := d.Create(t.Context(), d.bob, basic())
	wantField(t, err, "name", "credential.error.name")
}

func TestARemovedCredentialIsWipedAndItsRunsSaySo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	row := d.create(t, d.bob, basic())
	if err := d.Store.DeleteCredential(t.Context(), d.eve, row.ID); models.ErrorCode(err) != models.CodeNotFound {
		t.Errorf("Eve removed it: %v", err)
	}
	if err := d.Store.DeleteCredential(t.Context(), d.bob, row.ID); err != nil {
		t.Fatal(err)
	}
	_, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
	if f := faultOf(t, err, "run.error.credential_gone"); f.Args["Name"] != "CRM" || f.Retry {
		t.Errorf("fault %+v", f)
	}
	left, err := d.Store.CredentialRow(t.Context(), row.ID)
	if err != nil || left.ConfigSealed+left.TokensSealed+left.MTLSSealed != "" {
		t.Errorf("left %+v, %v", left, err)
	}
}

func TestWhereOnlyTheDataDecidesTheHostACredentialNeedsAllowedHosts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	open := d.create(t, d.bob, basic())
	in := basic()
	in.AllowedHosts = &[]string{"api.example.com"}
	bound := d.create(t, d.bob, in)
	_, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: open.ID, AnyHost: true})
	wantFault(t, err, "run.error.credential_hosts")
	if _, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: bound.ID, AnyHost: true}); err != nil {
		t.Error(err)
	}
}

func TestAdminsTakeOverTheThingsOfWhoIsDisabledWithoutSeeingThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	row := d.create(t, d.bob, basic())
	gone := d.create(t, d.eve, basic())
	if _, err := d.Store.TakeOverCredentials(ctx, d.ada, d.bob.UserID, d.ada.UserID); models.ErrorCode(err) != models.CodeConflict {
		t.Errorf("taken from somebody who can sign in: %v", err)
	}
	if _, err := d.Store.TakeOverCredentials(ctx, d.eve, d.bob.UserID, d.eve.UserID); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member took over: %v", err)
	}
	for _, id := range []string{d.bob.UserID, d.eve.UserID} {
		if err := d.Store.SetUserDisabled(ctx, d.ada, id, true); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Store.PrivateCredentials(ctx, d.ada, d.bob.UserID)
	if err != nil || len(list) != 1 || list[0].Name != "CRM" || list[0].ConfigSealed != "" {
		t.Errorf("list %+v, %v", list, err)
	}
	if n, err := d.Store.TakeOverCredentials(ctx, d.ada, d.bob.UserID, d.ada.UserID); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if _, err := d.Lend(ctx, credential.Order{Actor: d.ada, Main: row.ID}); err != nil {
		t.Error(err)
	}
	if err := d.Store.RemoveCredentialsOf(ctx, d.ada, d.eve.UserID); err != nil {
		t.Fatal(err)
	}
	_, err = d.Lend(ctx, credential.Order{Actor: d.eve, Main: gone.ID})
	wantFault(t, err, "run.error.credential_gone")
}
