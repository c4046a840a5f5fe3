package account

import (
	"cmp"
	"context"
	"math"
	"net/netip"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// Failed sign-ins make the next one wait: a second, two, four … up to maxDelay. There is no lock-out, which would let
// anybody keep others out for long.
const (
	freeFailures   = 5  // of one account, before the first delay
	freeIPFailures = 20 // from one address, behind which an office may sit
	maxDelay       = time.Minute
	failuresRest   = 24 * time.Hour // without a try, after which they are forgotten
)

// Client is the browser that signs in.
type Client struct {
	IP        string // its address, proxies taken into account; may be empty
	UserAgent string
	Session   string // the secret of the session that the browser has now, which ends; may be empty
}

// SignIn begins a session for the person with that address and password and gives its secret, for the cookie.
//
// Errors: models.CodeInvalid when something is missing; models.CodeUnauthorized with the same message for an unknown
// address and a wrong password, and another for a disabled person with the right one; models.CodeThrottled with Args
// "Seconds" when earlier tries failed.
func (p *People) SignIn(ctx context.Context, email, password string, from Client) (string, *models.User, error) {
	var missing []models.FieldError
	if models.EmailKey(email) == "" {
		missing = append(missing, models.Field("email", "people.error.email_missing"))
	}
	if password == "" {
		missing = append(missing, models.Field("password", "people.error.password_missing"))
	}
	if len(missing) > 0 {
		return "", nil, models.Invalid(missing...)
	}
	u, err := p.authenticate(ctx, email, password, from.IP)
	if err != nil {
		p.log.InfoContext(ctx, "sign-in refused", "reason", models.ErrorCode(err), "ip", from.IP)
		return "", nil, err
	}
	if err := p.passwordAllowed(ctx, u); err != nil {
		return "", nil, err
	}
	secret, err := p.BeginSession(ctx, u, from)
	return secret, u, err
}

// authenticate gives the person with that address and password. Every try counts as failed until it succeeds: counting
// only afterwards would let a burst of tries at once pass together.
func (p *People) authenticate(ctx context.Context, email, password, ip string) (*models.User, error) {
	account, address := accountSubject(email), ipSubject(ip)
	if err := p.admit(ctx, account, address); err != nil {
		return nil, err
	}
	u, err := p.userByEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	hash := p.hashes.dummy
	if u != nil && u.PasswordHash != "" { // somebody without a password looks like nobody
		hash = u.PasswordHash
	}
	ok, err := p.hashes.matches(ctx, password, hash)
	switch {
	case err != nil:
		return nil, err
	case u == nil || !ok:
		if err := p.auditFailure(ctx, u, ip); err != nil {
			return nil, err
		}
		return nil, &models.Error{Code: models.CodeUnauthorized, Key: "people.error.sign_in"}
	case u.DisabledAt != nil:
		if err := p.auditFailure(ctx, u, ip); err != nil {
			return nil, err
		}
		return nil, &models.Error{Code: models.CodeUnauthorized, Key: "people.error.disabled"}
	}
	return u, p.store.ForgetSignInFailures(ctx, account.key, address.key)
}

// auditFailure notes a sign-in that failed. What was typed for the address is not kept when nobody has it: people type
// passwords there.
func (p *People) auditFailure(ctx context.Context, u *models.User, ip string) error {
	o, err := p.store.TheOrganisation(ctx)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil
	} else if err != nil {
		return err
	}
	e := models.AuditEntry{Action: models.AuditSignInFailed}
	if u != nil {
		e.Object, e.Name = u.ID, u.Email
	}
	a := models.SystemActor(o.ID)
	a.IP = ip
	return p.store.Audit(ctx, a, e)
}

// userByEmail gives nil when nobody who may sign in has that address.
func (p *People) userByEmail(ctx context.Context, email string) (*models.User, error) {
	o, err := p.store.TheOrganisation(ctx)
	if err == nil {
		var u *models.User
		if u, err = p.store.UserByEmail(ctx, models.SystemActor(o.ID), email); err == nil {
			if u.Service {
				return nil, nil //nolint:nilnil // see below
			}
			return u, nil
		}
	}
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, nil //nolint:nilnil // nobody is an expected answer, and looks the same as a wrong password
	}
	return nil, err
}

// subject is what failed sign-ins are counted for.
type subject struct {
	key  string // empty: not counted
	free int    // failures before the first delay
}

// accountSubject is digested because people type passwords into the field for the address.
func accountSubject(email string) subject {
	return subject{"account:" + digest(models.EmailKey(email)), freeFailures}
}

// ipSubject takes the /64 of an IPv6 address: whoever has one address has all of these.
func ipSubject(ip string) subject {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return subject{}
	}
	if addr = addr.Unmap(); addr.Is6() {
		prefix, _ := addr.WithZone("").Prefix(64) // fails only for lengths that no address has
		return subject{"ip:" + prefix.String(), freeIPFailures}
	}
	return subject{"ip:" + addr.String(), freeIPFailures}
}

// admit counts a try for the subjects, or says how long to wait, which does not count.
func (p *People) admit(ctx context.Context, subjects ...subject) error {
	now := p.clock.Now()
	var keys []string
	for _, s := range subjects {
		if s.key != "" {
			keys = append(keys, s.key)
		}
	}
	var wait time.Duration
	err := p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		failures, err := tx.SignInFailures(ctx, keys...)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			if f, failed := failures[s.key]; failed {
				delay := delayAfter(f.Failures - s.free)
				wait = max(wait, min(delay, f.LastAt.Add(delay).Sub(now)))
			}
		}
		if wait > 0 {
			return nil
		}
		return tx.AddSignInFailure(ctx, now.Add(-failuresRest), keys...)
	})
	return cmp.Or(err, throttled(wait))
}

// delayAfter gives how long to wait after that many failures too many; none below 0.
func delayAfter(over int) time.Duration {
	if over < 0 {
		return 0
	}
	return min(time.Second<<min(over, 10), maxDelay)
}

func throttled(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return &models.Error{Code: models.CodeThrottled, Key: "people.error.throttled", Args: map[string]any{"Seconds": seconds, "Count": seconds}}
}
