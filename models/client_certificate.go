package models

import "time"

// ClientAuthority signs the client certificates of an organisation. Its key never leaves the database but in the memory of whoever
// signs.
type ClientAuthority struct {
	OrgID       string `gorm:"primaryKey"`
	Certificate string // PEM
	KeySealed   string // PKCS#8
	CreatedAt   time.Time
}

// ClientCertificate lets a program show who it is when it connects to the API, beside its token.
type ClientCertificate struct {
	ID          string `gorm:"primaryKey"` // ordered by time
	OrgID       string
	UserID      string // who had it issued
	Subject     string // the common name
	Serial      string // hexadecimal
	Fingerprint string // hex of the SHA-256 of the whole certificate
	Certificate string // PEM
	CreatedAt   time.Time
	ExpiresAt   time.Time
	LastUsedAt  *time.Time // within a minute; nil while the API has never seen it
	RevokedAt   *time.Time
	WarnedAt    *time.Time // when brand admins were told that it ends
}

// CertificateStatus says whether a client certificate counts.
type CertificateStatus string

// The statuses of client certificates.
const (
	CertificateActive  CertificateStatus = "active"
	CertificateExpired CertificateStatus = "expired"
	CertificateRevoked CertificateStatus = "revoked"
)

// CertificateStatuses lists them.
var CertificateStatuses = []CertificateStatus{CertificateActive, CertificateExpired, CertificateRevoked}

// Limits of client certificates.
const (
	MaxClientCertificates   = 10                  // that count at a time, in one organisation
	ClientCertificateNotice = 60 * 24 * time.Hour // before one ends, brand admins are told
)

// Status says whether the certificate counts at that time.
func (c *ClientCertificate) Status(now time.Time) CertificateStatus {
	switch {
	case c.RevokedAt != nil:
		return CertificateRevoked
	case !now.Before(c.ExpiresAt):
		return CertificateExpired
	}
	return CertificateActive
}

// EndsSoon reports whether the certificate counts and ends within ClientCertificateNotice.
func (c *ClientCertificate) EndsSoon(now time.Time) bool {
	return c.Status(now) == CertificateActive && c.ExpiresAt.Sub(now) < ClientCertificateNotice
}
