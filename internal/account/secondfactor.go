package account

import (
	"context"

	"surveyflow/internal/mail"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// UseSealer lets secrets of second factors and sign-in services be kept. It is called once, before the first request.
func (p *People) UseSealer(s *secret.Sealer) { p.sealer = s }

// SecondFactor is what somebody needs to set their authenticator app up.
type SecondFactor struct {
	Secret  string // in base32, for typing
	Address string // for the picture
}

func totpPlace(userID string) string { return secret.Assoc("users", userID, "totp_sealed") }

// StartSecondFactor makes a new secret for a person, which counts once a code of it was shown. models.CodeConflict when a
// second factor is set up already.
func (p *People) StartSecondFactor(ctx context.Context, u *models.User) error {
	if u.TOTPOnAt != nil {
		return models.Conflict("totp.error.on", nil)
	}
	sealed, err := p.sealer.Seal(ctx, totpPlace(u.ID), newTOTPSecret())
	if err != nil {
		return err
	}
	return p.store.StartSecondFactor(ctx, u.ID, sealed)
}

// PendingSecondFactor gives what is to be scanned; nil when nothing was started, or it is set up already: afterwards nobody
// sees the secret again.
func (p *People) PendingSecondFactor(ctx context.Context, u *models.User) (*SecondFactor, error) {
	if u.TOTPOnAt != nil || u.TOTPSealed == "" {
		return nil, nil //nolint:nilnil // nothing is an expected answer
	}
	plain, err := p.sealer.Open(ctx, totpPlace(u.ID), u.TOTPSealed)
	if err != nil {
		return nil, err
	}
	return &SecondFactor{Secret: base32Text.EncodeToString(plain), Address: totpAddress(plain, "Surveyflow", u.Email)}, nil
}

// ConfirmSecondFactor turns the second factor on by a first code, and gives the recovery codes, which cannot be seen again.
// All other sessions end. models.CodeInvalid names the field code; wrong ones are throttled.
func (p *People) ConfirmSecondFactor(ctx context.Context, a models.Actor, u *models.User, code, keepSession string, from Client) ([]string, error) {
	if u.TOTPOnAt != nil || u.TOTPSealed == "" {
		return nil, models.Conflict("totp.error.on", nil)
	}
	step, err := p.checkTOTP(ctx, u, code)
	if err != nil {
		return nil, err
	}
	codes, hashes := makeRecoveryCodes()
	notices, err := p.accountNotices(ctx, u, models.NotifySignInMethod, map[string]any{"Method": "totp"}, mail.SignInMethod{Method: "totp", IP: from.IP})
	if err != nil {
		return nil, err
	}
	err = p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.TurnSecondFactorOn(ctx, a, u, step, hashes, keepSession); err != nil {
			return err
		}
		return tx.Tell(ctx, notices)
	})
	return codes, err
}

func makeRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		code := newRecoveryCode()
		codes, hashes = append(codes, code), append(hashes, digest(cleanCode(code)))
	}
	return codes, hashes
}

// RenewRecoveryCodes gives new recovery codes for old ones, by a code of the app.
func (p *People) RenewRecoveryCodes(ctx context.Context, a models.Actor, u *models.User, code string) ([]string, error) {
	if err := p.useCode(ctx, u, code); err != nil {
		return nil, err
	}
	codes, hashes := makeRecoveryCodes()
	return codes, p.store.ReplaceRecoveryCodes(ctx, a, u, hashes)
}

// TurnSecondFactorOff takes the actor's own second factor away, by a code of it. models.CodeConflict when the organisation
// requires one.
func (p *People) TurnSecondFactorOff(ctx context.Context, a models.Actor, u *models.User, o *models.Organisation, code string) error {
	if o.RequireSecondFactor {
		return models.Conflict("totp.error.required", nil)
	}
	if err := p.useCode(ctx, u, code); err != nil {
		return err
	}
	return p.removeSecondFactor(ctx, a, u)
}

