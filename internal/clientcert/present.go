package clientcert

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strings"
	"time"

	"surveyflow/models"
)

// Why a certificate does not open the API.
var (
	ErrMissing    = refusal("certificate.refused.missing")
	ErrUnreadable = refusal("certificate.refused.unreadable")
	ErrForeign    = refusal("certificate.refused.foreign") // not of this organisation's authority, or changed
	ErrRevoked    = refusal("certificate.refused.revoked")
	ErrExpired    = refusal("certificate.refused.expired")
)

func refusal(key string) *models.Error { return &models.Error{Code: models.CodeForbidden, Key: key} }

// known is what is known of an organisation's certificates.
type known struct {
	readAt  time.Time
	ca      *x509.Certificate                   // nil while there is none
	current map[string]models.ClientCertificate // that count, by fingerprint
}

// Check finds out whether what a trusted proxy passed on is a certificate of the organisation that counts now, and notes its use. What
// is given may be empty. Errors are those above, or models.CodeUnavailable. The signature is verified here, whatever the proxy did.
func (s *Service) Check(ctx context.Context, orgID, given string) error {
	// A proxy may pass on the frame of nothing; Caddy writes the name of the placeholder that it had nothing for.
	if given = strings.Trim(given, " :"); given == "" || strings.HasPrefix(given, "{") {
		return ErrMissing
	}
	leaf, ok := parsePresented(given)
	if !ok {
		return ErrUnreadable
	}
	k, err := s.knownOf(ctx, orgID)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	switch {
	case k.ca == nil || leaf.CheckSignatureFrom(k.ca) != nil:
		return ErrForeign
	case now.After(leaf.NotAfter):
		return ErrExpired
	case now.Before(leaf.NotBefore):
		return ErrForeign
	}
	row, there := k.current[fingerprint(leaf.Raw)]
	if issued := leaf.NotBefore.Add(before); !there && issued.After(k.readAt.Add(-time.Second)) { // since then, perhaps; certificates have whole seconds
		if k, err = s.load(ctx, orgID); err != nil {
			return err
		}
		row, there = k.current[fingerprint(leaf.Raw)]
	}
	if !there {
		return ErrRevoked
	}
	s.noteUse(ctx, &row, now)
	return nil
}

// noteUse writes that a certificate was used, once a minute. The page says so, and requiring certificates waits for it.
func (s *Service) noteUse(ctx context.Context, row *models.ClientCertificate, now time.Time) {
	s.mu.Lock()
	last := s.used[row.ID]
	if row.LastUsedAt != nil && row.LastUsedAt.After(last) {
		last = *row.LastUsedAt
	}
	due := now.Sub(last).Abs() >= usesAreApart
	if due {
		s.used[row.ID] = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	if err := s.Store.TouchClientCertificate(ctx, row.ID, now); err != nil {
		// The next use is written a minute later; the call goes on.
		s.Log.WarnContext(ctx, "could not note the last use of a client certificate", "error", err)
	}
}

// knownOf gives what is known of an organisation, read no longer than a second ago.
func (s *Service) knownOf(ctx context.Context, orgID string) (*known, error) {
	s.mu.Lock()
	k := s.known[orgID]
	s.mu.Unlock()
	if k != nil && s.Clock.Now().Sub(k.readAt).Abs() < knownValid {
		return k, nil
	}
	shared := context.WithoutCancel(ctx) // none of several calls may take the answer away by ending
	select {
	case r := <-s.flight.DoChan(orgID, func() (any, error) { return s.load(shared, orgID) }):
		k, _ := r.Val.(*known)
		return k, r.Err
	case <-ctx.Done():
		return nil, &models.Error{Code: models.CodeUnavailable, Key: "error.unavailable", Cause: ctx.Err()}
	}
}

func (s *Service) load(ctx context.Context, orgID string) (*known, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	k := &known{readAt: s.Clock.Now(), current: map[string]models.ClientCertificate{}}
	row, err := s.Store.ClientAuthority(ctx, orgID)
	switch {
	case models.ErrorCode(err) == models.CodeNotFound:
	case err != nil:
		return nil, err
	default:
		if k.ca, err = decode(row.Certificate); err != nil {
			return nil, err
		}
		all, err := s.Store.ActiveClientCertificates(ctx, orgID)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			k.current[c.Fingerprint] = c
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[orgID] = k
	return k, nil
}

// parsePresented reads a certificate as proxies write it into a header: PEM that is encoded for URLs (nginx), PEM with spaces for line
// breaks (Apache), or base64 of the DER, in colons (RFC 9440) or not (Caddy, HAProxy, Traefik). One
// certificate alone: of several, a client could have sent the first and the proxy added the other.
func parsePresented(given string) (*x509.Certificate, bool) {
	if len(given) > 3*maxPEM { // as much as the longest has with every character encoded
		return nil, false
	}
	if strings.Contains(given, "%") {
		text, err := url.PathUnescape(given) // a plus sign is one of base64's
		if err != nil {
			return nil, false
		}
		given = text
	}
	der, ok := presentedDER(given)
	if !ok {
		return nil, false
	}
	c, err := x509.ParseCertificate(der)
	return c, err == nil
}

const (
	pemBegin = "-----BEGIN " + pemType + "-----"
	pemEnd   = "-----END " + pemType + "-----"
)

func presentedDER(given string) ([]byte, bool) {
	if body, ok := strings.CutPrefix(given, pemBegin); ok {
		body, more, ended := strings.Cut(body, pemEnd)
		if !ended || strings.TrimSpace(more) != "" {
			return nil, false
		}
		block, _ := pem.Decode([]byte(pemBegin + "\n" + strings.Join(strings.Fields(body), "\n") + "\n" + pemEnd + "\n"))
		if block == nil {
			return nil, false
		}
		return block.Bytes, true
	}
	der, err := base64.StdEncoding.DecodeString(given)
	return der, err == nil
}
