package store

import (
	"context"

	"surveyflow/models"
)

// UpdateOrganisation writes name, time zone, language and retention of the actor's organisation. models.CodeForbidden when the actor
// is no brand admin.
func (s *Store) UpdateOrganisation(ctx context.Context, a models.Actor, o *models.Organisation) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Updates(map[string]any{
			"name": o.Name, "time_zone": o.TimeZone, "language": o.Language, "retention_days": o.RetentionDays,
		})
		if err := found(r, "save organisation"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsOrganisation})
	})
}
