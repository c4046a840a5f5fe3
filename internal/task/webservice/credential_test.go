package webservice_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/credential"
	"surveyflow/internal/outbound"
	"surveyflow/internal/secret"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/models"
)

const (
	thePassword = "pa/ss+w0rd&canary"
	theToken    = "tok3n-canary-000111222"
)

// lending is a type of task whose credentials belong to one person.
type lending struct {
	*webservice.Type
	desk  *credential.Service
	owner models.Actor
}

func newLending(t *testing.T) *lending {
	t.Helper()
	s := storetest.SQLite(t, storetest.Options{})
	i := storetest.NewInstance(t, s, nil)
	sealer, err := secret.Open(t.Context(), s, [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	allow, err := outbound.ParseAllow("127.0.0.0/8,localhost")
	if err != nil {
		t.Fatal(err)
	}
	c := outbound.New(outbound.Options{Version: "test", Allow: allow})
	desk := credential.New(credential.Options{Store: s, Sealer: sealer, Client: c})
	t.Cleanup(desk.Wait)
	return &lending{webservice.New(c, desk), desk, i.User("bob@example.com", models.RoleMember)}
}

func (l *lending) add(t *testing.T, in credential.Input, hosts ...string) string {
	t.Helper()
	name := "CRM"
	in.Name, in.AllowedHosts = &name, &hosts
	row, err := l.desk.Create(t.Context(), l.owner, in)
	if err != nil {
		t.Fatal(err)
	}
	return row.ID
}

func basicOf() credential.Input {
	user, password := "svc", thePassword
	return credential.Input{Type: models.CredentialBasic, Username: &user, Password: &password}
}

func tokenOf(header string) credential.Input {
	token := theToken
	return credential.Input{Type: models.CredentialAPIKey, Token: &token, Header: &header}
}

// run makes one attempt and gives it as it would be kept.
func (l *lending) run(t *testing.T, config models.WebServiceConfig, actor models.Actor) (task.Outcome, string) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := l.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	out, kept := task.Exec(t.Context(), clock.System{}, nil, compiled, task.Input{Values: values, Actor: actor, RunID: "RN_1", TaskID: "OCAC_1", Now: time.Now()})
	all, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	return out, string(all)
}

// clean checks that a kept text has no secret in it, however it is spelled.
func clean(t *testing.T, kept string) {
	t.Helper()
	for _, s := range []string{thePassword, theToken} {
		for _, form := range []string{s, url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte("svc:" + s)), s[:12]} {
			if strings.Contains(kept, form) {
				t.Errorf("%q is kept in %.600s", form, kept)
			}
		}
	}
}

// echo answers with all that it was sent, in several spellings, and keeps the headers it got.
func echo(t *testing.T) (*httptest.Server, *[]http.Header) {
	t.Helper()
	var got []http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Header.Clone())
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
			return
		case "/garbage":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				fmt.Fprintf(conn, "%s %s is no HTTP\r\n\r\n", r.Header.Get("Authorization"), r.Header.Get("X-Api-Token"))
				conn.Close()
			}
			return
		case "/401":
			w.WriteHeader(http.StatusUnauthorized)
		}
		all := fmt.Sprint(r.Header, r.URL, string(body))
		_, password, _ := r.BasicAuth()
		w.Header().Set("X-Echo", r.Header.Get("Authorization")+r.Header.Get("X-Api-Token")+password)
		fmt.Fprintln(w, all, password, url.QueryEscape(password), base64.StdEncoding.EncodeToString([]byte(all+password)))
		fmt.Fprint(w, strings.Repeat("x", 64<<10-len(all)), r.Header.Get("X-Api-Token"), password) // over the cut of a record
	}))
	t.Cleanup(s.Close)
	return s, &got
}

func TestACredentialIsSentAndNeverRecorded(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	s, got := echo(t)
	basicID, tokenID := l.add(t, basicOf()), l.add(t, tokenOf("X-Api-Token"))
	for _, path := range []string{"/", "/401", "/garbage"} {
		for _, id := range []string{basicID, tokenID} {
			*got = nil
			_, kept := l.run(t, models.WebServiceConfig{
				CredentialID: id, Method: "POST", URL: s.URL + path + "?k=~{cr://" + tokenID + "/token}",
				Headers: []models.HeaderSpec{{Key: "X-Piped", Value: "v=~{cr://" + basicID + "/password}"}},
				Body:    pairs(models.PairSpec{Key: "p", Value: "~{cr://" + basicID + "/password}"}),
			}, l.owner)
			clean(t, kept)
			if len(*got) != 1 {
				t.Fatalf("%s: %d calls", path, len(*got))
			}
			h := (*got)[0]
			if h.Get("X-Piped") != "v="+thePassword || id == tokenID && h.Get("X-Api-Token") != theToken || id == basicID && !strings.HasPrefix(h.Get("Authorization"), "Basic ") {
				t.Errorf("%s: sent %v", path, h)
			}
		}
	}
}

