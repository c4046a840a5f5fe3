package credential_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/credential"
	"surveyflow/internal/outbound"
	"surveyflow/models"
)

func TestKeysComeInEveryUsualForm(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	ec := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ecDER}))
	rsaCert, ecCert := ca.issue(t, rsaKey.Public(), nil), ca.issue(t, ecKey.Public(), nil)
	cases := map[string]credential.ClientCert{
		"PKCS#1": {PrivateKey: pkcs1, Certificate: rsaCert},
		"EC":     {PrivateKey: ec, Certificate: ecCert},
		"PKCS#8": ca.clientCert(t),
		"chain in the wrong order, indented and with CR": {
			PrivateKey: strings.ReplaceAll("  "+ec, "\n", "\r\n  "), Certificate: ca.pem() + ecCert, CA: ca.pem(),
		},
	}
	if openssl, err := exec.LookPath("openssl"); err == nil {
		for name, args := range map[string][]string{
			"encrypted PKCS#8":                 {"pkcs8", "-topk8", "-passout", "pass:open sesame"},
			"encrypted PKCS#8 with triple DES": {"pkcs8", "-topk8", "-v2", "des3", "-passout", "pass:open sesame"},
			"encrypted PKCS#8 with SHA-512":    {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-passout", "pass:open sesame"},
			"encrypted PKCS#1":                 {"rsa", "-aes256", "-traditional", "-passout", "pass:open sesame"},
		} {
			file := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(file, []byte(pkcs1), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), openssl, append(args, "-in", file)...).Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			cases[name] = credential.ClientCert{PrivateKey: string(out), Passphrase: "open sesame", Certificate: rsaCert}
			_, err = credential.ParseClientCert(credential.ClientCert{PrivateKey: string(out), Passphrase: "wrong", Certificate: rsaCert}, time.Now())
			wantField(t, err, "mtls.passphrase", "credential.error.passphrase")
			_, err = credential.ParseClientCert(credential.ClientCert{PrivateKey: string(out), Certificate: rsaCert}, time.Now())
			wantField(t, err, "mtls.passphrase", "credential.error.passphrase_needed")
		}
	}
	for name, in := range cases {
		id, err := credential.ParseClientCert(in, time.Now())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasPrefix(id.PEM.PrivateKey, "-----BEGIN PRIVATE KEY-----") || id.Subject != "surveyflow-client" || id.PEM.Passphrase != "" {
			t.Errorf("%s: subject %q, key %.30q", name, id.Subject, id.PEM.PrivateKey)
		}
	}
}

func TestWhatIsWrongWithACertificateIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	good, other := ca.clientCert(t), ca.clientCert(t)
	for name, c := range map[string]struct {
		in         credential.ClientCert
		field, key string
	}{
		"nothing":             {credential.ClientCert{}, "mtls.privateKey", "credential.error.key_empty"},
		"no PEM":              {credential.ClientCert{PrivateKey: "MIIE", Certificate: good.Certificate}, "mtls.privateKey", "credential.error.key_pem"},
		"no key":              {credential.ClientCert{PrivateKey: strings.ReplaceAll(good.Certificate, "CERTIFICATE", "PRIVATE KEY"), Certificate: good.Certificate}, "mtls.privateKey", "credential.error.key_kind"},
		"certificate as text": {credential.ClientCert{PrivateKey: good.PrivateKey, Certificate: "hello"}, "mtls.certificate", "credential.error.certificate_pem"},
		"cut certificate":     {credential.ClientCert{PrivateKey: good.PrivateKey, Certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"}, "mtls.certificate", "credential.error.certificate_x509"},
		"not a pair":          {credential.ClientCert{PrivateKey: good.PrivateKey, Certificate: other.Certificate}, "mtls.certificate", "credential.error.pair"},
		"broken authority":    {credential.ClientCert{PrivateKey: good.PrivateKey, Certificate: good.Certificate, CA: "x"}, "mtls.ca", "credential.error.certificate_pem"},
		"too long":            {credential.ClientCert{PrivateKey: strings.Repeat("x", 200<<10), Certificate: good.Certificate}, "mtls.privateKey", "credential.error.pem_long"},
	} {
		_, err := credential.ParseClientCert(c.in, time.Now())
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		wantField(t, err, c.field, c.key)
	}
	_, err := credential.ParseClientCert(good, time.Now().Add(2000*time.Hour))
	wantField(t, err, "mtls.certificate", "credential.error.expired")
	_, err = credential.ParseClientCert(good, time.Now().Add(-2000*time.Hour))
	wantField(t, err, "mtls.certificate", "credential.error.not_yet")
}

// mutual is a TLS server that asks for a certificate of the authority, and knows who called.
func mutual(t *testing.T, ca *authority, version uint16) (*httptest.Server, credential.ClientCert) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Client", r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12, MaxVersion: version}
	s.StartTLS()
	t.Cleanup(s.Close)
	in := ca.clientCert(t)
	in.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return s, in
}

