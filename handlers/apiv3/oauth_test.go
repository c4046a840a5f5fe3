package apiv3

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/account"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// client makes an OAuth client of somebody.
func (b *bench) client(person string, scopes ...string) (id, secret string) {
	b.Helper()
	secret, c, err := account.New(b.store, b.clock, slog.New(slog.DiscardHandler)).CreateClient(b.Context(), b.users[person].Actor(models.ViaWeb), account.TokenSettings{Name: "Warehouse"}, scopes)
	b.check(err)
	return c.ID, secret
}

// tokenReply is what the token endpoint answers.
type tokenReply struct {
	status                                                 int
	header                                                 map[string][]string
	AccessToken, TokenType, Scope, Error, ErrorDescription string
	ExpiresIn                                              int
}

// asks asks for a token. With an id, it is sent by Basic authentication.
func (b *bench) asks(id, secret, contentType, body string) *tokenReply {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/oauth2/token", strings.NewReader(body))
	r.Host = "survey.example.com"
	r.Header.Set("Content-Type", contentType)
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	var raw map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
		b.Fatalf("the answer is no JSON: %s", w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		b.Error("the answer may be kept by a cache")
	}
	text := func(name string) string { s, _ := raw[name].(string); return s }
	seconds, _ := raw["expires_in"].(float64)
	return &tokenReply{
		status: w.Code, header: w.Header(), AccessToken: text("access_token"), TokenType: text("token_type"), Scope: text("scope"),
		Error: text("error"), ErrorDescription: text("error_description"), ExpiresIn: int(seconds),
	}
}

func (r *tokenReply) fails(t *testing.T, status int, code string) {
	t.Helper()
	if r.status != status || r.Error != code || r.ErrorDescription == "" || r.AccessToken != "" {
		t.Errorf("answered %+v; want %d %s", r, status, code)
	}
}

const formType = "application/x-www-form-urlencoded"

// asBearer calls the API as OAuth has it.
func (b *bench) asBearer(token, method, path, body string) *reply {
	b.Helper()
	return b.do("", method, path, body, "Authorization", "Bearer "+token)
}

func TestClientsGetTokensTheWayThatKnownClientsAsk(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		id, secret := b.client("ada", models.ScopeManageAll)
		// Python's, R's and Singer's way, and that of the TypeScript client, which sends a multipart form.
		basic := b.asks(id, secret, formType, "grant_type=client_credentials&scope=manage%3Aall")
		var form bytes.Buffer
		parts := multipart.NewWriter(&form)
		b.check(parts.WriteField("grant_type", "client_credentials"))
		b.check(parts.WriteField("scope", "read:surveys manage:survey_responses"))
		b.check(parts.Close())
		multi := b.asks(id, secret, parts.FormDataContentType(), form.String())
		body := b.asks("", "", formType, url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}.Encode())
		for name, got := range map[string]*tokenReply{"basic": basic, "multipart": multi, "body": body} {
			if got.status != 200 || len(got.AccessToken) != 40 || got.TokenType != "bearer" || got.ExpiresIn != 3600 {
				t.Fatalf("%s: answered %+v", name, got)
			}
			if who := b.asBearer(got.AccessToken, "GET", "/whoami", "").ok(); who.text("userId") != b.users["ada"].ID {
				t.Errorf("%s: the token is that of %s", name, who.Result)
			}
		}
		if basic.Scope != "manage:all" || multi.Scope != "manage:survey_responses read:surveys" || body.Scope != "manage:all" {
			t.Errorf("scopes are %q, %q, %q", basic.Scope, multi.Scope, body.Scope)
		}
		b.do(basic.AccessToken, "GET", "/whoami", "").fails(401, "401 - Unauthorized", "DCD_7", "X-API-TOKEN") // it is no API token

		b.clock.Advance(models.AccessTokenValid - time.Second)
		b.asBearer(basic.AccessToken, "GET", "/surveys", "").ok()
		b.clock.Advance(time.Second)
		late := b.asBearer(basic.AccessToken, "GET", "/surveys", "").fails(401, "401 - Unauthorized", "DCD_7", "expired")
		if got := late.header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
			t.Errorf("WWW-Authenticate is %q", got)
		}
		b.clock.Advance(25 * time.Hour)
		b.check(b.tokens.Purge(t.Context()))
		if _, _, _, err := b.store.AccessTokenByHash(t.Context(), hashOf(basic.AccessToken)); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("an expired token is kept: %v", err)
		}
	})
}

func TestTheTokenEndpointRefusesByTheRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, secret := b.client("ada", "read:surveys", "manage:subscriptions")
	grant := "grant_type=client_credentials"
	b.asks(id, secret, formType, "").fails(t, 400, "invalid_request")
	b.asks(id, secret, formType, "grant_type=password").fails(t, 400, "unsupported_grant_type")
	b.asks(id, secret, formType, "grant_type=refresh_token&refresh_token=x").fails(t, 400, "unsupported_grant_type")
	b.asks(id, secret, formType, grant+"&"+grant).fails(t, 400, "invalid_request")
	b.asks(id, secret, formType, grant+"&client_id="+id+"&client_secret="+secret).fails(t, 400, "invalid_request")
	b.asks(id, secret, "application/json", `{"grant_type":"client_credentials"}`).fails(t, 400, "invalid_request")
	b.asks(id, secret, formType, grant+"&scope=manage:all").fails(t, 400, "invalid_scope")
	b.asks(id, secret, formType, grant+"&scope=read:surveys+write:surveys").fails(t, 400, "invalid_scope")
	b.asks(id, secret, formType, grant+"&scope=read:nonsense").fails(t, 400, "invalid_scope")
	b.asks(id, secret, formType, grant+"&x="+strings.Repeat("x", 20<<10)).fails(t, 413, "invalid_request")
	b.asks("", "", formType, grant).fails(t, 401, "invalid_client")
	b.asks("", "", formType, grant+"&client_id="+id).fails(t, 401, "invalid_client")
	if got := b.asks(id, secret, formType, grant+"&scope=read:subscriptions+read:subscriptions"); got.Scope != "read:subscriptions" {
		t.Errorf("a part of the scopes is %+v", got)
	}
	for n := range 5 {
		got := b.asks(id, "wrong", formType, grant)
		if got.fails(t, 401, "invalid_client"); got.header["Www-Authenticate"] == nil {
			t.Errorf("try %d names no way to authenticate", n)
		}
	}
	if got := b.asks(id, secret, formType, grant); got.status != 429 || got.header["Retry-After"] == nil {
		t.Errorf("after too many wrong secrets: %+v", got)
	}
	b.clock.Advance(time.Minute)
	for range models.AccessTokensPerMinute {
		if got := b.asks(id, secret, formType, grant); got.status != 200 {
			t.Fatalf("answered %+v", got)
		}
	}
	if got := b.asks(id, secret, formType, grant); got.status != 429 || got.header["Retry-After"][0] != "60" {
		t.Errorf("after its share of tokens: %+v", got)
	}
	b.clock.Advance(time.Minute)
	b.check(b.store.SetUserDisabled(t.Context(), b.users["admin"].Actor(models.ViaWeb), b.users["ada"].ID, true))
	b.asks(id, secret, formType, grant).fails(t, 401, "invalid_client")
	entries, _, err := b.store.AuditLog(t.Context(), b.users["admin"].Actor(models.ViaWeb), store.AuditFilter{Action: models.AuditClientFailed})
	if err != nil || len(entries) != 6 || entries[0].Object != id {
		t.Errorf("the audit log has %d wrong secrets, %v; want 6", len(entries), err)
	}
}

func TestATokenOfAClientReachesWhatItsScopesSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	token := func(scopes ...string) string {
		id, secret := b.client("ada", scopes...)
		return b.asks(id, secret, formType, "grant_type=client_credentials").AccessToken
	}
	reads, writes, manages := token("read:surveys", "read:survey_responses"), token("write:survey_responses"), token("manage:surveys")
	everything := token(models.ScopeManageAll)
	response := `{"values":{"finished":1}}`
	for _, c := range []struct {
		name, token, method, path, body string
		lacks                           string // the scope that is missing; empty when it is let in
	}{
		{"read reads", reads, "GET", "/surveys/" + s.id, "", ""},
		{"read reads definitions", reads, "GET", "/survey-definitions/" + s.id, "", ""},
		{"read begins an export", reads, "POST", "/surveys/" + s.id + "/export-responses", `{"format":"csv"}`, ""},
		{"read does not write", reads, "POST", "/surveys/" + s.id + "/responses", response, "write:survey_responses"},
		{"write writes", writes, "POST", "/surveys/" + s.id + "/responses", response, ""},
		{"write does not read", writes, "GET", "/surveys", "", "read:surveys"},
		{"manage writes", manages, "PUT", "/surveys/" + s.id, `{"name":"New"}`, ""},
		{"write does not delete", writes, "DELETE", "/surveys/" + s.id + "/responses/R_1", "", "manage:survey_responses"},
		{"other things", manages, "GET", "/workflows", "", "read:workflows"},
		{"no API token for less than all", token("manage:users"), "POST", "/users/" + b.users["ada"].ID + "/apitoken", "", "manage:all"},
		{"all is all", everything, "GET", "/workflows", "", ""},
		{"all deletes", everything, "DELETE", "/surveys/" + s.id, "", ""},
	} {
		r := b.asBearer(c.token, c.method, c.path, c.body)
		if c.lacks == "" {
			if r.status != 200 {
				t.Errorf("%s: answered %d %s", c.name, r.status, r.body)
			}
			continue
		}
		want := `Bearer error="insufficient_scope", scope="` + c.lacks + `"`
		if got := r.header.Get("WWW-Authenticate"); r.status != 403 || got != want {
			t.Errorf("%s: answered %d, WWW-Authenticate %q; want 403 and %q", c.name, r.status, got, want)
		}
	}
	// Whose client it is decides what is theirs.
	b.asBearer(everything, "GET", "/surveys?scope=organization", "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
}

func TestEveryRouteHasAScope(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, e := range b.api.table {
		scope := scopeOf(e.method, e.pattern)
		if all := e.pattern == "/API/v3/users/:userId/apitoken"; !e.open && scope == models.ScopeManageAll && !all {
			t.Errorf("%s %s opens with manage:all alone: give its path a place in resources", e.method, e.pattern)
		}
	}
	all := models.Scopes(strings.Join(models.AllScopes(), " "))
	for _, r := range resources {
		if r.resource != "" && !strings.Contains(" "+string(all)+" ", " manage:"+r.resource+" ") {
			t.Errorf("nobody can have a scope for %s", r.resource)
		}
	}
}
