package apiv3

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// certHeader is the header in which the proxy of the tests passes certificates on, and proxyAddress where it stands.
const (
	certHeader   = "X-Client-Cert"
	proxyAddress = "192.0.2.9:1"
)

// certificateRequest makes a request for a certificate.
func certificateRequest(t testing.TB, subject string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject}}, key)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(newCertificate{Request: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// shows makes a call through the proxy, with a certificate; empty for none.
func (b *bench) shows(certificate, token, method, path, body string) *reply {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, "/API/v3"+path, strings.NewReader(body))
	r.RemoteAddr = proxyAddress
	r.Header.Set("X-API-TOKEN", token)
	if certificate != "" {
		r.Header.Set(certHeader, url.PathEscape(certificate))
	}
	return b.send(r)
}

const certificatesPath = "/organizations/acme/clientcertificates"

func (b *bench) certificate(subject string) (id, certificate string) {
	b.Helper()
	made := b.post(b.admin, certificatesPath, certificateRequest(b, subject))
	return made.text("id"), made.text("certificate")
}

func TestBrandAdminsManageClientCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, text := b.certificate("warehouse")
	if !strings.HasPrefix(id, "CERT_") || !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("the certificate %s is %q", id, text)
	}
	one := b.get(b.admin, certificatesPath+"/"+id)
	if one.text("status") != "active" || one.text("subject") != "warehouse" || one.text("createdBy") != b.users["admin"].ID || one.text("expirationDate") != "2027-11-22T12:00:00Z" || one.text("certificate") != text {
		t.Errorf("it is %s", one.Result)
	}
	b.certificate("second")
	first := b.get(b.admin, certificatesPath+"?pageSize=1")
	if got := string(first.Result); !strings.Contains(got, `"nextPage":"https://`) || strings.Contains(got, "BEGIN CERTIFICATE") {
		t.Errorf("the list is %s", got)
	}
	for _, path := range []string{certificatesPath, certificatesPath + "/" + id} {
		b.do(b.ada, "GET", path, "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
		b.do(b.admin, "GET", strings.Replace(path, "acme", "other", 1), "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Organization not found.")
	}
	b.do(b.ada, "POST", certificatesPath, certificateRequest(t, "x")).fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
	b.do(b.ada, "DELETE", certificatesPath+"/"+id, "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
	b.do(b.admin, "POST", certificatesPath, `{}`).invalid("certificateRequest")
	b.do(b.admin, "POST", certificatesPath, `{"certificateRequest":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}`).invalid("certificateRequest")
	b.do(b.admin, "GET", certificatesPath+"/CERT_000000000000000", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Client certificate not found.")
	b.do(b.admin, "DELETE", certificatesPath+"/"+id, "").ok()
	b.do(b.admin, "DELETE", certificatesPath+"/"+id, "").fails(409, "409 - Conflict", "SF_CONFLICT", "already")
	if got := b.get(b.admin, certificatesPath+"/"+id); got.text("status") != "revoked" || got.text("revocationDate") == "" {
		t.Errorf("revoked, it is %s", got.Result)
	}
	for range models.MaxClientCertificates - 1 {
		b.certificate("x")
	}
	b.do(b.admin, "POST", certificatesPath, certificateRequest(t, "x")).fails(409, "409 - Conflict", "SF_CONFLICT", "10")
	log, _, err := b.store.AuditLog(t.Context(), b.users["admin"].Actor(models.ViaWeb), store.AuditFilter{})
	b.check(err)
	actions := map[models.AuditAction]int{}
	for _, e := range log {
		actions[e.Action]++
	}
	if actions[models.AuditCertificateCreate] != models.MaxClientCertificates+1 || actions[models.AuditCertificateRevoke] != 1 {
		t.Errorf("the audit log has %v", actions)
	}
}

func TestTheAPITakesCallsWithACertificateAloneWhereThatIsRequired(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		id, good := b.certificate("warehouse")
		actor := b.users["admin"].Actor(models.ViaWeb)
		b.shows("", b.ada, "GET", "/whoami", "").ok()
		b.shows("rubbish", b.ada, "GET", "/whoami", "").ok() // nobody asks for one
		b.shows(good, b.ada, "GET", "/whoami", "").ok()
		if got := b.get(b.admin, certificatesPath+"/"+id); got.text("lastUsed") == "" {
			t.Errorf("its use was not noted: %s", got.Result)
		}
		b.check(b.store.RequireClientCertificate(t.Context(), actor, true))
		b.clock.Advance(time.Second)

		refused := func(r *reply, part string) {
			t.Helper()
			r.fails(403, "403 - Forbidden", "SF_CERTIFICATE", part)
		}
		refused(b.shows("", b.ada, "GET", "/whoami", ""), "without one")
		refused(b.shows("rubbish", b.ada, "GET", "/whoami", ""), "cannot be read")
		b.shows(good, b.ada, "GET", "/whoami", "").ok()
		b.shows(good, models.NewAPIToken(), "GET", "/whoami", "").fails(401, "401 - Unauthorized", "DCD_7", "")
		refused(b.do(b.ada, "GET", "/whoami", "", certHeader, url.PathEscape(good)), "without one") // sent by somebody who is no proxy
		b.do("", "GET", "/openapi.json", "")

		client, secret := b.client("ada", "read:surveys")
		issued := b.asks(client, secret, "application/x-www-form-urlencoded", "grant_type=client_credentials")
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/API/v3/surveys", nil)
		r.RemoteAddr = proxyAddress
		r.Header.Set("Authorization", "Bearer "+issued.AccessToken)
		refused(b.send(r), "without one")

		second, other := "", ""
		made := b.shows(good, b.admin, "POST", certificatesPath, certificateRequest(t, "second")).ok()
		second, other = made.text("id"), made.text("certificate")
		b.shows(other, b.ada, "GET", "/whoami", "").ok()
		if notice := b.shows(good, b.admin, "DELETE", certificatesPath+"/"+second, "").ok().Meta.Notice; notice != "" {
			t.Errorf("with one left it says %q", notice)
		}
		b.clock.Advance(time.Second)
		refused(b.shows(other, b.ada, "GET", "/whoami", ""), "revoked")
		if notice := b.shows(good, b.admin, "DELETE", certificatesPath+"/"+id, "").ok().Meta.Notice; !strings.Contains(notice, "last certificate") {
			t.Errorf("with none left it says %q", notice)
		}
		b.clock.Advance(time.Second)
		refused(b.shows(good, b.ada, "GET", "/whoami", ""), "revoked")
		b.check(b.store.RequireClientCertificate(t.Context(), actor, false)) // as the page does, which needs no certificate
		b.clock.Advance(time.Second)
		b.shows("", b.ada, "GET", "/whoami", "").ok()
	})
}

