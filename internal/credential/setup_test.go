package credential_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/credential"
	"surveyflow/internal/i18n"
	"surveyflow/internal/outbound"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// desk is a service over a database with a brand admin, Ada, and two members, Bob and Eve.
type desk struct {
	*credential.Service
	clock         *clock.Fake
	ada, bob, eve models.Actor
	mu            sync.Mutex
	notices       []credential.Notice
}

var rootKey = bytes.Repeat([]byte{7}, 32)

func newDesk(t *testing.T) *desk {
	t.Helper()
	c := clock.NewFake(time.Now())
	s := storetest.SQLite(t, storetest.Options{Clock: c})
	d := &desk{clock: c}
	i := storetest.NewInstance(t, s, c)
	d.ada, d.bob, d.eve = i.Actor, i.User("bob@example.com", models.RoleMember), i.User("eve@example.com", models.RoleMember)
	d.Service = serviceOn(t, s, c, d.tell)
	return d
}

func (d *desk) tell(_ context.Context, n credential.Notice) (*models.Notices, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, n)
	return nil, nil
}

// serviceOn makes a service of one node.
func serviceOn(t *testing.T, s *store.Store, c clock.Clock, tell func(context.Context, credential.Notice) (*models.Notices, error)) *credential.Service {
	t.Helper()
	sealer, err := secret.Open(t.Context(), s, [][]byte{rootKey}, c)
	if err != nil {
		t.Fatal(err)
	}
	allow, err := outbound.ParseAllow("127.0.0.0/8,localhost")
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.New(outbound.Options{Version: "test", Allow: allow})
	service := credential.New(credential.Options{
		Store: s, Sealer: sealer, Client: client, Clock: c, RedirectURL: "http://localhost:8080/oauth-client-service/redirect", Notices: tell,
	})
	t.Cleanup(func() {
		service.Wait()
		service.Close()
		client.CloseIdle()
	})
	return service
}

func ptr[T any](v T) *T { return &v }

// create adds a credential that must be right.
func (d *desk) create(t *testing.T, a models.Actor, in credential.Input) *models.Credential {
	t.Helper()
	if in.Name == nil {
		in.Name = ptr("CRM")
	}
	c, err := d.Create(t.Context(), a, in)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return c
}

func basic() credential.Input {
	return credential.Input{Type: models.CredentialBasic, Username: ptr("svc-user"), Password: ptr("basic-p4ssword")}
}

func apiKey(header string) credential.Input {
	return credential.Input{Type: models.CredentialAPIKey, Token: ptr("api-t0ken-value"), Header: &header}
}

// wantFault checks that a loan is refused with a sentence that the catalogue has.
func wantFault(t *testing.T, err error, key string) {
	t.Helper()
	_ = faultOf(t, err, key)
}

// faultOf is wantFault, and gives why.
func faultOf(t *testing.T, err error, key string) *credential.Error {
	t.Helper()
	f, ok := errors.AsType[*credential.Error](err)
	if !ok || f.Key != key {
		t.Fatalf("error = %v, want the fault %s", err, key)
	}
	if !i18n.Has(f.Key) {
		t.Errorf("there is no sentence for %s", f.Key)
	}
	return f
}

// wantField checks that an input is refused for one field.
func wantField(t *testing.T, err error, field, key string) {
	t.Helper()
	e, ok := errors.AsType[*models.Error](err)
	if !ok {
		t.Fatalf("error = %v, want the field %s", err, field)
	}
	for _, f := range e.Fields {
		if f.Field == field && f.Key == key {
			return
		}
	}
	t.Errorf("fields = %+v, want %s: %s", e.Fields, field, key)
}

// provider is a token endpoint whose behaviour a test sets. It rotates refresh tokens and takes each once.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []url.Values
	header  []http.Header
	answer  func(n int, form url.Values) (int, any) // nil: tokens
	refresh string
	expires any
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{expires: 3600, refresh: "refresh-0"}
	p.Server = httptest.NewServer(http.HandlerFunc(p.token))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.header = append(p.asked, r.Form), append(p.header, r.Header.Clone())
	n := len(p.asked)
	w.Header().Set("Content-Type", "application/json")
	if p.answer != nil {
		if status, body := p.answer(n, r.Form); status != 0 {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
			return
		}
	}
	answer := map[string]any{"access_token": "access-" + string(rune('0'+n)) + "-value", "token_type": "bearer", "instance_url": p.URL}
	if p.expires != nil {
		answer["expires_in"] = p.expires
	}
	switch r.PostForm.Get("grant_type") {
	case "refresh_token":
		if r.PostForm.Get("refresh_token") != p.refresh {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": "token " + r.PostForm.Get("refresh_token") + " was used"})
			return
		}
		fallthrough
	case "authorization_code":
		p.refresh = "refresh-" + string(rune('0'+n)) + "-value"
		answer["refresh_token"] = p.refresh
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *provider) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

// clientCredentials is a credential at the provider that no person is needed for.
func (p *provider) clientCredentials() credential.Input {
	return credential.Input{
		Type: models.CredentialOAuth2, GrantType: ptr(models.GrantClientCredentials), ClientID: ptr("client-1"), ClientSecret: ptr("cl1ent-s3cret"),
		TokenEndpoint: ptr(p.URL + "/token?tenant=acme"), Scopes: ptr("read write"),
	}
}

func (p *provider) authorizationCode() credential.Input {
	in := p.clientCredentials()
	in.GrantType, in.AuthorizationEndpoint = ptr(models.GrantAuthorizationCode), ptr(p.URL+"/auth?own=1")
	return in
}

// connect goes the way to the provider and back without a browser.
func (d *desk) connect(t *testing.T, a models.Actor, id string) {
	t.Helper()
	address, err := d.Begin(t.Context(), a, id, "session", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Finish(t.Context(), a, "session", credential.Return{State: u.Query().Get("state"), Code: "c0de"}); err != nil {
		t.Fatal(err)
	}
}

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// issue makes a certificate in PEM for a public key.
func (a *authority) issue(t *testing.T, public any, change func(*x509.Certificate)) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "surveyflow-client"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// clientCert makes a key and its certificate.
func (a *authority) clientCert(t *testing.T) credential.ClientCert {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return credential.ClientCert{PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), Certificate: a.issue(t, public, nil)}
}
