package credential_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/credential"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func (d *desk) access(t *testing.T, a models.Actor, id string) (string, *credential.Loan, error) {
	t.Helper()
	loan, err := d.Lend(t.Context(), credential.Order{Actor: a, Main: id})
	if err != nil {
		return "", nil, err
	}
	h := http.Header{}
	loan.Header(h)
	return h.Get("Authorization"), loan, nil
}

func (d *desk) status(t *testing.T, id string) models.CredentialStatus {
	t.Helper()
	row, err := d.Store.CredentialRow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row.Status
}

func TestClientCredentialsGetATokenWhenItIsNeededAndANewOneBeforeItEnds(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	in := p.clientCredentials()
	in.TokenParams = &map[string]string{"audience": "api"}
	row := d.create(t, d.bob, in)
	for range 3 {
		if got, _, err := d.access(t, d.bob, row.ID); err != nil || got != "Bearer access-1-value" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	form := p.asked[0]
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("client-1:cl1ent-s3cret"))
	if p.header[0].Get("Authorization") != want || form.Get("grant_type") != "client_credentials" || form.Get("scope") != "read write" ||
		form.Get("audience") != "api" || form.Get("tenant") != "acme" || form.Has("client_secret") {
		t.Errorf("asked with %v, %v", form, p.header[0])
	}
	d.clock.Advance(59*time.Minute + 30*time.Second) // within the last minute
	if got, _, err := d.access(t, d.bob, row.ID); err != nil || got != "Bearer access-2-value" || p.requests() != 2 {
		t.Errorf("%q, %v, %d requests", got, err, p.requests())
	}
	in = credential.Input{ClientAuthentication: ptr(models.ClientAuthBody)}
	if _, err := d.Update(t.Context(), d.bob, row.ID, in); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(2 * time.Hour)
	if _, _, err := d.access(t, d.bob, row.ID); err != nil || p.asked[2].Get("client_secret") != "cl1ent-s3cret" || p.header[2].Get("Authorization") != "" {
		t.Errorf("asked with %v, %v, %v", p.asked[2], p.header[2], err)
	}
}

func TestARotatingRefreshTokenSurvivesManyRenewals(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	row := d.create(t, d.bob, p.authorizationCode())
	_, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
	wantFault(t, err, "run.error.credential_not_connected")
	d.connect(t, d.bob, row.ID)
	for n := range 4 {
		if _, _, err := d.access(t, d.bob, row.ID); err != nil {
			t.Fatalf("renewal %d: %v", n, err)
		}
		d.clock.Advance(time.Hour)
	}
	if p.requests() != 4 || d.status(t, row.ID) != models.CredentialReady {
		t.Errorf("%d requests, %s", p.requests(), d.status(t, row.ID))
	}
}

func TestWithoutExpiresInA401Renews(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	p.expires = nil // as Salesforce
	row := d.create(t, d.bob, p.authorizationCode())
	d.connect(t, d.bob, row.ID)
	d.clock.Advance(1000 * time.Hour)
	got, loan, err := d.access(t, d.bob, row.ID)
	if err != nil || got != "Bearer access-1-value" || p.requests() != 1 {
		t.Fatalf("%q, %v, %d", got, err, p.requests())
	}
	renewed, err := loan.Renew(t.Context())
	h := http.Header{}
	loan.Header(h)
	if err != nil || !renewed || h.Get("Authorization") != "Bearer access-2-value" {
		t.Errorf("%v, %v, %v", renewed, err, h)
	}
	// Another call that got its 401 with the old token takes the new one without asking again.
	if renewed, err := loan.Renew(t.Context()); err != nil || !renewed || p.requests() != 3 {
		t.Errorf("%v, %v, %d requests", renewed, err, p.requests())
	}
	if got := loan.Source(nil).Value(ref(row.ID, credential.PartHost)).String(); got != strings.TrimPrefix(p.URL, "http://") {
		t.Errorf("instance host %q", got)
	}
	if got := loan.Source(nil).Value(ref(row.ID, "instance_url")).String(); got != p.URL {
		t.Errorf("instance URL %q", got)
	}
}

