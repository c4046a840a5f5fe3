package store

import (
	"context"

	"surveyflow/models"
)

// Complaint says whom a complaint about a mail is by: by the mail's unsubscribing link, or else by their address.
type Complaint struct {
	InvitationID, Token string
	Email               string
}

// MarkComplained notes a complaint: nobody of the organisation writes to the address any more, and the invitation whose mail it is
// about counts as complained of, once. Without a link that is the last one that was sent to the address.
// models.CodeInvalid on "email" when it names nobody.
func (s *Store) MarkComplained(ctx context.Context, orgID string, c Complaint) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		now := s.clock.Now()
		var about []models.Invitation
		if c.InvitationID != "" {
			inv, err := tx.InvitedBy(ctx, c.InvitationID, c.Token)
			switch {
			case models.ErrorCode(err) == models.CodeNotFound:
			case err != nil:
				return err
			case inv.OrgID == orgID:
				about, c.Email = []models.Invitation{*inv}, inv.Email
			}
		}
		if err := tx.SetOptOutOrg(ctx, models.SystemActor(orgID), c.Email, models.OptOutComplaint, true); err != nil {
			return err
		}
		if len(about) == 0 {
			err := tx.write(ctx).Where("org_id = ? AND email_hash = ? AND sent_at IS NOT NULL", orgID, models.HashEmail(c.Email)).Order("mailed_at DESC, id DESC").Limit(1).Find(&about).Error
			if err != nil {
				return fault("find invitation", err)
			}
		}
		for i := range about {
			if err := tx.takeOut(ctx, about[i].ID, now); err != nil {
				return err
			}
			err := tx.write(ctx).Exec("UPDATE invitations SET complained_at = COALESCE(complained_at, ?) WHERE id = ?", now, about[i].ID).Error
			if err != nil {
				return fault("note complaint", err)
			}
		}
		return nil
	})
}
