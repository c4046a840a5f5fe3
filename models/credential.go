package models

import "time"

// Credential is what opens somebody else's service: a password, a token, an OAuth client, a client certificate. What is
// secret of it is sealed, goes in and never comes out (contract §6); only the engine opens it.
type Credential struct {
	ID            string `gorm:"primaryKey"`
	OrgID         string
	OwnerID       string
	Name          string
	Type          CredentialType
	GrantType     GrantType // of OAuth 2.0
	Shared        bool      // everybody in the organisation may use it, and brand admins may change it
	AllowedHosts  JSON[[]string]
	Status        CredentialStatus
	Problem       string     // why it must be connected again: a RunError as JSON
	Rev           int64      // counts the changes of what it is made of
	ConfigSealed  string     // what its kind needs, as JSON
	TokensSealed  string     // of OAuth 2.0: what the provider gave, as JSON
	TokensRev     int64      // counts the tokens
	ExpiresAt     *time.Time // of the access token; nil when the provider did not say
	RefreshClaim  string     // who asks for a new token just now
	RefreshUntil  *time.Time // when that claim is void
	MTLSSealed    string     `gorm:"column:mtls_sealed"` // private key, certificates and own authority, as JSON
	CertSubject   string
	CertExpiresAt *time.Time
	CertWarnedAt  *time.Time
	CreatedAt     time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt     time.Time `gorm:"autoUpdateTime:false"`
	DeletedAt     *time.Time
}

// CredentialType is the kind of a credential (contract §6).
type CredentialType string

// The kinds of credentials.
const (
	CredentialBasic  CredentialType = "basic"
	CredentialAPIKey CredentialType = "apiKey"
	CredentialOAuth2 CredentialType = "oauth2"
)

// CredentialTypes lists the kinds in the order in which forms offer them.
var CredentialTypes = []CredentialType{CredentialBasic, CredentialAPIKey, CredentialOAuth2}

// GrantType is the way in which an OAuth 2.0 access token is obtained.
type GrantType string

// The grant types of the contract.
const (
	GrantAuthorizationCode GrantType = "authorizationCode"
	GrantClientCredentials GrantType = "clientCredentials"
)

// ClientAuthentication says where an OAuth 2.0 client proves itself to the token endpoint.
type ClientAuthentication string

// The places for client id and secret.
const (
	ClientAuthHeader ClientAuthentication = "header"
	ClientAuthBody   ClientAuthentication = "body"
)

// CredentialStatus says whether a credential can be used.
type CredentialStatus string

// The statuses of a credential.
const (
	CredentialReady        CredentialStatus = "ready"
	CredentialNotConnected CredentialStatus = "notConnected"      // nobody has agreed at the provider yet
	CredentialReconnect    CredentialStatus = "needsReconnecting" // the provider no longer takes what we have
)

// Limits of credentials.
const (
	CredentialMaxName   = 100      // characters
	CredentialMaxValue  = 16 << 10 // bytes of a user name, password or token
	CredentialMaxHosts  = 50
	CredentialMaxParams = 20
	CertificateWarning  = 30 * 24 * time.Hour // before a client certificate ends
)

// EditableBy reports whether the actor may rename, change and remove the credential (contract §7, Credentials' owners):
// a private one its owner alone, a shared one any brand admin.
func (c *Credential) EditableBy(a Actor) bool {
	if c.OrgID != a.OrgID {
		return false
	}
	if c.Shared {
		return a.Role == RoleBrandAdmin || a.Via == ViaSystem
	}
	return c.OwnerID == a.UserID
}

// CertificateEnds reports whether the client certificate has ended by then or ends within the warning time.
func (c *Credential) CertificateEnds(now time.Time) bool {
	return c.CertExpiresAt != nil && c.CertExpiresAt.Sub(now) < CertificateWarning
}

// OAuthState is a way to a provider that somebody is on. It is taken once.
type OAuthState struct {
	ID             string `gorm:"primaryKey"` // SHA-256 of the parameter "state", in hex
	CredentialID   string
	UserID         string
	SessionID      string
	VerifierSealed string // of PKCE; empty when it is switched off
	ReturnTo       string // path of the page that the way began on; empty for the credential's own
	ExpiresAt      time.Time
}

// TableName keeps gorm from spelling it o_auth_states.
func (OAuthState) TableName() string { return "oauth_states" }