func TestTokensOfAClientObeyItsLimitsScopesAndLog(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		b := newBenchOn(t, d)
		actor := b.users["ada"].Actor(models.ViaWeb)
		id, secret := b.client("ada", "manage:surveys", "read:workflows")
		token := func() string {
			t.Helper()
			got := b.asks(id, secret, "application/x-www-form-urlencoded", "grant_type=client_credentials")
			if got.status != 200 {
				t.Fatalf("no token: %+v", got)
			}
			return got.AccessToken
		}
		call := func(token, method, path string) *reply {
			t.Helper()
			return b.do("", method, path, "", "Authorization", "Bearer "+token)
		}
		one, two := token(), token()
		call(one, "GET", "/workflows").ok()
		change := &models.APIClient{ID: id, Name: "Warehouse 2", Scopes: "read:surveys", TokenLimits: models.TokenLimits{RatePerSecond: 1, Burst: 3}}
		if err := b.store.SaveAPIClient(t.Context(), b.users["bob"].Actor(models.ViaWeb), change); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("somebody else changes it: %v", err)
		}
		b.check(b.store.SaveAPIClient(t.Context(), actor, change))
		b.check(b.store.SetAPITokenLogged(t.Context(), actor, id, true))
		b.clock.Advance(10 * time.Second)

		call(one, "GET", "/surveys").ok()
		call(one, "GET", "/workflows").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "read:workflows")
		call(two, "POST", "/surveys").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "write:surveys")
		throttled := call(two, "GET", "/surveys").fails(429, "429 - Too Many Requests", "SF_THROTTLED", "1 a second") // all its tokens share the limit
		if throttled.header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
		b.tokens.WriteCalls(t.Context())
		calls, _, err := b.store.APIRequests(t.Context(), actor, id, store.Page{})
		b.check(err)
		statuses := map[int]int{} // ids of one millisecond are in no order
		for _, call := range calls {
			statuses[call.Status]++
		}
		if want := map[int]int{200: 1, 403: 2, 429: 1}; !maps.Equal(statuses, want) {
			t.Errorf("the log has the statuses %v, want %v", statuses, want)
		}
		b.check(b.store.SetAPITokenLogged(t.Context(), actor, id, false))
		if left, _, err := b.store.APIRequests(t.Context(), actor, "", store.Page{}); err != nil || len(left) != 0 {
			t.Errorf("switched off, %d calls are kept, %v", len(left), err)
		}
		change.Scopes = "manage:all"
		b.check(b.store.SaveAPIClient(t.Context(), actor, change))
		b.clock.Advance(10 * time.Second)
		call(one, "GET", "/credentials").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "read:credentials") // a token gets nothing that it was not given
	})
}
