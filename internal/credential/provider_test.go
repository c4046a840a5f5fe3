package credential_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/credential"
	"surveyflow/internal/oauthtest"
	"surveyflow/models"
)

const realSecret = "real-cl1ent-s3cret-of-32-letters"

// realProvider is npm's oidc-provider behind a gateway, whose answers a test can take the place of. It keeps what its token
// endpoint was asked.
type realProvider struct {
	*httptest.Server
	issuer  string
	mu      sync.Mutex
	asked   []url.Values
	instead func(http.ResponseWriter) bool // nil: the provider answers
}

func newRealProvider(t *testing.T, o oauthtest.Options) *realProvider {
	t.Helper()
	code := oauthtest.Client{
		ID: "surveyflow", Secret: realSecret, RedirectURIs: []string{"http://localhost:8080/oauth-client-service/redirect"},
		GrantTypes: []string{"authorization_code", "refresh_token"},
	}
	body := code
	body.ID, body.TokenAuth = "surveyflow-body", "client_secret_post"
	machine := oauthtest.Client{ID: "machine", Secret: realSecret, GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}, Responses: []string{}}
	machineBody := machine
	machineBody.ID, machineBody.TokenAuth = "machine-body", "client_secret_post"
	o.Clients = []oauthtest.Client{code, body, machine, machineBody}
	p := &realProvider{issuer: oauthtest.New(t, o).Issuer}
	to, err := url.Parse(p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(to) //nolint:staticcheck // it has no hop-by-hop headers to guard
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(text))
		p.mu.Lock()
		p.asked = append(p.asked, form)
		instead := p.instead
		p.mu.Unlock()
		if instead != nil && instead(w) {
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(text)))
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *realProvider) requests() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *realProvider) answers(with func(http.ResponseWriter) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instead = with
}

func (p *realProvider) authorizationCode(client string) credential.Input {
	in := credential.Input{
		Type: models.CredentialOAuth2, GrantType: ptr(models.GrantAuthorizationCode), ClientID: &client, ClientSecret: ptr(realSecret),
		TokenEndpoint: ptr(p.URL + "/token"), AuthorizationEndpoint: ptr(p.issuer + "/auth"), Scopes: ptr("openid offline_access"),
		AuthorizationParams: &map[string]string{"prompt": "consent"},
	}
	if strings.HasSuffix(client, "-body") {
		in.ClientAuthentication = ptr(models.ClientAuthBody)
	}
	return in
}

// tells asks the provider itself whose a token is.
func (p *realProvider) tells(t *testing.T, authorization string) (status int, subject string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.issuer+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var said struct {
		Sub string `json:"sub"`
	}
	_ = json.NewDecoder(res.Body).Decode(&said)
	return res.StatusCode, said.Sub
}

// active asks the provider whether a token is good (RFC 7662).
func (p *realProvider) active(t *testing.T, client, token string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.issuer+"/token/introspection", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(client, realSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var said struct{ Active bool }
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		t.Fatal(err)
	}
	return said.Active
}

// agree goes the way to the provider and back as a person who agrees.
func (d *desk) agree(t *testing.T, a models.Actor, id string) {
	t.Helper()
	address, err := d.Begin(t.Context(), a, id, "session", "")
	if err != nil {
		t.Fatal(err)
	}
	back := oauthtest.SignIn(t, oauthtest.NewBrowser(t), address, "grace")
	if _, _, err := d.Finish(t.Context(), a, "session", returned(back)); err != nil {
		t.Fatalf("back at %s: %v", back, err)
	}
}

func returned(u *url.URL) credential.Return {
	q := u.Query()
	return credential.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Description: q.Get("error_description")}
}

