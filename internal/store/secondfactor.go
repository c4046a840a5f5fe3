package store

import (
	"context"

	"surveyflow/models"
)

// StartSecondFactor keeps a person's new secret, which does not count yet. One that counts already stays.
func (s *Store) StartSecondFactor(ctx context.Context, userID, sealed string) error {
	r := s.write(ctx).Model(&models.User{}).Where("id = ? AND totp_on_at IS NULL", userID).Update("totp_sealed", sealed)
	return found(r, "start second factor")
}

// TurnSecondFactorOn lets a person's secret count from now on, with new recovery codes, and ends their sessions but the one
// to keep. It is for a transaction.
func (s *Store) TurnSecondFactorOn(ctx context.Context, a models.Actor, u *models.User, step int64, recovery []string, keepSession string) error {
	r := s.write(ctx).Model(&models.User{}).Where("id = ? AND totp_on_at IS NULL AND totp_sealed = ?", u.ID, u.TOTPSealed).
		Updates(map[string]any{"totp_on_at": s.clock.Now(), "totp_step": step})
	if r.Error == nil && r.RowsAffected == 0 {
		return models.Conflict("totp.error.on", nil)
	}
	if r.Error != nil {
		return fault("turn second factor on", r.Error)
	}
	if err := s.replaceRecoveryCodes(ctx, u.ID, recovery); err != nil {
		return err
	}
	if err := s.endSessions(ctx, u.ID, keepSession); err != nil {
		return err
	}
	return s.Audit(ctx, a, models.AuditEntry{Action: models.AuditSecondFactorOn, Object: u.ID, Name: u.Email})
}

// TurnSecondFactorOff takes a person's second factor and recovery codes away. It is for a transaction.
func (s *Store) TurnSecondFactorOff(ctx context.Context, a models.Actor, u *models.User) error {
	err := s.write(ctx).Model(&models.User{}).Where("id = ? AND org_id = ?", u.ID, a.OrgID).
		Updates(map[string]any{"totp_on_at": nil, "totp_step": 0, "totp_sealed": ""}).Error
	if err == nil {
		err = s.replaceRecoveryCodes(ctx, u.ID, nil)
	}
	if err != nil {
		return fault("turn second factor off", err)
	}
	return s.Audit(ctx, a, models.AuditEntry{Action: models.AuditSecondFactorOff, Object: u.ID, Name: u.Email})
}

// ReplaceRecoveryCodes gives a person new recovery codes for old ones.
func (s *Store) ReplaceRecoveryCodes(ctx context.Context, a models.Actor, u *models.User, recovery []string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.replaceRecoveryCodes(ctx, u.ID, recovery); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditRecoveryCodes, Object: u.ID, Name: u.Email})
	})
}

func (s *Store) replaceRecoveryCodes(ctx context.Context, userID string, hashes []string) error {
	err := s.write(ctx).Where("user_id = ?", userID).Delete(&models.RecoveryCode{}).Error
	for _, hash := range hashes {
		if err == nil {
			err = s.write(ctx).Create(&models.RecoveryCode{UserID: userID, Hash: hash}).Error
		}
	}
	return fault("replace recovery codes", err)
}

// UseTOTPStep notes that the code of a time step was used, and reports whether it was the first time: of several at once one
// is.
func (s *Store) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	r := s.write(ctx).Model(&models.User{}).Where("id = ? AND totp_step < ?", userID, step).Update("totp_step", step)
	return r.RowsAffected > 0, fault("use code", r.Error)
}

// UseRecoveryCode takes a recovery code away and reports whether there was such a one.
func (s *Store) UseRecoveryCode(ctx context.Context, userID, hash string) (bool, error) {
	r := s.write(ctx).Where("user_id = ? AND hash = ?", userID, hash).Delete(&models.RecoveryCode{})
	return r.RowsAffected > 0, fault("use recovery code", r.Error)
}

// RecoveryCodesLeft counts a person's recovery codes.
func (s *Store) RecoveryCodesLeft(ctx context.Context, a models.Actor) (int, error) {
	var n int64
	err := s.read(ctx).Model(&models.RecoveryCode{}).Where("user_id = ?", a.UserID).Count(&n).Error
	return int(n), fault("count recovery codes", err)
}

// RequireSecondFactor says whether everybody who signs in with a password needs a second factor.
func (s *Store) RequireSecondFactor(ctx context.Context, a models.Actor, required bool) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Update("require_second_factor", required)
		if err := found(r, "require second factor"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsSecurity})
	})
}