func TestACredentialGoesToItsAllowedHostsOnly(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	s, got := echo(t)
	other, otherGot := echo(t)
	host := strings.TrimPrefix(s.URL, "http://")
	bound := l.add(t, tokenOf("X-Api-Token"), host)
	config := models.WebServiceConfig{CredentialID: bound, Method: "GET", URL: other.URL}
	out, _ := l.run(t, config, l.owner)
	if out.Result != task.Failed || out.Error.Key != "outbound.outside.credential" || len(*otherGot) != 0 {
		t.Errorf("%v, %+v, %d calls", out.Result, out.Error, len(*otherGot))
	}
	config.CredentialID, config.Headers = "", []models.HeaderSpec{{Key: "X-Api-Token", Value: "~{cr://" + bound + "/token}"}}
	if out, _ = l.run(t, config, l.owner); out.Error == nil || out.Error.Key != "outbound.outside.credential" || len(*otherGot) != 0 {
		t.Errorf("piped: %+v, %d calls", out.Error, len(*otherGot))
	}
	config.URL = s.URL + "/away?to=" + url.QueryEscape(other.URL)
	if out, _ = l.run(t, config, l.owner); out.Error == nil || out.Error.Key != "outbound.outside.credential" || len(*otherGot) != 0 {
		t.Errorf("redirect: %+v, %d calls", out.Error, len(*otherGot))
	}
	// Without a list a redirect to another host is followed, without what was secret.
	open := l.add(t, tokenOf("X-Own-Name"))
	config = models.WebServiceConfig{
		CredentialID: open, Method: "GET", URL: s.URL + "/away?to=" + url.QueryEscape(other.URL),
		Headers: []models.HeaderSpec{{Key: "X-Other", Value: "~{cr://" + open + "/token}"}},
	}
	out, kept := l.run(t, config, l.owner)
	clean(t, kept)
	if out.Result != task.Done || len(*otherGot) != 1 || (*otherGot)[0].Get("X-Own-Name")+(*otherGot)[0].Get("X-Other") != "" {
		t.Errorf("%+v, %v", out.Error, *otherGot)
	}
	if (*got)[len(*got)-1].Get("X-Own-Name") != theToken {
		t.Error("the first host did not get the token")
	}
}

func TestAHostThatOnlyTheDataKnowsGetsNoUnboundCredential(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	open := l.add(t, basicOf())
	out, _ := l.run(t, models.WebServiceConfig{CredentialID: open, Method: "GET", URL: "http://${e://Field/host}/"}, l.owner)
	if out.Result != task.Failed || out.Error.Key != "run.error.credential_hosts" {
		t.Errorf("%+v", out.Error)
	}
}

func TestSomebodyElsesCredentialIsRefusedAtTheRun(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	s, got := echo(t)
	id := l.add(t, basicOf())
	for _, config := range []models.WebServiceConfig{
		{CredentialID: id, Method: "GET", URL: s.URL},
		{Method: "GET", URL: s.URL, Headers: []models.HeaderSpec{{Key: "X", Value: "~{cr://" + id + "/password}"}}},
	} {
		out, _ := l.run(t, config, models.Actor{OrgID: l.owner.OrgID, UserID: "UR_000000000000000", Role: models.RoleBrandAdmin})
		if out.Result != task.Failed || out.Error.Key != "run.error.credential_none" || len(*got) != 0 {
			t.Errorf("%+v, %d calls", out.Error, len(*got))
		}
	}
}

func TestPartsOfCredentialsStayOutOfHostAndPath(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	id := l.add(t, basicOf())
	token := "~{cr://" + id + "/password}"
	for _, c := range []struct{ url, key string }{
		{"https://" + token + "/x", "task.error.credential_in_url"},
		{token, "task.error.credential_in_url"},
		{"https://a.example/" + token, "task.error.credential_in_url"},
		{"https://a.example/x?k=~{cr://nonsense/token}", "task.error.credential_token"},
		{"https://a.example/x?k=" + token, ""},
		{"https://~{cr://" + id + "/instance_host}/x", ""},
	} {
		text, _ := json.Marshal(models.WebServiceConfig{Method: "GET", URL: c.url})
		_, err := l.Compile(text)
		if c.key == "" && err != nil || c.key != "" && (err == nil || !strings.Contains(err.Error(), c.key)) {
			t.Errorf("%s: %v", c.url, err)
		}
	}
	if _, err := webservice.New(client(t)).Compile([]byte(`{"method":"GET","url":"https://a.example","credentialId":"` + id + `"}`)); err == nil {
		t.Error("a program without credentials took one")
	}
}

