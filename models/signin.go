package models

import "time"

// SessionStage is what is still to be shown before a session opens anything.
type SessionStage string

// The stages of a session.
const (
	StageOpen   SessionStage = ""       // signed in
	StageCode   SessionStage = "code"   // the code of the second factor is to be shown
	StageEnroll SessionStage = "enroll" // the second factor is to be set up
)

// What the audit log knows of ways to sign in.
const (
	AuditSecondFactorOn  AuditAction = "user.second_factor.on"
	AuditSecondFactorOff AuditAction = "user.second_factor.off"
	AuditRecoveryCodes   AuditAction = "user.recovery_codes"
	AuditIdentity        AuditAction = "user.identity" // connected with the sign-in service
)

// RecoveryCode lets somebody sign in once who has lost their second factor.
type RecoveryCode struct {
	UserID string `gorm:"primaryKey"`
	Hash   string `gorm:"primaryKey"`
}

// SignInService is the organisation's sign-in service (OpenID Connect).
type SignInService struct {
	OrgID              string `gorm:"primaryKey"`
	Enabled            bool
	Name               string // what the button says
	Issuer             string // URL
	ClientID           string
	ClientSecretSealed string
	Scopes             string // separated by spaces
	Domains            string // of e-mail addresses that may sign in, a line each; empty means all
	CreateMembers      bool   // somebody new gets an account as a member
	OnlyWay            bool   // members cannot use passwords; brand admins still can
	UpdatedAt          time.Time
}

// Identity is who a person is at the sign-in service.
type Identity struct {
	Issuer    string `gorm:"primaryKey"`
	Subject   string `gorm:"primaryKey"`
	UserID    string
	CreatedAt time.Time
}