func TestAClientCertificateOpensTheDoorAndTheHandshakeTells(t *testing.T) {
	t.Parallel()
	d, ca := newDesk(t), newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server, certificate := mutual(t, ca, version)
		in := basic()
		in.MTLS = &certificate
		row := d.create(t, d.bob, in)
		if row.CertSubject != "surveyflow-client" || row.CertExpiresAt == nil || strings.Contains(row.MTLSSealed, "BEGIN") {
			t.Errorf("row %+v", row)
		}
		loan, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: row.ID})
		if err != nil {
			t.Fatal(err)
		}
		channel, err := loan.Channel(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x := d.Client.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL, Channel: channel})
		if x.Err != nil || x.Header.Get("X-Client") != "surveyflow-client" {
			t.Errorf("%d, %v", x.Status, x.Err)
		}
		h, err := d.Handshake(t.Context(), d.bob, row.ID, server.URL)
		if err != nil || !h.Asked || !h.Shown || h.Version != tls.VersionName(version) {
			t.Errorf("handshake %+v, %v", h, err)
		}

		stranger, _ := mutual(t, newAuthority(t), version) // trusts another authority
		foreign := certificate
		foreign.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: stranger.Certificate().Raw}))
		if _, err := d.Update(t.Context(), d.bob, row.ID, credential.Input{MTLS: &credential.ClientCert{CA: foreign.CA}}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Handshake(t.Context(), d.bob, row.ID, stranger.URL); err == nil {
			t.Errorf("%s: a server that refuses the certificate was taken for one that does not", tls.VersionName(version))
		}
		if _, err := d.Handshake(t.Context(), d.eve, row.ID, server.URL); models.ErrorCode(err) != models.CodeNotFound {
			t.Errorf("Eve tried it: %v", err)
		}
	}
}

func TestConnectionsAreNeverSharedBetweenCredentials(t *testing.T) {
	t.Parallel()
	d, ca := newDesk(t), newAuthority(t)
	server, certificate := mutual(t, ca, tls.VersionTLS13)
	in := basic()
	in.MTLS = &certificate
	with := d.create(t, d.bob, in)
	call := func(id string) *outbound.Exchange {
		loan, err := d.Lend(t.Context(), credential.Order{Actor: d.bob, Main: id})
		if err != nil {
			t.Fatal(err)
		}
		channel, err := loan.Channel(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Client.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL, Channel: channel})
	}
	if x := call(with.ID); x.Err != nil {
		t.Fatal(x.Err)
	}
	if x := call(with.ID); x.Timing.TLS != 0 {
		t.Error("the credential's own connection was not used again")
	}
	without := d.create(t, d.bob, basic())
	if x := call(without.ID); x.Err == nil {
		t.Error("a call without the certificate used the connection of one with it")
	}
	if x := d.Client.Do(t.Context(), outbound.Request{Method: "GET", URL: server.URL}); x.Err == nil {
		t.Error("a call without a credential used the connection of one with it")
	}
}