func TestA401GetsNewTokensAndOneMoreCallInTheSameAttempt(t *testing.T) {
	t.Parallel()
	l := newLending(t)
	asked, calls, good := 0, 0, "access-canary-2"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			asked++
			fmt.Fprintf(w, `{"access_token":"access-canary-%d","token_type":"Bearer"}`, asked)
			return
		}
		calls++
		if r.Header.Get("Authorization") != "Bearer "+good {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, r.Header.Get("Authorization"))
	}))
	t.Cleanup(s.Close)
	grant, id, sec, endpoint := models.GrantClientCredentials, "client", "client-s3cret", s.URL+"/token"
	cr := l.add(t, credential.Input{Type: models.CredentialOAuth2, GrantType: &grant, ClientID: &id, ClientSecret: &sec, TokenEndpoint: &endpoint})
	config := models.WebServiceConfig{CredentialID: cr, Method: "POST", URL: s.URL + "/api"}
	out, kept := l.run(t, config, l.owner)
	if out.Result != task.Done || asked != 2 || calls != 2 || strings.Contains(kept, "access-canary") {
		t.Errorf("%+v, asked %d, called %d, kept %.400s", out.Error, asked, calls, kept)
	}
	good = "none is good"
	out, _ = l.run(t, config, l.owner)
	if out.Result != task.Failed || out.Error.Key != "run.error.status" || asked != 3 || calls != 4 {
		t.Errorf("%+v, asked %d, called %d; a second 401 is final", out.Error, asked, calls)
	}
}

func TestASecretThatAnEarlierAnswerRepeatedStaysWithinTheHostsOfItsCredential(t *testing.T) {
	t.Parallel()
	l, calls := newLending(t), 0
	away := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls++
		if strings.Contains(fmt.Sprint(r.Header, r.URL), theToken) {
			t.Error("a redirect took the secret along")
		}
	}))
	t.Cleanup(away.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, away.URL, http.StatusFound)
			return
		}
		fmt.Fprintf(w, `{"you":%q}`, r.Header.Get("X-Plain"))
	}))
	t.Cleanup(s.Close)
	host := strings.TrimPrefix(s.URL, "http://")
	run := func(path, value string, hosts ...string) (task.Outcome, models.Attempt) {
		t.Helper()
		config, err := json.Marshal(models.WebServiceConfig{Method: "GET", URL: s.URL + path, Headers: []models.HeaderSpec{{Key: "X-Plain", Value: value}}})
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := l.Compile(config)
		if err != nil {
			t.Fatal(err)
		}
		return task.Exec(t.Context(), clock.System{}, nil, compiled, task.Input{Values: values, Actor: l.owner, Secrets: []models.Secret{{Value: theToken, Hosts: hosts}}})
	}
	for name, c := range map[string]struct {
		path, value string
		hosts       []string
		want        task.Result
		calls       int
	}{
		"its host":               {"/", theToken, []string{host}, task.Done, 1},
		"another host":           {"/", "v " + theToken, []string{"api.example.com"}, task.Failed, 0},
		"another host, encoded":  {"/?t=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(theToken))), "x", []string{"api.example.com"}, task.Failed, 0},
		"without it":             {"/", "harmless", []string{"api.example.com"}, task.Done, 1},
		"a redirect":             {"/away", theToken, []string{host}, task.Failed, 1},
		"a redirect, any host":   {"/away", theToken, nil, task.Done, 2},
		"an error that tells it": {"/", theToken, []string{"a.example"}, task.Failed, 0},
	} {
		calls = 0
		out, a := run(c.path, c.value, c.hosts...)
		if out.Result != c.want || calls != c.calls {
			t.Errorf("%s: %v after %d calls, %+v", name, out.Result, calls, out.Error)
		}
		if kept := fmt.Sprint(deref(a.Exchange), deref(a.Error), deref(a.Outputs)); strings.Contains(kept, theToken) {
			t.Errorf("%s: it is kept: %s", name, kept)
		}
		if out.Result == task.Failed && out.Error.Key != "outbound.outside.credential" {
			t.Errorf("%s: %+v", name, out.Error)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
