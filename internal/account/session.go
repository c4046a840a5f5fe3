package account

import (
	"context"
	"strings"
	"time"

	"surveyflow/models"
)

// How long sessions last.
const (
	SessionLifetime = 30 * 24 * time.Hour // from sign-in, however much it is used
	SessionIdle     = 7 * 24 * time.Hour  // without a request
	// pendingLifetime is how long somebody has to show their second factor.
	pendingLifetime = 10 * time.Minute
	// touchEvery spares a write for most requests; SessionIdle is only as exact as this.
	touchEvery = 5 * time.Minute
)

// invitesShown is how long an invitation that was not accepted stays in the list after its end.
const invitesShown = 30 * 24 * time.Hour

// maxUserAgent is how many bytes of a browser's name are kept.
const maxUserAgent = 300

// BeginSession makes a session for a person who has just shown who they are and gives its secret, for the cookie.
// The session that the browser had ends, so that nobody can have prepared the new one.
//
// Where a second factor is set up, or required and not yet set up, the session opens nothing until it was shown.
func (p *People) BeginSession(ctx context.Context, u *models.User, from Client) (string, error) {
	if u.Service {
		return "", &models.Error{Code: models.CodeForbidden, Key: "people.error.service_sign_in"}
	}
	stage := models.StageOpen
	if u.TOTPOnAt != nil {
		stage = models.StageCode
	} else {
		org, err := p.store.Organisation(ctx, models.SystemActor(u.OrgID))
		if err != nil {
			return "", err
		}
		if org.RequireSecondFactor {
			stage = models.StageEnroll
			if err := p.StartSecondFactor(ctx, u); err != nil {
				return "", err
			}
		}
	}
	return p.beginSession(ctx, u, from, stage)
}

func (p *People) beginSession(ctx context.Context, u *models.User, from Client, stage models.SessionStage) (string, error) {
	secret, now := models.NewCapability(), p.clock.Now()
	v := &models.Session{
		ID: digest(secret), UserID: u.ID, UserAgent: cut(models.CleanText(from.UserAgent), maxUserAgent), IP: from.IP,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(SessionLifetime), Stage: stage,
	}
	if stage != models.StageOpen {
		v.ExpiresAt = now.Add(pendingLifetime)
	}
	if err := p.store.CreateSession(ctx, v, u.PasswordHash); err != nil {
		return "", err
	}
	p.log.InfoContext(ctx, "signed in", "user_id", u.ID, "stage", stage)
	if from.Session == "" {
		return secret, nil
	}
	return secret, p.store.DeleteSession(ctx, digest(from.Session))
}

// Session gives the session with that secret and its person. models.CodeUnauthorized when there is none, it has ended, or
// the person is disabled. Who calls it counts as here now.
func (p *People) Session(ctx context.Context, secret string) (*models.User, *models.Session, error) {
	signedOut := &models.Error{Code: models.CodeUnauthorized, Key: "people.error.signed_out"}
	if secret == "" {
		return nil, nil, signedOut
	}
	v, u, err := p.store.Session(ctx, digest(secret))
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, nil, signedOut
	} else if err != nil {
		return nil, nil, err
	}
	now := p.clock.Now()
	if u.DisabledAt != nil || !now.Before(v.ExpiresAt) || now.Sub(v.LastSeenAt) >= SessionIdle {
		return nil, nil, signedOut
	}
	if now.Sub(v.LastSeenAt) >= touchEvery {
		// A page that can be read must not fail because this cannot be written.
		if err := p.store.TouchSession(ctx, v.ID, now); err != nil {
			p.log.WarnContext(ctx, "could not note the use of a session", "user_id", u.ID, "error", err)
		}
		v.LastSeenAt = now
	}
	return u, v, nil
}

// SignOut ends the session with that secret, because its person asked for it from that address. One that is not there, or
// "", is ended already.
func (p *People) SignOut(ctx context.Context, secret, ip string) error {
	if secret == "" {
		return nil
	}
	return p.store.SignOut(ctx, digest(secret), ip)
}

// Purge removes sessions that have ended, failed sign-ins that are long past, and lines of the audit log whose time is
// over. Once an hour is often enough.
func (p *People) Purge(ctx context.Context) error {
	now := p.clock.Now()
	if _, err := p.store.PurgeSessions(ctx, now, now.Add(-SessionIdle)); err != nil {
		return err
	}
	if err := p.store.PurgeSignInFailures(ctx, now.Add(-failuresRest)); err != nil {
		return err
	}
	if err := p.store.PurgeInvites(ctx, now.Add(-invitesShown)); err != nil {
		return err
	}
	return p.purgeAudit(ctx, now)
}

func (p *People) purgeAudit(ctx context.Context, now time.Time) error {
	o, err := p.store.TheOrganisation(ctx)
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && o.AuditDays == 0 {
		return nil
	}
	for removed := int64(1); err == nil && removed > 0; {
		removed, err = p.store.PurgeAudit(ctx, o.ID, now.AddDate(0, 0, -o.AuditDays))
	}
	return err
}

// cut shortens valid UTF-8 to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