func TestARealProviderGivesTokensToClientsInEitherWay(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newRealProvider(t, oauthtest.Options{})
	for client, way := range map[string]models.ClientAuthentication{"machine": models.ClientAuthHeader, "machine-body": models.ClientAuthBody} {
		row := d.create(t, d.bob, credential.Input{
			Type: models.CredentialOAuth2, GrantType: ptr(models.GrantClientCredentials), ClientID: &client, ClientSecret: ptr(realSecret),
			TokenEndpoint: ptr(p.URL + "/token"), ClientAuthentication: &way, Scopes: ptr("read write"),
		})
		if err := d.Connect(t.Context(), d.bob, row.ID); err != nil {
			t.Fatalf("%s: %v", client, err)
		}
		first, _, err := d.access(t, d.bob, row.ID)
		if err != nil {
			t.Fatalf("%s: %v", client, err)
		}
		d.clock.Advance(time.Hour) // these tokens live ten minutes
		second, _, err := d.access(t, d.bob, row.ID)
		if err != nil || second == first {
			t.Fatalf("%s: %q after %q, %v", client, second, first, err)
		}
		if _, token, _ := strings.Cut(second, " "); client == "machine" && !p.active(t, client, token) {
			t.Error("the provider does not know the token")
		}
		if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{ClientSecret: ptr("wrong")}); err != nil {
			t.Fatal(err)
		}
		wantFault(t, d.Connect(t.Context(), d.bob, row.ID), "credential.oauth.refused")
	}
}

func TestARealProviderRotatesRefreshTokensManyTimes(t *testing.T) {
	t.Parallel()
	p := newRealProvider(t, oauthtest.Options{Rotate: true})
	for _, client := range []string{"surveyflow", "surveyflow-body"} {
		d := newDesk(t)
		row := d.create(t, d.bob, p.authorizationCode(client))
		d.agree(t, d.bob, row.ID)
		for n := range 4 {
			got, _, err := d.access(t, d.bob, row.ID)
			if err != nil {
				t.Fatalf("%s, renewal %d: %v", client, n, err)
			}
			if status, subject := p.tells(t, got); status != http.StatusOK || subject != "grace" {
				t.Fatalf("%s, renewal %d: the token is of %q, %d", client, n, subject, status)
			}
			d.clock.Advance(2 * time.Hour)
		}
	}
	used := map[string]bool{}
	for _, form := range p.requests() {
		if token := form.Get("refresh_token"); token != "" {
			if used[token] {
				t.Error("a refresh token was used twice")
			}
			used[token] = true
		}
	}
	if len(used) != 6 {
		t.Errorf("%d refreshes", len(used))
	}
}

