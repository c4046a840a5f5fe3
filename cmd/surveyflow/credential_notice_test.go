package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/config"
	"surveyflow/internal/credential"
	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

// startApp runs the whole program in this process, with a clock that the test moves and a mail server.
func startApp(t *testing.T, c clock.Clock, mails *mailtest.Server) *app {
	t.Helper()
	settings := map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "surveyflow.db"), "HOST": "127.0.0.1", "PORT": "0", "OUTBOUND_ALLOW": "127.0.0.1",
		"SMTP_URL": mails.URL().String(), "MAIL_FROM": "surveys@example.com", "SECRET_KEY": testKey,
	}
	loaded, err := config.Load(func(name string) string { return settings[name] })
	if err != nil {
		t.Fatal(err)
	}
	// Not with t.Context: that ends before the cleanup, and with it what open pages still ask for.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan *app, 1), make(chan error, 1)
	go func() {
		ended <- serve(ctx, serving{
			config: loaded, log: slog.New(slog.DiscardHandler), web: true, workers: true, clock: c,
			ready: func(_ context.Context, a *app) error { ready <- a; return nil },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	select {
	case a := <-ready:
		return a
	case err := <-ended:
		ended <- nil
		t.Fatalf("the program ended with %v", err)
	}
	return nil
}

// certificateUntil makes a client certificate that ends then.
func certificateUntil(t *testing.T, end time.Time) *credential.ClientCert {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "surveyflow"}, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &credential.ClientCert{
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
}

// told gives what somebody was told under the bell, as "KIND NAME", the newest first.
func (a *app) told(t *testing.T, who models.Actor) []string {
	t.Helper()
	all, _, err := a.store.Notifications(t.Context(), who, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range all {
		out = append(out, fmt.Sprint(n.Kind, " ", n.Args.V["Name"]))
	}
	return out
}

// letters waits for so many mails to somebody and gives their texts.
func letters(t *testing.T, server *mailtest.Server, to string, n int) string {
	t.Helper()
	var texts []string
	storetest.Eventually(t, patience, fmt.Sprintf("%d mails to %s arrive", n, to), func() bool {
		texts = nil
		for _, m := range server.Received() {
			if slices.Contains(m.To, to) {
				texts = append(texts, m.Data)
			}
		}
		return len(texts) >= n
	})
	if len(texts) != n {
		t.Errorf("%d mails to %s; want %d", len(texts), to, n)
	}
	return strings.ReplaceAll(strings.Join(texts, "\n"), "=\r\n", "")
}

func TestOwnersAreToldWhenACertificateEndsInThirtyDays(t *testing.T) {
	t.Parallel()
	c, server := clock.NewFake(time.Now()), mailtest.New(t, mailtest.Options{})
	a := startApp(t, c, server)
	i := storetest.NewInstance(t, a.store, c)
	bob, eve := i.User("bob@example.com", models.RoleMember), i.User("eve@example.com", models.RoleBrandAdmin)
	end := c.Now().Add(60 * 24 * time.Hour)
	add := func(who models.Actor, name string, shared bool) string {
		t.Helper()
		user, password := "svc", "s3cret-word"
		row, err := a.credentials.Create(t.Context(), who, credential.Input{
			Type: models.CredentialBasic, Name: &name, Username: &user, Password: &password, Shared: &shared, MTLS: certificateUntil(t, end),
		})
		i.Check(err)
		return row.ID
	}
	id := add(bob, "Bob's CRM", false)
	add(i.Actor, "Our CRM", true)
	look := func() {
		t.Helper()
		for range 2 { // a second look, or another node, tells nobody again
			i.Check(a.credentials.WarnOfCertificates(t.Context()))
		}
	}
	want := func(who models.Actor, lines ...string) {
		t.Helper()
		if got := a.told(t, who); !slices.Equal(got, lines) {
			t.Errorf("%s was told %q; want %q", who.UserID, got, lines)
		}
	}
	c.Advance(29 * 24 * time.Hour)
	look()
	want(bob)
	want(i.Actor)
	c.Advance(2 * 24 * time.Hour)
	look()
	want(bob, "credentialCertificate Bob's CRM")
	want(i.Actor, "credentialCertificate Our CRM")
	want(eve, "credentialCertificate Our CRM") // any brand admin can mend a shared one
	letter := letters(t, server, "bob@example.com", 1)
	for _, part := range []string{"Bob's CRM", end.UTC().Format("2 Jan 2006"), link.Credential(id)} {
		if !strings.Contains(letter, part) && !strings.Contains(letter, strings.ReplaceAll(part, "'", "&#39;")) {
			t.Errorf("the mail lacks %q:\n%s", part, letter)
		}
	}
	letters(t, server, "eve@example.com", 1)

	end = c.Now().Add(365 * 24 * time.Hour)
	_, err := a.credentials.Update(t.Context(), bob, id, credential.Input{MTLS: certificateUntil(t, end)})
	i.Check(err)
	look()
	c.Advance(340 * 24 * time.Hour)
	look()
	want(bob, "credentialCertificate Bob's CRM", "credentialCertificate Bob's CRM")
	letters(t, server, "bob@example.com", 2)
}

func TestOwnersAreToldWhenAProviderRefusesToGoOn(t *testing.T) {
	t.Parallel()
	c, server := clock.NewFake(time.Now()), mailtest.New(t, mailtest.Options{})
	a := startApp(t, c, server)
	i := storetest.NewInstance(t, a.store, c)
	bob, eve := i.User("bob@example.com", models.RoleMember), i.User("eve@example.com", models.RoleMember)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"the client %s was removed"}`, r.FormValue("client_secret"))
	}))
	t.Cleanup(provider.Close)
	add := func(who models.Actor, name string, shared bool) string {
		t.Helper()
		client, word, endpoint, way := "client-1", "cl1ent-s3cret", provider.URL+"/token", models.ClientAuthBody
		row, err := a.credentials.Create(t.Context(), who, credential.Input{
			Type: models.CredentialOAuth2, Name: &name, ClientID: &client, ClientSecret: &word, TokenEndpoint: &endpoint, Shared: &shared, ClientAuthentication: &way,
		})
		i.Check(err)
		return row.ID
	}
	own, shared := add(bob, "Mine", false), add(i.Actor, "Ours", true)
	for _, id := range []string{own, own, shared} {
		if _, err := a.credentials.Lend(t.Context(), credential.Order{Actor: bob, Main: id}); err == nil {
			t.Error("a refused credential was lent")
		}
	}
	if got := a.told(t, bob); !slices.Equal(got, []string{"credentialReconnect Mine"}) {
		t.Errorf("the owner was told %q", got)
	}
	if got := a.told(t, i.Actor); !slices.Equal(got, []string{"credentialReconnect Ours"}) {
		t.Errorf("the brand admin was told %q", got)
	}
	if got := a.told(t, eve); len(got) != 0 {
		t.Errorf("somebody else was told %q", got)
	}
	letter := letters(t, server, "bob@example.com", 1)
	for _, part := range []string{"Mine", "invalid_client", "was removed", link.Credential(own)} {
		if !strings.Contains(letter, part) {
			t.Errorf("the mail lacks %q:\n%s", part, letter)
		}
	}
	if strings.Contains(letter, "s3cret") {
		t.Error("the mail has the client's secret")
	}
	// Whoever cannot sign in any more is told nothing.
	third := add(bob, "Third", false)
	i.Check(a.store.SetUserDisabled(t.Context(), i.Actor, bob.UserID, true))
	if _, err := a.credentials.Lend(t.Context(), credential.Order{Actor: bob, Main: third}); err == nil {
		t.Error("a refused credential was lent")
	}
	if got := a.told(t, bob); len(got) != 1 {
		t.Errorf("somebody disabled was told %q", got)
	}
}
