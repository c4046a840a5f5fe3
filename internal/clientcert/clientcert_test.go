package clientcert_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clientcert"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// bench is an organisation with several nodes that issue and recognise certificates.
type bench struct {
	*storetest.Instance
	clock  *clock.Fake
	sealer *secret.Sealer
	nodes  []*clientcert.Service
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC))
		b := &bench{Instance: storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c), clock: c}
		base, err := link.NewBase("http://app.example.com", "")
		b.Check(err)
		b.sealer, err = secret.Open(t.Context(), b.Store, [][]byte{bytes.Repeat([]byte("k"), 32)}, c)
		b.Check(err)
		node := func(s *store.Store) *clientcert.Service {
			return clientcert.New(clientcert.Options{Store: s, Sealer: b.sealer, Outbox: mail.NewOutbox(mail.Options{Base: base, Clock: c}), Clock: c, Header: "Client-Cert", Proxies: true})
		}
		b.nodes = []*clientcert.Service{node(b.Store), node(b.Store)}
		if d.Shared() {
			b.nodes = append(b.nodes, node(d.Open(t, storetest.Options{Clock: c})))
		}
		test(t, b)
	})
}

func (b *bench) issue(subject string) *models.ClientCertificate {
	b.Helper()
	c, err := b.nodes[0].Issue(b.Context(), b.Actor, requestFor(b, newKey(b), &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject}}))
	b.Check(err)
	return c
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func requestFor(t testing.TB, key crypto.Signer, template *x509.CertificateRequest) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func parse(t testing.TB, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("no PEM: %q", text)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACertificateIsForClientsAloneAndTakesKeyAndNameOfTheRequest(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		key := newKey(t)
		greedy := &x509.CertificateRequest{
			Subject:  pkix.Name{CommonName: " ware\u202Ehouse\r\n\x07" + strings.Repeat("ä", 80), Organization: []string{"Somebody else"}, OrganizationalUnit: []string{"Admins"}},
			DNSNames: []string{"survey.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, EmailAddresses: []string{"root@example.com"},
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 0x03, 0x01, 0x01, 0xff}}}, // CA:TRUE
		}
		made, err := b.nodes[0].Issue(t.Context(), b.Actor, requestFor(t, key, greedy))
		b.Check(err)
		authority, err := b.nodes[1].Authority(t.Context(), b.Actor)
		b.Check(err)
		leaf, ca := parse(t, made.Certificate), parse(t, authority)
		want := "warehouse " + strings.Repeat("ä", 54)
		if made.Subject != want || leaf.Subject.CommonName != want || len(leaf.Subject.OrganizationalUnit) != 0 || leaf.Subject.Organization[0] != b.Actor.OrgID {
			t.Errorf("the subject is %q, in the certificate %s", made.Subject, leaf.Subject)
		}
		if !leaf.PublicKey.(*ecdsa.PublicKey).Equal(key.Public()) {
			t.Error("the key is not that of the request")
		}
		if leaf.IsCA || len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.EmailAddresses) != 0 || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth ||
			leaf.KeyUsage != x509.KeyUsageDigitalSignature {
			t.Errorf("the certificate is good for more than clients: CA %t, names %v, usage %v %v", leaf.IsCA, leaf.DNSNames, leaf.ExtKeyUsage, leaf.KeyUsage)
		}
		if ends := b.clock.Now().AddDate(1, 0, 0); !leaf.NotAfter.Equal(ends) || !made.ExpiresAt.Equal(ends) {
			t.Errorf("it ends at %s and %s, not in a year", leaf.NotAfter, made.ExpiresAt)
		}
		if !ca.IsCA || !ca.MaxPathLenZero || ca.KeyUsage&x509.KeyUsageCertSign == 0 {
			t.Errorf("the authority is none: %+v", ca.KeyUsage)
		}
		pool := x509.NewCertPool()
		pool.AddCert(ca)
		verify := func(usage x509.ExtKeyUsage) error {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: b.clock.Now(), KeyUsages: []x509.ExtKeyUsage{usage}})
			return err
		}
		if err := verify(x509.ExtKeyUsageClientAuth); err != nil {
			t.Errorf("a proxy does not take it: %v", err)
		}
		if verify(x509.ExtKeyUsageServerAuth) == nil {
			t.Error("a server could use it")
		}
		if other := b.issue("other"); parse(t, other.Certificate).SerialNumber.Cmp(leaf.SerialNumber) == 0 {
			t.Error("two certificates have one serial number")
		}
	})
}

