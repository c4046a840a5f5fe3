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
	"math/big"
	"time"

	"surveyflow/internal/credential"
	"surveyflow/models"
)

const (
	// answerToken is what the sample CRM's sign-in answers: a token for a day.
	answerToken = `{"access_token": "hc-2f9b6c1d84e0", "token_type": "Bearer", "expires_in": 86400, "scope": "feedback:write"}`
	// certificateLeft is how long the sample client certificate is good for: its end is near enough for a warning.
	certificateLeft = 18*24*time.Hour + 5*time.Hour
)

// makeCredentials makes what the sample workflows sign in with, one of each kind.
func (s *story) makeCredentials(ctx context.Context) error {
	certificate, err := demoCertificate(s.now.Add(certificateLeft))
	if err != nil {
		return err
	}
	text := func(v string) *string { return &v }
	yes, hosts, way := true, []string{demoHost}, models.ClientAuthHeader
	for _, one := range []struct {
		to *string
		in credential.Input
	}{
		{&s.scene.keys.crm, credential.Input{
			Name: text("CRM"), Type: models.CredentialOAuth2, Shared: &yes, ClientID: text("surveyflow"), ClientSecret: text(models.NewCapability()),
			TokenEndpoint: text(s.address(s.scene.signIn, "/token")), Scopes: text("feedback:write"), ClientAuthentication: &way, AllowedHosts: &hosts,
		}},
		{&s.scene.keys.chat, credential.Input{
			Name: text("Team chat"), Type: models.CredentialAPIKey, Shared: &yes, Token: text(models.NewCapability()), Header: text("X-Api-Key"), AllowedHosts: &hosts,
		}},
		{&s.scene.keys.desk, credential.Input{
			Name: text("Help desk"), Type: models.CredentialBasic, Username: text("surveys"), Password: text(models.NewCapability()), AllowedHosts: &hosts,
		}},
		{&s.scene.keys.postage, credential.Input{
			Name: text("Postage"), Type: models.CredentialAPIKey, Token: text(models.NewCapability()), AllowedHosts: &hosts, MTLS: certificate,
		}},
	} {
		c, err := s.credentials.Create(ctx, s.scene.admin, one.in)
		if err != nil {
			return fmt.Errorf("make credential %q: %w", *one.in.Name, err)
		}
		*one.to = c.ID
	}
	return s.credentials.Connect(ctx, s.scene.admin, s.scene.keys.crm)
}

// demoKeys are the ids of the sample credentials.
type demoKeys struct{ crm, chat, desk, postage string }

// demoCertificate makes a client certificate that ends then.
func demoCertificate(end time.Time) (*credential.ClientCert, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2041), Subject: pkix.Name{CommonName: "surveys.harbour.example", Organization: []string{"Harbour Coffee"}},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &credential.ClientCert{
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}, nil
}

// issueCertificate has a client certificate for the API issued, of whose key nothing is kept.
func (s *story) issueCertificate(ctx context.Context, subject string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject}}, key)
	if err != nil {
		return err
	}
	_, err = s.app.certificates.Issue(ctx, s.scene.admin, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
	return err
}
