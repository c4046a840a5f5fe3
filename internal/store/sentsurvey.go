package store

import (
	"context"

	"surveyflow/models"
)

// sentOf reads invitations of the organisation that were let through.
const sentOf = `SELECT i.*, s.name AS survey_name, s.version AS survey_version, s.closes_at AS survey_closes_at, c.closes_at AS collector_closes,
	c.slug, COALESCE(TRIM(u.first_name || ' ' || u.last_name), '') AS owner
	FROM invitations i JOIN surveys s ON s.id = i.survey_id JOIN collectors c ON c.id = i.collector_id LEFT JOIN users u ON u.id = s.owner_id
	WHERE i.org_id = ? AND i.asked_at IS NOT NULL AND s.deleted_at IS NULL AND c.deleted_at IS NULL`

// sentSurveys reads those of one address. The index invitations_person leads to them.
const sentSurveys = sentOf + " AND i.email_hash = ?"

// answerable is added to sentSurveys for those that can be answered at a time, which is to be given five times.
const answerable = ` AND i.finished_at IS NULL AND (i.status <> 'held' OR i.reason = 'noMailServer') AND (i.expires_at IS NULL OR i.expires_at > ?)
	AND s.state = 'open' AND (s.opens_at IS NULL OR s.opens_at <= ?) AND (s.closes_at IS NULL OR s.closes_at > ?)
	AND c.open AND (c.opens_at IS NULL OR c.opens_at <= ?) AND (c.closes_at IS NULL OR c.closes_at > ?) AND c.full_at IS NULL`

// SentSurveys lists the surveys that were sent to the actor's own e-mail address, the newest first, and the cursor of the next page:
// those that can be answered now, or with answered those that the actor has finished.
func (s *Store) SentSurveys(ctx context.Context, a models.Actor, answered bool, p Page) ([]models.SentSurvey, string, error) { //nolint:revive // the flag is which of the two lists
	hash, err := s.addressOf(ctx, a)
	if err != nil {
		return nil, "", err
	}
	query, args, now := sentSurveys, []any{a.OrgID, hash}, s.clock.Now()
	if answered {
		query += " AND i.finished_at IS NOT NULL"
	} else {
		query += answerable
		args = append(args, now, now, now, now, now)
	}
	if p.Before != "" {
		query, args = query+" AND i.id < ?", append(args, p.Before)
	}
	var all []models.SentSurvey
	args = append(args, p.limit()+1)
	if err := s.read(ctx).Raw(query+" ORDER BY i.id DESC LIMIT ?", args...).Scan(&all).Error; err != nil {
		return nil, "", fault("list sent surveys", err)
	}
	all, next := cut(all, p.limit(), func(s *models.SentSurvey) string { return s.ID })
	return all, next, nil
}

// SentSurvey gives a survey that was sent to the actor's own address: models.CodeNotFound for another's invitation.
func (s *Store) SentSurvey(ctx context.Context, a models.Actor, invitationID string) (*models.SentSurvey, error) {
	hash, err := s.addressOf(ctx, a)
	if err != nil {
		return nil, err
	}
	var one models.SentSurvey
	r := s.read(ctx).Raw(sentSurveys+" AND i.id = ?", a.OrgID, hash, invitationID).Scan(&one)
	if err := found(r, "read sent survey"); err != nil {
		return nil, err
	}
	return &one, nil
}

// addressOf gives the hash of the actor's e-mail address. It came with their invitation and cannot be changed by them, so
// that it says who they are.
func (s *Store) addressOf(ctx context.Context, a models.Actor) (string, error) {
	var email string
	r := s.read(ctx).Model(&models.User{}).Where("org_id = ? AND id = ?", a.OrgID, a.UserID).Pluck("email", &email)
	if r.Error != nil {
		return "", fault("read address", r.Error)
	}
	hash := models.HashEmail(email)
	if hash == "" { // as that of invitations without an address
		return "", models.NotFound("error.not_found")
	}
	return hash, nil
}
