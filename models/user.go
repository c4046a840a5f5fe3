package models

import "time"

// Role says what a person may do in the organisation.
type Role string

// The roles: a brand admin may do everything, a member what is their own or shared with them.
const (
	RoleBrandAdmin Role = "brand_admin"
	RoleMember     Role = "member"
)

// Actor is who reads or writes: every store method that touches an organisation's data takes one first.
type Actor struct {
	OrgID  string
	UserID string
	Role   Role
	Via    Via
	Wide   bool // the request asked for the whole organisation (?scope=organization); only brand admins get it

	// For the audit log.
	TokenID string // id of the API token that the actor came with
	IP      string // address that the request came from
}

// Via says through which door an actor came.
type Via string

// The doors.
const (
	ViaWeb    Via = "web"
	ViaAPI    Via = "api"
	ViaSystem Via = "system" // the program itself: workers, commands, demo
)

// SeesAll reports whether the actor reaches everything of the organisation and not only own and shared things.
// In pages brand admins do; through the API only when they ask for it (contract §7, Scope).
func (a Actor) SeesAll() bool {
	switch a.Via {
	case ViaSystem:
		return true
	case ViaAPI:
		return a.Role == RoleBrandAdmin && a.Wide
	}
	return a.Role == RoleBrandAdmin
}

// SystemActor is the program itself acting for an organisation.
func SystemActor(orgID string) Actor { return Actor{OrgID: orgID, Via: ViaSystem} }

// Organisation is the one organisation of an instance (contract §7, Scope).
type Organisation struct {
	ID                  string `gorm:"primaryKey"` // the brand id: a slug
	Name                string
	TimeZone            string // IANA name
	Language            string // of new accounts, and of mails to people without one (BCP 47)
	RetentionDays       int    // how long finished runs are kept; 0 means the instance's default
	AuditDays           int    // how long the audit log is kept; 0 means for ever
	RequireSecondFactor bool   // of everybody who signs in with a password
	RequireCertificate  bool   // of programs that call the API with a token
	WorkflowRev         int64  // counts changes to live workflows without a survey
	AllowedDomains      string // hosts that tasks and credentials may call, one a line; empty means all
	InviteMax           int    // how often one person may be invited in InviteDays days; 0 means without limit
	InviteDays          int
	CreatedAt           time.Time
}

// DefaultAuditDays is how long the audit log is kept unless the organisation says otherwise.
const DefaultAuditDays = 365

// ServiceDomain ends the names of service accounts: no mail ever reaches it (RFC 2606 §2), and none is written to it.
const ServiceDomain = "@service.invalid"

// User is a person who signs in, or the account of a program.
type User struct {
	ID           string `gorm:"primaryKey"`
	OrgID        string
	Email        string // as typed; unique by EmailKey
	EmailKey     string // lower-cased in Go, since SQLite's lower() knows only ASCII
	FirstName    string
	LastName     string
	Role         Role
	PasswordHash string // argon2id, PHC format
	Language     string // BCP 47
	TimeZone     string // IANA name; empty means the organisation's
	Theme        string // "", "light" or "dark"
	DisabledAt   *time.Time
	LastLoginAt  *time.Time
	TOTPSealed   string     `gorm:"column:totp_sealed"` // the secret of the authenticator app
	TOTPOnAt     *time.Time `gorm:"column:totp_on_at"`  // since when it counts
	TOTPStep     int64      `gorm:"column:totp_step"`   // the last time step whose code was used
	DigestHour   *int       // of their day, at which they get in one mail what surveys have to tell; nil for each at once
	Service      bool       // the account of a program: it has tokens, and nobody signs in with it
	CreatedAt    time.Time
}

// Mailbox gives the address that mail reaches the person at; a service account has none.
func (u User) Mailbox() string {
	if u.Service {
		return ""
	}
	return u.Email
}

// Name gives the person's name, or the e-mail address when there is none.
func (u User) Name() string {
	switch {
	case u.FirstName != "" && u.LastName != "":
		return u.FirstName + " " + u.LastName
	case u.FirstName != "":
		return u.FirstName
	case u.LastName != "":
		return u.LastName
	}
	return u.Email
}

// Actor gives the actor that this person is, coming through that door.
func (u User) Actor(via Via) Actor {
	return Actor{OrgID: u.OrgID, UserID: u.ID, Role: u.Role, Via: via}
}

// Session is one signed-in browser. Its row id is the SHA-256 of the secret in the cookie.
type Session struct {
	ID         string `gorm:"primaryKey"`
	UserID     string
	UserAgent  string
	IP         string
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	Stage      SessionStage // what is still to be shown
}

// APIToken lets a program act as a person. Only the SHA-256 of the token is kept; the token is shown once.
type APIToken struct {
	ID     string `gorm:"primaryKey"`
	OrgID  string
	UserID string
	Name   string
	Hash   string // hex of SHA-256
	Hint   string // the last four characters, to tell tokens apart
	Scope  string // TokenScopeAll, or the id of the one collector or workflow that it reaches
	TokenLimits
	Logged     bool // its calls are kept for a day
	CreatedAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

// TokenLimits are what the owner of a token set for it alone.
type TokenLimits struct {
	RatePerSecond  int // requests, at all addresses together; 0 for what the address itself has
	Burst          int // requests at once, when there was a pause; with a rate alone
	TimeoutSeconds int // how long a request of the API may take; 0 for what all have
}

// TokenScopeAll is the scope of a token that may do all that its person may.
const TokenScopeAll = "all"

// The most that a token's limits may be.
const (
	MaxTokenRate    = 100_000
	MaxTokenBurst   = 1_000_000
	MaxTokenTimeout = 60
)

// PasswordReset is a link that lets a person choose a new password, once.
type PasswordReset struct {
	ID        string `gorm:"primaryKey"` // the hash of what stands in the link
	UserID    string
	CreatedAt time.Time
	ExpiresAt time.Time
}
