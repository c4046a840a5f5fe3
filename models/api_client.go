package models

import (
	"slices"
	"strings"
	"time"
)

// APIClient is a program that gets tokens of the API with an id and a secret (RFC 6749 §4.4) and acts as its person, as far as
// its scopes go. Only the SHA-256 of the secret is kept; the secret is shown once.
type APIClient struct {
	ID     string `gorm:"primaryKey"` // the client id
	OrgID  string
	UserID string
	Name   string
	Hash   string // hex of SHA-256
	Hint   string // the last four characters of the secret
	Scopes Scopes // what its tokens may have at most
	TokenLimits
	Logged     bool // its calls are kept for a day
	CreatedAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

// TableName names the table.
func (APIClient) TableName() string { return "api_clients" }

// AccessToken is what an APIClient got for its secret: a token that opens the API until it expires.
type AccessToken struct {
	Hash      string `gorm:"primaryKey"` // hex of SHA-256
	ClientID  string
	Scopes    Scopes
	CreatedAt time.Time
	ExpiresAt time.Time
}

// AccessTokenValid is how long an AccessToken opens the API.
const AccessTokenValid = time.Hour

// AccessTokensPerMinute is how many tokens one client gets in a minute: each is good for an hour, and whoever needs more has lost
// them.
const AccessTokensPerMinute = 60

// Scopes are scopes of the API as OAuth spells them (RFC 6749 §3.3): with a space between each two.
type Scopes string

// ScopeManageAll is the scope that has all others.
const ScopeManageAll = "manage:all"

// ScopeResources are what scopes are about, in Qualtrics' spelling as far as its API has the thing.
var ScopeResources = []string{
	"surveys", "survey_responses", "survey_sessions", "subscriptions", "distributions", "libraries", "directories", "directory_contacts", "mailing_lists",
	"mailing_list_contacts", "contact_transactions", "erasure_requests", "users", "groups", "divisions", "organizations", "workflows", "credentials",
}

// ScopeLevels are how far a scope goes: read looks, write makes and changes, manage does both and deletes.
var ScopeLevels = []string{"read", "write", "manage"}

// AllScopes lists every scope that a client can have, three for each resource.
func AllScopes() []string {
	var all []string
	for _, resource := range ScopeResources {
		for _, level := range ScopeLevels {
			all = append(all, level+":"+resource)
		}
	}
	return append(all, ScopeManageAll)
}

// List gives the scopes one by one.
func (s Scopes) List() []string { return strings.Fields(string(s)) }

// Within gives what of these scopes lies within others: a token keeps no more than its client has by now.
func (s Scopes) Within(others Scopes) Scopes {
	var both []string
	for _, scope := range s.List() {
		if others.Covers(scope) {
			both = append(both, scope)
		}
	}
	for _, scope := range others.List() {
		if s.Covers(scope) {
			both = append(both, scope)
		}
	}
	slices.Sort(both)
	return Scopes(strings.Join(slices.Compact(both), " "))
}

// Covers reports whether the scope is one of these, or within one.
func (s Scopes) Covers(scope string) bool {
	_, resource, _ := strings.Cut(scope, ":")
	return slices.ContainsFunc(s.List(), func(has string) bool {
		return has == scope || has == ScopeManageAll || has == "manage:"+resource
	})
}
