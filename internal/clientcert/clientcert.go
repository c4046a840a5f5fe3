// Package clientcert is the authority that gives programs certificates to show when they call the API, and that knows its own again.
//
// An organisation's authority is made when the first certificate is asked for. Its key is sealed and never leaves this package. What
// counts of a certificate is that it is one of those that were kept, to the bit, and was neither revoked nor has ended; that its
// holder has the key is shown by the TLS handshake, which is the proxy's (see docs/security.md).
package clientcert

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"surveyflow/internal/clock"
	"surveyflow/internal/mail"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

const (
	authorityYears   = 20
	certificateYears = 1
	// before is how far in the past certificates begin, for proxies whose clocks are late.
	before       = 5 * time.Minute
	serialBits   = 127 // positive, and no longer than 16 bytes (RFC 5280 §4.1.2.2 allows 20)
	pemType      = "CERTIFICATE"
	authorityCN  = "Surveyflow client authority"
	loadTimeout  = 5 * time.Second
	knownValid   = time.Second // how long what was read of an organisation counts: a revoked certificate stops within it
	usesAreApart = time.Minute // how often the last use of a certificate is written
)

// Options are what the service needs.
type Options struct {
	Store  *store.Store
	Sealer *secret.Sealer
	Outbox *mail.Outbox // nil: nobody is told by mail
	Clock  clock.Clock
	Log    *slog.Logger // nil: nothing is logged

	Header  string // in which trusted proxies pass on the certificate of a client; empty: they do not
	Proxies bool   // whether there are trusted proxies
}

// Service issues and recognises client certificates. Make it with [New]; it is safe for concurrent use.
type Service struct {
	Options
	flight singleflight.Group

	mu    sync.Mutex
	known map[string]*known    // by organisation
	used  map[string]time.Time // when the last use of a certificate was written, by its id
}

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Options: o, known: map[string]*known{}, used: map[string]time.Time{}}
}

func keyPlace(orgID string) string { return secret.Assoc("client_authorities", orgID, "key_sealed") }

// Issue gives a certificate for a request in PEM, for a year and for clients alone. Of the request it takes the key and the common
// name. models.CodeInvalid names the field certificateRequest, models.CodeConflict says that there are too many, models.CodeForbidden
// that the actor is no brand admin.
func (s *Service) Issue(ctx context.Context, a models.Actor, text string) (*models.ClientCertificate, error) {
	if a.Role != models.RoleBrandAdmin {
		return nil, forbidden()
	}
	asked, err := parseRequest(text)
	if err != nil {
		return nil, err
	}
	ca, key, err := s.authority(ctx, a.OrgID)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now().UTC()
	ends := now.AddDate(certificateYears, 0, 0)
	if ends.After(ca.NotAfter) {
		ends = ca.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: asked.subject, Organization: []string{a.OrgID}},
		NotBefore: now.Add(-before), NotAfter: ends, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, asked.key, key)
	if err != nil {
		return nil, fmt.Errorf("sign client certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the client certificate that was signed: %w", err)
	}
	c := &models.ClientCertificate{
		ID: models.NewOrderedID(models.PrefixCertificate, now), Subject: asked.subject, Serial: leaf.SerialNumber.Text(16), Fingerprint: fingerprint(der),
		Certificate: encode(der), ExpiresAt: leaf.NotAfter.UTC(),
	}
	return c, s.Store.AddClientCertificate(ctx, a, c)
}

// Blocked says why the API cannot take calls with a client certificate alone by now, as the key of a message; empty when it can.
func (s *Service) Blocked(all []models.ClientCertificate) string {
	switch {
	case s.Header == "":
		return "certificate.require.blocked.header"
	case !s.Proxies:
		return "certificate.require.blocked.proxies"
	}
	now := s.Clock.Now()
	if !slices.ContainsFunc(all, func(c models.ClientCertificate) bool {
		return c.LastUsedAt != nil && c.Status(now) == models.CertificateActive
	}) {
		return "certificate.require.blocked.unseen"
	}
	return ""
}

// Require says whether the API takes calls with a client certificate alone. It is not switched on while every call would be refused:
// models.CodeConflict says why. models.CodeForbidden when the actor is no brand admin.
func (s *Service) Require(ctx context.Context, a models.Actor, required bool) error {
	if !required {
		return s.Store.RequireClientCertificate(ctx, a, false)
	}
	all, err := s.Store.ActiveClientCertificates(ctx, a.OrgID)
	if err != nil {
		return err
	}
	if key := s.Blocked(all); key != "" && a.Role == models.RoleBrandAdmin {
		return models.Conflict(key, nil)
	}
	return s.Store.RequireClientCertificate(ctx, a, true)
}

// Authority gives the certificate of an organisation's authority in PEM, which proxies check the certificates of clients with.
// models.CodeNotFound until the first of those was asked for, models.CodeForbidden when the actor is no brand admin.
func (s *Service) Authority(ctx context.Context, a models.Actor) (string, error) {
	if a.Role != models.RoleBrandAdmin {
		return "", forbidden()
	}
	row, err := s.Store.ClientAuthority(ctx, a.OrgID)
	return row.Certificate, err
}

func forbidden() error { return &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"} }

// authority gives the authority of an organisation, and makes it when there is none.
func (s *Service) authority(ctx context.Context, orgID string) (*x509.Certificate, crypto.Signer, error) {
	row, err := s.Store.ClientAuthority(ctx, orgID)
	if models.ErrorCode(err) == models.CodeNotFound {
		if row, err = s.newAuthority(ctx, orgID); err == nil {
			err = s.Store.AddClientAuthority(ctx, row)
		}
		if err == nil { // another node may have been first
			row, err = s.Store.ClientAuthority(ctx, orgID)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	ca, err := decode(row.Certificate)
	if err != nil {
		return nil, nil, err
	}
	der, err := s.Sealer.Open(ctx, keyPlace(orgID), row.KeySealed)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, nil, errors.New("the key of the client authority does not parse") // and says nothing of itself
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, errors.New("the key of the client authority does not sign")
	}
	return ca, signer, nil
}

func (s *Service) newAuthority(ctx context.Context, orgID string) (*models.ClientAuthority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of a client authority: %w", err)
	}
	now := s.Clock.Now().UTC()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: authorityCN, Organization: []string{orgID}},
		NotBefore: now.Add(-before), NotAfter: now.AddDate(authorityYears, 0, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign a client authority: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the key of a client authority: %w", err)
	}
	sealed, err := s.Sealer.Seal(ctx, keyPlace(orgID), plain)
	if err != nil {
		return nil, err
	}
	return &models.ClientAuthority{OrgID: orgID, Certificate: encode(der), KeySealed: sealed}, nil
}

func newSerial() *big.Int {
	for {
		n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
		if err == nil && n.Sign() > 0 { // reading random bytes never fails (crypto/rand)
			return n
		}
	}
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func encode(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
}

func decode(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("a stored certificate is no PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}
