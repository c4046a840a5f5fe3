package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// newInvitationColumns are those that a new invitation has a value in.
const newInvitationColumns = `id, org_id, survey_id, collector_id, contact_id, crk, token, listed, email, email_key, email_hash, first_name, last_name,
	name_key, phone, language, external_ref, fields, fingerprint, remind_after, status, reason, error, due_at, paused, mails, reminders, asked_at,
	status_at, created_at, expires_at, distribution_id, repeatable`

var (
	newInvitationRow  = marks(33)
	insertInvitations = &statement{
		postgres: `INSERT INTO invitations (` + newInvitationColumns + `)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::text[], $10::text[],
				$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
				$21::text[], $22::text[], $23::text[], $24::timestamptz[], $25::bool[], $26::int[], $27::int[], $28::timestamptz[],
				$29::timestamptz[], $30::timestamptz[], $31::timestamptz[], $32::text[], $33::bool[])
			ON CONFLICT DO NOTHING`,
		sqlite: `INSERT INTO invitations (` + newInvitationColumns + `) VALUES ` + newInvitationRow + ` ON CONFLICT DO NOTHING`,
		row:    newInvitationRow,
	}
)

// insertInvitations adds new invitations, except those whose contact of the list has one.
func (b *batch) insertInvitations(ctx context.Context, all []*models.Invitation) error {
	fields, err := texts(all, func(i *models.Invitation) any { return i.Fields.V })
	if err != nil {
		return err
	}
	remind, err := texts(all, func(i *models.Invitation) any { return i.RemindAfter.V })
	if err != nil {
		return err
	}
	type row = *models.Invitation
	return b.each(ctx, insertInvitations, len(all),
		column(all, func(i *row) string { return (*i).ID }), column(all, func(i *row) string { return (*i).OrgID }),
		column(all, func(i *row) string { return (*i).SurveyID }), column(all, func(i *row) string { return (*i).CollectorID }),
		column(all, func(i *row) *string { return (*i).ContactID }), column(all, func(i *row) string { return (*i).Crk }),
		column(all, func(i *row) string { return (*i).Token }), column(all, func(i *row) bool { return (*i).Listed }),
		column(all, func(i *row) string { return (*i).Email }), column(all, func(i *row) string { return (*i).EmailKey }),
		column(all, func(i *row) string { return (*i).EmailHash }), column(all, func(i *row) string { return (*i).FirstName }),
		column(all, func(i *row) string { return (*i).LastName }), column(all, func(i *row) string { return (*i).NameKey }),
		column(all, func(i *row) string { return (*i).Phone }), column(all, func(i *row) string { return (*i).Language }),
		column(all, func(i *row) string { return (*i).ExternalRef }), fields,
		column(all, func(i *row) string { return (*i).Fingerprint }), remind,
		column(all, func(i *row) string { return string((*i).Status) }), column(all, func(i *row) string { return string((*i).Reason) }),
		column(all, func(i *row) string { return (*i).Error }), column(all, func(i *row) *time.Time { return (*i).DueAt }),
		column(all, func(i *row) bool { return (*i).Paused }), column(all, func(i *row) int { return (*i).Mails }),
		column(all, func(i *row) int { return (*i).Reminders }), column(all, func(i *row) *time.Time { return (*i).AskedAt }),
		column(all, func(i *row) time.Time { return (*i).StatusAt }), column(all, func(i *row) time.Time { return (*i).CreatedAt }),
		column(all, func(i *row) *time.Time { return (*i).ExpiresAt }), column(all, func(i *row) string { return (*i).DistributionID }),
		column(all, func(i *row) bool { return (*i).Repeatable }))
}