func TestAWrongRequestIsRefusedByName(t *testing.T) {
	t.Parallel()
	d := storetest.NewSQLite(t)
	c := clock.NewFake(time.Now())
	i := storetest.NewInstance(t, d.Open(t, storetest.Options{Clock: c}), c)
	sealer, err := secret.Open(t.Context(), i.Store, [][]byte{bytes.Repeat([]byte("k"), 32)}, c)
	i.Check(err)
	service := clientcert.New(clientcert.Options{Store: i.Store, Sealer: sealer, Clock: c})
	fixture := func(name string) string {
		text, err := os.ReadFile(filepath.Join("testdata", name+".csr"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := requestFor(t, newKey(t), &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}})
	block, _ := pem.Decode([]byte(good))
	block.Bytes[len(block.Bytes)-1] ^= 1
	for name, tc := range map[string]struct{ text, key, kind string }{
		"empty":           {" \n", "certificate.error.empty", ""},
		"long":            {strings.Repeat("x", 17<<10), "certificate.error.long", ""},
		"no PEM":          {"hello", "certificate.error.pem", ""},
		"private key":     {good + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "certificate.error.private_key", ""},
		"certificate":     {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate.error.certificate", ""},
		"two":             {good + good, "certificate.error.several", ""},
		"no request":      {"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "certificate.error.request", ""},
		"no subject":      {requestFor(t, newKey(t), &x509.CertificateRequest{Subject: pkix.Name{CommonName: "\u200b\x01"}}), "certificate.error.subject", ""},
		"changed":         {string(pem.EncodeToMemory(block)), "certificate.error.signature", ""},
		"RSA 1024":        {fixture("rsa1024"), "certificate.error.key", "RSA 1024"},
		"RSA 9216":        {fixture("rsa9216"), "certificate.error.key", "RSA 9216"},
		"RSA with e = 3":  {fixture("rsa-e3"), "certificate.error.key", "RSA, e = 3"},
		"P-224":           {fixture("P-224"), "certificate.error.key", "P-224"},
		"secp256k1":       {fixture("secp256k1"), "certificate.error.key", "secp256k1"},
		"brainpoolP256r1": {fixture("brainpoolP256r1"), "certificate.error.key", "brainpoolP256r1"},
		"Ed448":           {fixture("Ed448"), "certificate.error.key", "Ed448"},
	} {
		_, err := service.Issue(t.Context(), i.Actor, tc.text)
		e, ok := errors.AsType[*models.Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Field != "certificateRequest" || e.Fields[0].Key != tc.key {
			t.Errorf("%s: the error is %v, not %s", name, err, tc.key)
			continue
		}
		if got, _ := e.Fields[0].Args["Key"].(string); got != tc.kind {
			t.Errorf("%s: the key is named %q", name, got)
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	i.Check(err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	i.Check(err)
	for _, key := range []crypto.Signer{rsaKey, edKey} {
		if _, err := service.Issue(t.Context(), i.Actor, requestFor(t, key, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}})); err != nil {
			t.Errorf("%T is refused: %v", key, err)
		}
	}
	member := i.User("bob@example.com", models.RoleMember)
	if _, err := service.Issue(t.Context(), member, good); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member gets a certificate: %v", err)
	}
	if _, err := service.Authority(t.Context(), member); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a member gets the authority: %v", err)
	}
}

func TestTheTenthIsTheLastAlsoWhenManyAskAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		requests := make([]string, models.MaxClientCertificates+5)
		for i := range requests {
			requests[i] = requestFor(t, newKey(t), &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}})
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := map[models.Code]int{}
		for i, text := range requests {
			wg.Go(func() {
				_, err := b.nodes[i%len(b.nodes)].Issue(context.WithoutCancel(t.Context()), b.Actor, text)
				mu.Lock()
				defer mu.Unlock()
				made[models.ErrorCode(err)]++
			})
		}
		wg.Wait()
		if made[""] != models.MaxClientCertificates || made[models.CodeConflict] != 5 {
			t.Fatalf("they came to %v", made)
		}
		all, err := b.Store.ActiveClientCertificates(t.Context(), b.Actor.OrgID)
		b.Check(err)
		authority, err := b.nodes[0].Authority(t.Context(), b.Actor)
		b.Check(err)
		for i := range all { // several nodes made the authority at once, and one of them stays
			if err := parse(t, all[i].Certificate).CheckSignatureFrom(parse(t, authority)); err != nil {
				t.Errorf("a certificate is of another authority: %v", err)
			}
		}
		b.Check(b.Store.RevokeClientCertificate(t.Context(), b.Actor, all[0].ID))
		b.issue("in its place")
	})
}

