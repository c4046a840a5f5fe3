package models

import "time"

// PrefixInvite begins the id of an invitation.
const PrefixInvite Prefix = "IN_"

// InviteLifetime is how long the link of an invitation lets somebody in.
const InviteLifetime = 7 * 24 * time.Hour

// Invite lets somebody join the organisation. The secret of its link is kept as its SHA-256 alone; once it was accepted the
// row is gone.
type Invite struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	Email     string // as typed; it becomes the person's
	EmailKey  string
	Role      Role
	Hash      string
	InvitedBy string // id of a person
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Over reports whether the link has stopped to work.
func (v Invite) Over(now time.Time) bool { return !now.Before(v.ExpiresAt) }