// RemoveSecondFactor takes somebody's second factor away who has lost it. models.CodeForbidden when the actor is no brand
// admin; models.CodeNotFound when there is no such person.
func (p *People) RemoveSecondFactor(ctx context.Context, a models.Actor, userID string) error {
	if a.Role != models.RoleBrandAdmin {
		return &models.Error{Code: models.CodeForbidden, Key: "error.forbidden"}
	}
	u, err := p.store.User(ctx, a, userID)
	if err != nil {
		return err
	}
	return p.removeSecondFactor(ctx, a, u)
}

func (p *People) removeSecondFactor(ctx context.Context, a models.Actor, u *models.User) error {
	notices, err := p.accountNotices(ctx, u, models.NotifySignInMethod, map[string]any{"Method": "totpOff"}, mail.SignInMethod{Method: "totpOff"})
	if err != nil {
		return err
	}
	return p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.TurnSecondFactorOff(ctx, a, u); err != nil {
			return err
		}
		return tx.Tell(ctx, notices)
	})
}

// totpSubject is what wrong codes are counted for.
func totpSubject(userID string) subject { return subject{"totp:" + userID, freeFailures} }

// checkTOTP gives the time step of a code of the app. Every try counts as failed until it succeeds.
func (p *People) checkTOTP(ctx context.Context, u *models.User, code string) (int64, error) {
	if cleanCode(code) == "" {
		return 0, models.Invalid(models.Field("code", "totp.error.missing"))
	}
	counted := totpSubject(u.ID)
	if err := p.admit(ctx, counted); err != nil {
		return 0, err
	}
	plain, err := p.sealer.Open(ctx, totpPlace(u.ID), u.TOTPSealed)
	if err != nil {
		return 0, err
	}
	step := totpMatch(plain, cleanCode(code), p.clock.Now(), u.TOTPStep)
	if step == 0 {
		return 0, models.Invalid(models.Field("code", "totp.error.wrong"))
	}
	return step, p.store.ForgetSignInFailures(ctx, counted.key, "")
}

// useCode takes a code of the app, or a recovery code, neither of which counts a second time.
func (p *People) useCode(ctx context.Context, u *models.User, code string) error {
	if u.TOTPOnAt == nil {
		return models.Conflict("totp.error.off", nil)
	}
	if len(cleanCode(code)) > totpDigits {
		return p.useRecoveryCode(ctx, u, code)
	}
	step, err := p.checkTOTP(ctx, u, code)
	if err != nil {
		return err
	}
	used, err := p.store.UseTOTPStep(ctx, u.ID, step)
	if err == nil && !used { // somebody else was quicker with the same code
		return models.Invalid(models.Field("code", "totp.error.wrong"))
	}
	return err
}

func (p *People) useRecoveryCode(ctx context.Context, u *models.User, code string) error {
	counted := totpSubject(u.ID)
	if err := p.admit(ctx, counted); err != nil {
		return err
	}
	used, err := p.store.UseRecoveryCode(ctx, u.ID, digest(cleanCode(code)))
	if err != nil {
		return err
	}
	if !used {
		return models.Invalid(models.Field("code", "totp.error.wrong"))
	}
	return p.store.ForgetSignInFailures(ctx, counted.key, "")
}

// FinishSignIn opens a session that waits for the second factor, by a code, and gives the new session's secret. The one that
// waited ends.
func (p *People) FinishSignIn(ctx context.Context, u *models.User, code string, from Client) (string, error) {
	if err := p.useCode(ctx, u, code); err != nil {
		return "", err
	}
	return p.beginSession(ctx, u, from, models.StageOpen)
}

// FinishEnrolment opens a session that waited for a second factor to be set up, once it is.
func (p *People) FinishEnrolment(ctx context.Context, u *models.User, from Client) (string, error) {
	return p.beginSession(ctx, u, from, models.StageOpen)
}
