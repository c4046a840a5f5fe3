package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// invitationColumns are those that a new invitation has a value in.
var invitationColumns = []string{
	"id", "org_id", "survey_id", "collector_id", "contact_id", "crk", "token", "listed", "email", "email_key", "email_hash", "first_name", "last_name", "name_key",
	"phone", "language", "external_ref", "fields", "fingerprint", "remind_after", "status", "reason", "error", "due_at", "paused", "mails", "reminders", "asked_at",
	"status_at", "created_at", "expires_at", "distribution_id",
}

// insertInvitationRows adds new invitations, except those whose contact of the list has one. PostgreSQL gets them as one JSON
// text: as parameters of their own, a hundred thousand take many times as long.
func (s *Store) insertInvitationRows(ctx context.Context, all []*models.Invitation) error {
	if s.dialect != postgres {
		return s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(all, insertInvitations).Error
	}
	rows := make([]map[string]any, len(all))
	for i, inv := range all {
		fields, err := models.MarshalJSON(inv.Fields.V)
		if err != nil {
			return err
		}
		remind, err := models.MarshalJSON(inv.RemindAfter.V)
		if err != nil {
			return err
		}
		rows[i] = map[string]any{
			"id": inv.ID, "org_id": inv.OrgID, "survey_id": inv.SurveyID, "collector_id": inv.CollectorID, "contact_id": inv.ContactID, "crk": inv.Crk, "token": inv.Token,
			"listed": inv.Listed, "email": inv.Email, "email_key": inv.EmailKey, "email_hash": inv.EmailHash, "first_name": inv.FirstName, "last_name": inv.LastName,
			"name_key": inv.NameKey, "phone": inv.Phone, "language": inv.Language, "external_ref": inv.ExternalRef, "fields": string(fields), "fingerprint": inv.Fingerprint,
			"remind_after": string(remind), "status": inv.Status, "reason": inv.Reason, "error": inv.Error, "due_at": utc(inv.DueAt), "paused": inv.Paused, "mails": inv.Mails,
			"reminders": inv.Reminders, "asked_at": utc(inv.AskedAt), "status_at": inv.StatusAt.UTC(), "created_at": inv.CreatedAt.UTC(), "expires_at": utc(inv.ExpiresAt),
			"distribution_id": inv.DistributionID,
		}
	}
	text, err := models.MarshalJSON(rows)
	if err != nil {
		return err
	}
	columns := strings.Join(invitationColumns, ", ")
	return s.write(ctx).Exec("INSERT INTO invitations ("+columns+") SELECT "+columns+" FROM json_populate_recordset(NULL::invitations, ?::json) ON CONFLICT DO NOTHING", string(text)).Error
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}