func TestAnOutageOfTheTokenEndpointIsTriedAgainAndNeverMeansReconnect(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	row := d.create(t, d.bob, p.authorizationCode())
	d.connect(t, d.bob, row.ID)
	d.clock.Advance(2 * time.Hour)
	answers := []struct {
		status int
		body   any
	}{
		{500, map[string]string{"error": "invalid_grant"}}, {503, nil}, {429, nil}, {502, "<html>"}, {400, map[string]string{"error": "temporarily_unavailable"}},
	}
	for _, a := range answers {
		p.answer = func(int, url.Values) (int, any) { return a.status, a.body }
		_, _, err := d.access(t, d.bob, row.ID)
		if f := faultOf(t, err, "run.error.credential_busy"); !f.Retry {
			t.Errorf("%d: %+v", a.status, f)
		}
	}
	p.answer = func(int, url.Values) (int, any) { return 404, "not here" }
	_, _, err := d.access(t, d.bob, row.ID)
	if f := faultOf(t, err, "run.error.credential_status"); f.Retry {
		t.Errorf("%+v", f)
	}
	if d.status(t, row.ID) != models.CredentialReady || len(d.notices) != 0 {
		t.Errorf("%s, %v", d.status(t, row.ID), d.notices)
	}
	p.answer = nil
	if _, _, err := d.access(t, d.bob, row.ID); err != nil {
		t.Errorf("after the outage: %v", err)
	}
	p.CloseClientConnections()
	p.Close()
	d.clock.Advance(2 * time.Hour)
	_, _, err = d.access(t, d.bob, row.ID)
	if f := faultOf(t, err, "run.error.credential_endpoint"); !f.Retry {
		t.Errorf("%+v", f)
	}
}

func TestARefusedRefreshMarksTheCredentialTellsItsOwnerAndStopsAsking(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	row := d.create(t, d.bob, p.authorizationCode())
	d.connect(t, d.bob, row.ID)
	p.refresh = "revoked" // the provider knows another one
	d.clock.Advance(2 * time.Hour)
	for range 3 {
		_, _, err := d.access(t, d.bob, row.ID)
		f := faultOf(t, err, "run.error.credential_reconnect")
		words, _ := f.Args["Words"].(string)
		if f.Retry || !strings.Contains(words, "invalid_grant") || strings.Contains(words, "refresh-1-value") {
			t.Errorf("%+v", f)
		}
	}
	if p.requests() != 2 || d.status(t, row.ID) != models.CredentialReconnect {
		t.Errorf("%d requests, %s", p.requests(), d.status(t, row.ID))
	}
	if len(d.notices) != 1 || d.notices[0].Kind != credential.NoticeReconnect || d.notices[0].Credential.OwnerID != d.bob.UserID {
		t.Errorf("told %+v", d.notices)
	}
	d.connect(t, d.bob, row.ID)
	if _, _, err := d.access(t, d.bob, row.ID); err != nil {
		t.Errorf("after connecting again: %v", err)
	}
}

func TestTheDeathOfAProcessBetweenRotationAndCommitIsSurvived(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	row := d.create(t, d.bob, p.authorizationCode())
	d.connect(t, d.bob, row.ID)
	d.clock.Advance(2 * time.Hour)
	now, err := d.Store.CredentialRow(t.Context(), row.ID)
	if err != nil {
		t.Fatal(err)
	}
	if won, err := d.Store.ClaimRefresh(t.Context(), row.ID, now.TokensRev, "dead", d.clock.Now().Add(40*time.Second)); !won || err != nil {
		t.Fatalf("%v, %v", won, err)
	}
	p.answer = func(_ int, form url.Values) (int, any) { // the provider takes the token that it has just replaced for a while, as Atlassian and Okta do
		if form.Get("refresh_token") == "refresh-1-value" {
			p.refresh = "refresh-1-value"
		}
		return 0, nil
	}
	d.clock.Advance(41 * time.Second) // the dead process's claim is void
	if got, _, err := d.access(t, d.bob, row.ID); err != nil || got == "" {
		t.Fatalf("%q, %v", got, err)
	}
	if saved, err := d.Store.SaveTokens(t.Context(), row.ID, "dead", store.Tokens{Sealed: "x"}); saved || err != nil {
		t.Errorf("the dead process's tokens were written over the new ones: %v, %v", saved, err)
	}
	if d.status(t, row.ID) != models.CredentialReady {
		t.Error(d.status(t, row.ID))
	}
}

// TestNodesRefreshATokenTogetherWithOneRequest is two nodes that refresh the same ended token a hundred times.
func TestNodesRefreshATokenTogetherWithOneRequest(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, database storetest.Database) {
		p, c := newProvider(t), clock.NewFake(time.Now())
		first := database.Open(t, storetest.Options{Clock: c})
		i := storetest.NewInstance(t, first, c)
		nodes := []*credential.Service{serviceOn(t, first, c, nil)}
		if database.Shared() {
			nodes = append(nodes, serviceOn(t, database.Open(t, storetest.Options{Clock: c}), c, nil))
		}
		d := &desk{Service: nodes[0], clock: c}
		row := d.create(t, i.Actor, p.authorizationCode())
		d.connect(t, i.Actor, row.ID)
		c.Advance(2 * time.Hour)
		begin := make(chan struct{})
		var came sync.WaitGroup
		came.Add(100)
		p.answer = func(n int, _ url.Values) (int, any) { // the provider answers once all have come
			if n == 2 {
				came.Wait()
			}
			return 0, nil
		}
		var calls sync.WaitGroup
		for n := range 100 {
			calls.Go(func() {
				<-begin
				came.Done()
				loan, err := nodes[n%len(nodes)].Lend(t.Context(), credential.Order{Actor: i.Actor, Main: row.ID})
				if err != nil {
					t.Error(err)
					return
				}
				h := http.Header{}
				if loan.Header(h); h.Get("Authorization") != "Bearer access-2-value" {
					t.Errorf("got %v", h)
				}
			})
		}
		close(begin)
		calls.Wait()
		if p.requests() != 2 {
			t.Errorf("%d requests; want one for the code and one refresh", p.requests())
		}
	})
}