func TestARealProviderDeclinesWithoutACodeChallengeAndWhenAPersonDoes(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newRealProvider(t, oauthtest.Options{})
	row := d.create(t, d.bob, p.authorizationCode("surveyflow"))
	way := func(there func(testing.TB, *http.Client, string) *url.URL) error {
		address, err := d.Begin(t.Context(), d.bob, row.ID, "session", "")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = d.Finish(t.Context(), d.bob, "session", returned(there(t, oauthtest.NewBrowser(t), address)))
		return err
	}
	agree := func(t testing.TB, c *http.Client, address string) *url.URL {
		return oauthtest.SignIn(t, c, address, "grace")
	}
	wantFault(t, way(oauthtest.Decline), "credential.oauth.denied")
	late := func(t testing.TB, c *http.Client, address string) *url.URL {
		back := agree(t, c, address)
		d.clock.Advance(11 * time.Minute)
		return back
	}
	if e, ok := way(late).(*models.Error); !ok || e.Key != "credential.oauth.expired" { //nolint:errorlint // Finish promises it
		t.Errorf("too late: %v", e)
	}
	if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{PKCE: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	err := way(agree)
	if f := faultOf(t, err, "credential.oauth.error"); !strings.Contains(f.Args["Words"].(string), "PKCE") { //nolint:forcetypeassert // as made
		t.Errorf("the provider's words are lost: %v", f.Args)
	}
	if n := len(p.requests()); n != 0 || d.status(t, row.ID) != models.CredentialNotConnected {
		t.Errorf("%d token requests, %s", n, d.status(t, row.ID))
	}
	if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{PKCE: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	if err := way(agree); err != nil || d.status(t, row.ID) != models.CredentialReady {
		t.Errorf("%v, %s", err, d.status(t, row.ID))
	}
	if p.requests()[0].Get("code_verifier") == "" {
		t.Error("the code was exchanged without its verifier")
	}
}

func TestAnOutageBeforeARealProviderCostsNoAgreement(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newRealProvider(t, oauthtest.Options{Rotate: true})
	row := d.create(t, d.bob, p.authorizationCode("surveyflow"))
	d.agree(t, d.bob, row.ID)
	d.clock.Advance(2 * time.Hour)
	for _, status := range []int{500, 502, 503, 504} {
		p.answers(func(w http.ResponseWriter) bool {
			http.Error(w, `{"error":"invalid_grant"}`, status)
			return true
		})
		_, _, err := d.access(t, d.bob, row.ID)
		if f := faultOf(t, err, "run.error.credential_busy"); !f.Retry {
			t.Errorf("%d: %+v", status, f)
		}
	}
	p.answers(nil)
	if got, _, err := d.access(t, d.bob, row.ID); err != nil || d.status(t, row.ID) != models.CredentialReady || len(d.notices) != 0 {
		t.Errorf("%q, %v, %s, %v", got, err, d.status(t, row.ID), d.notices)
	}
}

// TestADeathBetweenRotationAndCommitAtARealProvider lets a process die that has got new tokens and not written them down. A
// provider with a leeway goes on as if nothing had been; a strict one takes the second use for a theft and revokes everything,
// which must end as a sentence and a notice, and never as a credential that is stuck.
func TestADeathBetweenRotationAndCommitAtARealProvider(t *testing.T) {
	t.Parallel()
	for name, leeway := range map[string]bool{"with a leeway": true, "strict": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, p := newDesk(t), newRealProvider(t, oauthtest.Options{Rotate: true, Leeway: leeway})
			row := d.create(t, d.bob, p.authorizationCode("surveyflow-body"))
			d.agree(t, d.bob, row.ID)
			d.clock.Advance(2 * time.Hour)
			d.dies(t, p, row.ID)
			d.clock.Advance(credential.ClaimFor + time.Second)
			got, _, err := d.access(t, d.bob, row.ID)
			if leeway {
				if status, _ := p.tells(t, got); err != nil || status != http.StatusOK || d.status(t, row.ID) != models.CredentialReady {
					t.Errorf("%d, %v, %s", status, err, d.status(t, row.ID))
				}
				return
			}
			wantFault(t, err, "run.error.credential_reconnect")
			if d.status(t, row.ID) != models.CredentialReconnect || len(d.notices) != 1 {
				t.Errorf("%s, told %v", d.status(t, row.ID), d.notices)
			}
			d.agree(t, d.bob, row.ID)
			if _, _, err := d.access(t, d.bob, row.ID); err != nil {
				t.Errorf("after connecting again: %v", err)
			}
		})
	}
}

// dies claims a refresh and makes it, as a process does that ends before it writes the tokens down.
func (d *desk) dies(t *testing.T, p *realProvider, id string) {
	t.Helper()
	row, err := d.Store.CredentialRow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if won, err := d.Store.ClaimRefresh(t.Context(), id, row.TokensRev, "dead", d.clock.Now().Add(credential.ClaimFor)); !won || err != nil {
		t.Fatalf("%v, %v", won, err)
	}
	_, refresh, err := d.lastTokens(t, id)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {"surveyflow-body"}, "client_secret": {realSecret}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the provider says %s", res.Status)
	}
}

// lastTokens opens the tokens of a credential.
func (d *desk) lastTokens(t *testing.T, id string) (access, refresh string, err error) {
	t.Helper()
	row, err := d.Store.CredentialRow(t.Context(), id)
	if err != nil {
		return "", "", err
	}
	plain, err := d.Sealer.Open(t.Context(), "credentials|"+id+"|tokens_sealed", row.TokensSealed)
	if err != nil {
		return "", "", err
	}
	var tokens struct{ Access, Refresh string }
	err = json.Unmarshal(plain, &tokens)
	return tokens.Access, tokens.Refresh, err
}