func TestOnlyACertificateThatCountsOpens(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		service, org := b.nodes[0], b.Actor.OrgID
		check := func(given string) error { t.Helper(); return service.Check(t.Context(), org, given) }
		if err := check("hello"); !errors.Is(err, clientcert.ErrUnreadable) {
			t.Errorf("without an authority: %v", err)
		}
		good, gone := b.issue("good"), b.issue("gone")
		der := base64.StdEncoding.EncodeToString(parse(t, good.Certificate).Raw)
		for name, given := range map[string]string{
			"nginx": url.QueryEscape(good.Certificate), "path escaped": url.PathEscape(good.Certificate), "RFC 9440": ":" + der + ":", "Caddy": der,
			"Apache": strings.ReplaceAll(good.Certificate, "\n", " "), "PEM": good.Certificate,
		} {
			if name == "nginx" {
				given = strings.ReplaceAll(given, "+", "%20") // which is how it escapes a space
			}
			if err := check(given); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, given := range map[string]string{
			"two": der + "," + der, "two in PEM": good.Certificate + good.Certificate, "garbage": "%%%", "?": "?", "cut": der[:len(der)-8], "long": strings.Repeat("A", 64<<10),
			"half a PEM": good.Certificate[:60],
		} {
			if err := check(given); !errors.Is(err, clientcert.ErrUnreadable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, nothing := range []string{"", "::", " ", ":{http.request.tls.client.certificate_der_base64}:"} {
			if err := check(nothing); !errors.Is(err, clientcert.ErrMissing) {
				t.Errorf("%q: %v", nothing, err)
			}
		}

		raw := bytes.Clone(parse(t, good.Certificate).Raw)
		raw[len(raw)-1] ^= 1
		if err := check(base64.StdEncoding.EncodeToString(raw)); !errors.Is(err, clientcert.ErrForeign) {
			t.Errorf("one that was changed: %v", err)
		}
		if err := check(foreign(t, parse(t, good.Certificate))); !errors.Is(err, clientcert.ErrForeign) {
			t.Errorf("one of another authority with the same names: %v", err)
		}
		if err := service.Check(t.Context(), "other", der); !errors.Is(err, clientcert.ErrForeign) {
			t.Errorf("at another organisation: %v", err)
		}
		authority, err := service.Authority(t.Context(), b.Actor)
		b.Check(err)
		if err := check(authority); err == nil {
			t.Error("the authority's own certificate opens the API")
		}

		b.Check(check(gone.Certificate))
		b.Check(b.Store.RevokeClientCertificate(t.Context(), b.Actor, gone.ID))
		b.clock.Advance(time.Second)
		if err := check(gone.Certificate); !errors.Is(err, clientcert.ErrRevoked) {
			t.Errorf("a second after it was revoked: %v", err)
		}
		if err := b.Store.RevokeClientCertificate(t.Context(), b.Actor, gone.ID); models.ErrorCode(err) != models.CodeConflict {
			t.Errorf("revoked again: %v", err)
		}
		if n, err := b.sealer.Rotate(t.Context()); err != nil || n == 0 {
			t.Errorf("keys rotate: %d, %v", n, err)
		}
		b.Check(check(b.issue("after the keys were rotated").Certificate))
		b.clock.Advance(366 * 24 * time.Hour)
		if err := check(good.Certificate); !errors.Is(err, clientcert.ErrExpired) {
			t.Errorf("after a year: %v", err)
		}
	})
}

// foreign gives a certificate that says the same as another, signed by somebody else.
func foreign(t testing.TB, like *x509.Certificate) string {
	t.Helper()
	key := newKey(t)
	ca := &x509.Certificate{SerialNumber: like.SerialNumber, Subject: like.Issuer, SubjectKeyId: like.AuthorityKeyId, NotBefore: like.NotBefore, NotAfter: like.NotAfter, IsCA: true, BasicConstraintsValid: true}
	leaf := *like
	der, err := x509.CreateCertificate(rand.Reader, &leaf, ca, like.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestRequiringWaitsUntilTheAPIHasSeenACertificate(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		service := b.nodes[0]
		refused := func(when, why string) {
			t.Helper()
			if err := service.Require(t.Context(), b.Actor, true); !errors.Is(err, models.Conflict("certificate.require.blocked."+why, nil)) {
				t.Errorf("%s it can be required: %v", when, err)
			}
		}
		refused("without a certificate", "unseen")
		c := b.issue("warehouse")
		refused("with one that was never used", "unseen")
		b.Check(service.Check(t.Context(), b.Actor.OrgID, c.Certificate))
		service.Proxies = false
		refused("without a trusted proxy", "proxies")
		service.Header = ""
		refused("without a header", "header")
		service.Proxies, service.Header = true, "Client-Cert"
		b.Check(service.Require(t.Context(), b.Actor, true))
		o, err := b.Store.Organisation(t.Context(), b.Actor)
		b.Check(err)
		if !o.RequireCertificate {
			t.Error("it is not required")
		}
		for _, required := range []bool{true, false} {
			if err := service.Require(t.Context(), b.User(models.NewCapability()+"@example.com", models.RoleMember), required); models.ErrorCode(err) != models.CodeForbidden {
				t.Errorf("a member switches it: %v", err)
			}
		}
		b.Check(service.Require(t.Context(), b.Actor, false))
		b.Check(b.Store.RevokeClientCertificate(t.Context(), b.Actor, c.ID))
		refused("with one that is revoked", "unseen")
	})
}

func TestTheEndOfACertificateIsToldOnceToEveryBrandAdmin(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.User("eve@example.com", models.RoleBrandAdmin)
		member := b.User("bob@example.com", models.RoleMember)
		b.issue("warehouse")
		revoked := b.issue("revoked")
		b.Check(b.Store.RevokeClientCertificate(t.Context(), b.Actor, revoked.ID))
		look := func() {
			t.Helper()
			var looking sync.WaitGroup
			for range 2 {
				for _, node := range b.nodes {
					looking.Go(func() {
						if err := node.WarnOfEnds(context.WithoutCancel(t.Context())); err != nil {
							t.Error(err)
						}
					})
				}
			}
			looking.Wait()
		}
		told := func() (bell, mails int) {
			t.Helper()
			all, _, err := b.Store.Notifications(t.Context(), b.Actor, store.Page{})
			b.Check(err)
			for _, n := range all {
				if n.Kind != models.NotifyClientCertificate || n.N != 1 || n.Args.V["Subject"] != "warehouse" {
					t.Errorf("they were told %+v", n)
				}
			}
			written, _, err := b.Store.Mails(t.Context(), b.Actor, store.MailFilter{}, store.Page{})
			b.Check(err)
			return len(all), len(written)
		}
		b.clock.Advance(365*24*time.Hour - models.ClientCertificateNotice - time.Second)
		look()
		if bell, mails := told(); bell+mails != 0 {
			t.Errorf("60 days before, there are %d notices and %d mails", bell, mails)
		}
		b.clock.Advance(2 * time.Second)
		look()
		look()
		if bell, mails := told(); bell != 1 || mails != 2 {
			t.Errorf("with less than 60 days left there are %d notices and %d mails, not 1 and one for each of two brand admins", bell, mails)
		}
		if all, _, err := b.Store.Notifications(t.Context(), member, store.Page{}); err != nil || len(all) != 0 {
			t.Errorf("a member was told %+v, %v", all, err)
		}
	})
}
