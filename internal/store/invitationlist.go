package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"surveyflow/models"
)

// InvitationFilter chooses invitations of a collector.
type InvitationFilter struct {
	Status models.InvitationStatus // empty for all
	Search string                  // how the address or the name begins, or a whole response key
	Page
}

// Invitations lists the invitations of a collector whose survey the actor sees, the newest first, and the cursor of the next page.
func (s *Store) Invitations(ctx context.Context, a models.Actor, surveyID, collectorID string, f InvitationFilter) ([]models.Invitation, string, error) {
	if _, err := s.Collector(ctx, a, surveyID, collectorID); err != nil {
		return nil, "", err
	}
	narrow := func() *gorm.DB {
		db := s.read(ctx).Model(&models.Invitation{}).Where("collector_id = ?", collectorID)
		if f.Status != "" {
			db = db.Where("status = ?", f.Status)
		}
		if f.Before != "" {
			db = db.Where("id < ?", f.Before)
		}
		return db
	}
	db := narrow()
	if q := strings.ToLower(strings.TrimSpace(f.Search)); q != "" {
		// Each place has an index; what is found in two of them is given once.
		ids := s.read(ctx).Raw(`SELECT id FROM invitations WHERE collector_id = ? AND email_key >= ? AND email_key < ?
			UNION SELECT id FROM invitations WHERE collector_id = ? AND name_key >= ? AND name_key < ?
			UNION SELECT id FROM invitations WHERE collector_id = ? AND crk = ?`,
			collectorID, q, q+lastRune, collectorID, q, q+lastRune, collectorID, strings.TrimSpace(f.Search))
		db = db.Where("id IN (?)", ids)
	}
	var all []models.Invitation
	if err := db.Order("id DESC").Limit(f.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list invitations", err)
	}
	all, next := cut(all, f.limit(), func(i *models.Invitation) string { return i.ID })
	return all, next, nil
}

// InvitationCounts counts the invitations of collectors by status.
func (s *Store) InvitationCounts(ctx context.Context, collectorIDs ...string) (map[string]map[models.InvitationStatus]int64, error) {
	var rows []struct {
		CollectorID string
		Status      models.InvitationStatus
		N           int64
	}
	err := s.read(ctx).Raw("SELECT collector_id, status, COUNT(*) AS n FROM invitations WHERE collector_id IN ? GROUP BY collector_id, status", collectorIDs).Scan(&rows).Error
	counts := make(map[string]map[models.InvitationStatus]int64, len(collectorIDs))
	for _, r := range rows {
		if counts[r.CollectorID] == nil {
			counts[r.CollectorID] = map[models.InvitationStatus]int64{}
		}
		counts[r.CollectorID][r.Status] = r.N
	}
	return counts, fault("count invitations", err)
}

// Invitation gives an invitation of a collector whose survey the actor sees.
func (s *Store) Invitation(ctx context.Context, a models.Actor, surveyID, collectorID, id string) (*models.Invitation, error) {
	if _, err := s.Collector(ctx, a, surveyID, collectorID); err != nil {
		return nil, err
	}
	var inv models.Invitation
	if err := s.read(ctx).Where("id = ? AND collector_id = ?", id, collectorID).Take(&inv).Error; err != nil {
		return nil, fault("read invitation", err)
	}
	return &inv, nil
}

// SetSurveyFrequency says for how many days a person who was invited to a survey is not invited again; 0 means without limit.
func (s *Store) SetSurveyFrequency(ctx context.Context, a models.Actor, surveyID string, days int) error {
	return s.updateSurvey(ctx, a, surveyID, "set frequency", map[string]any{"invite_days": days})
}

// SetInviteLimit says how often one person may be invited by the organisation in so many days; 0 means without limit.
// models.CodeForbidden when the actor is no brand admin.
func (s *Store) SetInviteLimit(ctx context.Context, a models.Actor, most, days int) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		r := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Updates(map[string]any{"invite_max": most, "invite_days": days})
		if err := found(r, "save organisation"); err != nil {
			return err
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsOrganisation})
	})
}

// InvitationByKey gives the invitation of a collector that a link names, to whoever follows it: the caller has to compare the
// unguessable part with its Token. models.CodeNotFound when there is none.
func (s *Store) InvitationByKey(ctx context.Context, collectorID, crk string) (*models.Invitation, error) {
	var inv models.Invitation
	if err := s.read(ctx).Where("collector_id = ? AND crk = ?", collectorID, crk).Take(&inv).Error; err != nil {
		return nil, fault("read invitation", err)
	}
	return &inv, nil
}

// InvitationOf gives an invitation by its id, to the engine and to who shows its Token.
func (s *Store) InvitationOf(ctx context.Context, id string) (*models.Invitation, error) {
	var inv models.Invitation
	if err := s.read(ctx).Where("id = ?", id).Take(&inv).Error; err != nil {
		return nil, fault("read invitation", err)
	}
	return &inv, nil
}

// ContactInvitation gives the last invitation of a contact to a survey, of one distribution when it is named.
func (s *Store) ContactInvitation(ctx context.Context, surveyID, contactID, distributionID string) (*models.Invitation, error) {
	var inv models.Invitation
	db := s.read(ctx).Where("contact_id = ? AND survey_id = ?", contactID, surveyID)
	if distributionID != "" {
		db = db.Where("distribution_id = ?", distributionID)
	}
	if err := db.Order("id DESC").Take(&inv).Error; err != nil {
		return nil, fault("read invitation", err)
	}
	return &inv, nil
}

// InvitedPerson gives whom a response is by, as they were invited; nil when nobody was, or they have been erased.
func (s *Store) InvitedPerson(ctx context.Context, r *models.Response) (*models.Person, error) {
	if r == nil || r.InvitationID == nil {
		return nil, nil
	}
	inv, err := s.InvitationOf(ctx, *r.InvitationID)
	if models.ErrorCode(err) == models.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return inv.Person(), nil
}

// MarkOpened notes that the person opened their link.
func (s *Store) MarkOpened(ctx context.Context, id string) error {
	now := s.clock.Now()
	return fault("note opened link", s.write(ctx).Exec(`UPDATE invitations SET opened_at = ?, opened_by = followed_by,
			status_at = CASE WHEN status IN ('queued', 'sent', 'linked') THEN ? ELSE status_at END,
			status = CASE WHEN status IN ('queued', 'sent', 'linked') THEN 'opened' ELSE status END
		WHERE id = ? AND opened_at IS NULL`, now, now, id).Error)
}

// forgetResponses takes responses that are deleted out of their invitations.
func (s *Store) forgetResponses(ctx context.Context, responseID string) error {
	return fault("forget response", s.write(ctx).Exec("UPDATE invitations SET response_id = NULL WHERE response_id = ?", responseID).Error)
}

// rowsAtOnce is how many wide rows the mapper writes with one statement.
const rowsAtOnce = 200

// AddInvitations writes invitations as they are, without asking whether anybody may be written to: for sample data.
func (s *Store) AddInvitations(ctx context.Context, all []models.Invitation) error {
	for i := range all {
		if all[i].DistributionID == "" {
			all[i].DistributionID = models.CollectorDistribution(all[i].CollectorID)
		}
	}
	return fault("add invitations", s.write(ctx).CreateInBatches(all, rowsAtOnce).Error)
}