func TestAWayToTheProviderIsGoodForOneReturnByTheOneWhoBeganIt(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	ctx := t.Context()
	row := d.create(t, d.bob, p.authorizationCode())
	begin := func() url.Values {
		address, err := d.Begin(ctx, d.bob, row.ID, "session", "/workflows/WF_1")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	finish := func(a models.Actor, session string, r credential.Return) error {
		_, _, err := d.Finish(ctx, a, session, r)
		return err
	}
	q := begin()
	want := map[string]string{
		"own": "1", "tenant": "acme", "response_type": "code", "client_id": "client-1", "scope": "read write", "code_challenge_method": "S256",
		"redirect_uri": "http://localhost:8080/oauth-client-service/redirect",
	}
	for name, value := range want {
		if q.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, q.Get(name), value)
		}
	}
	if len(q.Get("state")) < 22 || q.Get("code_challenge") == "" {
		t.Errorf("query %v", q)
	}
	for name, c := range map[string]struct {
		a       models.Actor
		session string
		key     string
		change  func(*credential.Return)
	}{
		"another person":  {d.eve, "session", "credential.oauth.other_session", nil},
		"another session": {d.bob, "other", "credential.oauth.other_session", nil},
		"no such state":   {d.bob, "session", "credential.oauth.expired", func(r *credential.Return) { r.State = "x" }},
		"too late":        {d.bob, "session", "credential.oauth.expired", func(*credential.Return) { d.clock.Advance(11 * time.Minute) }},
	} {
		r := credential.Return{State: begin().Get("state"), Code: "c0de"}
		if c.change != nil {
			c.change(&r)
		}
		err := finish(c.a, c.session, r)
		if e, ok := err.(*models.Error); !ok || e.Key != c.key { //nolint:errorlint // Finish promises it
			t.Errorf("%s: %v", name, err)
		}
	}
	wantFault(t, finish(d.bob, "session", credential.Return{State: begin().Get("state"), Error: "access_denied"}), "credential.oauth.denied")
	wantFault(t, finish(d.bob, "session", credential.Return{State: begin().Get("state"), Error: "server_error", Description: "oops"}), "credential.oauth.error")
	wantFault(t, finish(d.bob, "session", credential.Return{State: begin().Get("state")}), "credential.oauth.no_code")
	if p.requests() != 0 {
		t.Errorf("%d requests", p.requests())
	}
	r := credential.Return{State: begin().Get("state"), Code: "c0de"}
	id, to, err := d.Finish(ctx, d.bob, "session", r)
	if err != nil || id != row.ID || to != "/workflows/WF_1" {
		t.Fatalf("%s, %s, %v", id, to, err)
	}
	if p.asked[0].Get("code_verifier") == "" || p.asked[0].Get("code") != "c0de" {
		t.Errorf("asked with %v", p.asked[0])
	}
	if err := finish(d.bob, "session", r); models.ErrorCode(err) != models.CodeInvalid || p.requests() != 1 {
		t.Errorf("a state was good twice: %v", err)
	}
	if _, err := d.Update(ctx, d.bob, row.ID, credential.Input{PKCE: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	if q := begin(); q.Get("code_challenge") != "" {
		t.Errorf("PKCE was switched off: %v", q)
	}
}

func TestAChangeOfTheClientNeedsANewAgreement(t *testing.T) {
	t.Parallel()
	d, p := newDesk(t), newProvider(t)
	row := d.create(t, d.bob, p.authorizationCode())
	d.connect(t, d.bob, row.ID)
	if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{Name: ptr("renamed"), AllowedHosts: &[]string{"a.example"}}); err != nil || d.status(t, row.ID) != models.CredentialReady {
		t.Fatalf("%v, %s", err, d.status(t, row.ID))
	}
	if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{Scopes: ptr("more")}); err != nil || d.status(t, row.ID) != models.CredentialNotConnected {
		t.Errorf("%v, %s", err, d.status(t, row.ID))
	}
}
