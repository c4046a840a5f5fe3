package account

import (
	"context"
	"errors"
	"time"

	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// ResetLifetime is how long a link for a new password holds.
const ResetLifetime = time.Hour

// How often links can be asked for before one has to wait: for one account, and from one address.
const (
	freeResets   = 3
	freeIPResets = 10
)

// RequestReset mails a link for a new password to the person with that address. Whether there is such a person, nobody can
// tell from the answer. models.CodeInvalid names the field email; models.CodeThrottled has Args "Seconds";
// models.CodeConflict says that no mail leaves this instance.
func (p *People) RequestReset(ctx context.Context, email string, from Client) error {
	if !p.Mails() {
		return &models.Error{Code: models.CodeConflict, Key: "reset.error.no_mail"}
	}
	var fields []models.FieldError
	email = clean(email)
	checkEmail(&fields, email)
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	account, address := subject{"reset:" + digest(models.EmailKey(email)), freeResets}, ipSubject(from.IP)
	if address.key != "" {
		address = subject{"reset-" + address.key, freeIPResets}
	}
	if err := p.admit(ctx, account, address); err != nil {
		if e, ok := errors.AsType[*models.Error](err); ok && e.Code == models.CodeThrottled {
			e.Key = "reset.error.throttled"
		}
		return err
	}
	u, err := p.userByEmail(ctx, email)
	if err != nil {
		return err
	}
	if u == nil || u.DisabledAt != nil {
		// As much work as for somebody who is there, so that the time it takes tells nothing.
		org, err := p.store.TheOrganisation(ctx)
		if err != nil {
			return err
		}
		u = &models.User{ID: "", OrgID: org.ID, Email: email}
	}
	token := models.NewCapability()
	mails, err := p.letter(ctx, u, mail.PasswordReset{Token: token, For: ResetLifetime})
	if err != nil {
		return err
	}
	if err := p.store.CreatePasswordReset(ctx, p.newReset(u.ID, token), &models.Notices{Mails: mails}); err != nil {
		return err
	}
	p.log.InfoContext(ctx, "a new password was asked for", "known", u.ID != "")
	return nil
}

// ResetLink makes a link for a new password that a brand admin passes on, and gives its token and when it ends.
// models.CodeForbidden for others; models.CodeNotFound when there is no such person.
func (p *People) ResetLink(ctx context.Context, a models.Actor, userID string) (token string, until time.Time, err error) {
	if a.Role != models.RoleBrandAdmin && a.Via != models.ViaSystem {
		return "", until, &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"}
	}
	u, err := p.store.User(ctx, a, userID)
	if err != nil {
		return "", until, err
	}
	if u.Service {
		return "", until, models.Conflict("people.error.service_sign_in", nil)
	}
	token = models.NewCapability()
	r := p.newReset(u.ID, token)
	if err := p.store.CreatePasswordReset(ctx, r, nil); err != nil {
		return "", until, err
	}
	p.log.InfoContext(ctx, "a link for a new password was made", "user_id", u.ID, "by", a.UserID)
	return token, r.ExpiresAt, nil
}

func (p *People) newReset(userID, token string) *models.PasswordReset {
	now := p.clock.Now()
	return &models.PasswordReset{ID: digest(token), UserID: userID, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}
}

// ResetUser gives whose password a link lets choose. models.CodeNotFound when the link does not hold (any more).
func (p *People) ResetUser(ctx context.Context, token string) (*models.User, error) {
	r, u, err := p.store.PasswordReset(ctx, digest(token))
	if err == nil && (!p.clock.Now().Before(r.ExpiresAt) || u.DisabledAt != nil) {
		err = models.NotFound("reset.error.over")
	}
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, models.NotFound("reset.error.over")
	}
	return u, err
}

// ResetPassword writes a new password by a link, which is used up by it, and ends all sessions of the person.
// models.CodeInvalid names the field password; models.CodeNotFound says that the link does not hold.
func (p *People) ResetPassword(ctx context.Context, token, password string, from Client) error {
	u, err := p.ResetUser(ctx, token)
	if err != nil {
		return err
	}
	var fields []models.FieldError
	checkPassword(&fields, "password", password, u.Email)
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	hash, err := p.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	notices, err := p.accountNotices(ctx, u, models.NotifyPasswordChanged, nil, mail.PasswordChanged{IP: from.IP})
	if err != nil {
		return err
	}
	err = p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		used, err := tx.UsePasswordReset(ctx, digest(token), p.clock.Now())
		if err != nil {
			return err
		}
		if !used {
			return models.NotFound("reset.error.over")
		}
		if err := tx.UpdateUserPassword(ctx, models.SystemActor(u.OrgID), u.ID, hash, ""); err != nil {
			return err
		}
		if err := tx.ForgetSignInFailures(ctx, accountSubject(u.Email).key, ""); err != nil {
			return err
		}
		return tx.Tell(ctx, notices)
	})
	if err != nil {
		return err
	}
	p.log.InfoContext(ctx, "password changed by a link", "user_id", u.ID)
	return nil
}
