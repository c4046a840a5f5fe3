package store

import (
	"context"
	"slices"
	"time"

	"surveyflow/models"
)

// CreateDistribution has something sent, or linked, at its time to the contacts of a list or to one of them: through the e-mail
// collector of the survey that has no list of its own, which is made under that name when there is none. It gets its id.
// models.CodeInvalid when list or contact are not there for the actor.
func (s *Store) CreateDistribution(ctx context.Context, a models.Actor, d *models.Distribution, collectorName string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, d.SurveyID); err != nil {
			return err
		}
		if d.ListID == nil {
			return noMailingList()
		}
		_, err := tx.ContactList(ctx, a, *d.ListID)
		if models.ErrorCode(err) == models.CodeNotFound {
			return noMailingList()
		}
		if err != nil {
			return err
		}
		if d.ContactID != nil {
			c, err := tx.Contact(ctx, a, *d.ContactID)
			if models.ErrorCode(err) == models.CodeNotFound || err == nil && c.ListID != *d.ListID {
				return models.Invalid(models.Field("contactId", "api.error.no_contact"))
			}
			if err != nil {
				return err
			}
		}
		c, err := tx.collectorOfProgram(ctx, a, d.SurveyID, collectorName)
		if err != nil {
			return err
		}
		d.CollectorID = c.ID
		return tx.insertDistribution(ctx, a, d)
	})
}

func noMailingList() error {
	return &models.Error{Code: models.CodeInvalid, Key: "api.error.no_mailing_list"}
}

// collectorOfProgram gives the e-mail collector of a survey that has no list; one that there is not yet is made, open.
func (s *Store) collectorOfProgram(ctx context.Context, a models.Actor, surveyID, name string) (*models.Collector, error) {
	if err := s.turn(ctx, "distributions "+surveyID); err != nil {
		return nil, err
	}
	var c models.Collector
	err := s.read(ctx).Where("survey_id = ? AND type = ? AND list_id IS NULL AND deleted_at IS NULL", surveyID, models.CollectorEmail).Order("created_at, id").Limit(1).Find(&c).Error
	if err != nil || c.ID != "" {
		return &c, fault("find collector", err)
	}
	c = models.Collector{
		ID: models.NewID(models.PrefixCollector), OrgID: a.OrgID, SurveyID: surveyID, Type: models.CollectorEmail, Name: name, Slug: models.NewCapability(), Open: true, CreatedAt: s.clock.Now(),
	}
	c.Settings.V.TrackOpens = true
	if err := s.write(ctx).Create(&c).Error; err != nil {
		return nil, fault("create collector", err)
	}
	if err := s.distributeItself(ctx, a, &c); err != nil {
		return nil, err
	}
	return &c, s.bumpSurvey(ctx, surveyID)
}

func (s *Store) insertDistribution(ctx context.Context, a models.Actor, d *models.Distribution) error {
	now := s.clock.Now()
	d.ID, d.OrgID, d.Status, d.CreatedBy, d.CreatedAt, d.UpdatedAt = models.NewOrderedID(models.PrefixDistribution, now), a.OrgID, models.DistributionPending, a.UserID, now, now
	if err := s.write(ctx).Create(d).Error; err != nil {
		return fault("create distribution", err)
	}
	s.signalWork()
	return nil
}

// FollowDistribution has a reminder or a thank-you sent at its time to the people of an invitation. models.CodeConflict when
// the parent is no invitation that was mailed.
func (s *Store) FollowDistribution(ctx context.Context, a models.Actor, parentID string, d *models.Distribution) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		parent, err := tx.DistributionToEdit(ctx, a, parentID)
		if err != nil {
			return err
		}
		if parent.Type != models.DistributionInvite {
			return models.Conflict("api.error.distribution_parent", nil)
		}
		d.ParentID, d.SurveyID, d.CollectorID, d.ListID, d.ContactID, d.LinkType, d.ExpiresAt = &parent.ID, parent.SurveyID, parent.CollectorID, parent.ListID, parent.ContactID, parent.LinkType, parent.ExpiresAt
		return tx.insertDistribution(ctx, a, d)
	})
}

// Distribution gives a distribution of a survey that the actor sees, whichever that is.
func (s *Store) Distribution(ctx context.Context, a models.Actor, id string) (*models.Distribution, error) {
	var d models.Distribution
	if err := s.read(ctx).Where("id = ? AND org_id = ? AND deleted_at IS NULL", id, a.OrgID).Take(&d).Error; err != nil {
		return nil, fault("read distribution", err)
	}
	_, err := s.Survey(ctx, a, d.SurveyID)
	return &d, err
}

// DistributionToEdit is [Store.Distribution] for a survey that the actor may edit.
func (s *Store) DistributionToEdit(ctx context.Context, a models.Actor, id string) (*models.Distribution, error) {
	d, err := s.Distribution(ctx, a, id)
	if err != nil {
		return nil, err
	}
	_, err = s.SurveyToEdit(ctx, a, d.SurveyID)
	return d, err
}

// DeleteDistribution removes a distribution with its reminders and thank-yous: what has not left never leaves, and the links of
// an invitation end. Responses and invitations stay. models.CodeConflict for what a collector sends by itself.
func (s *Store) DeleteDistribution(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		d, err := tx.DistributionToEdit(ctx, a, id)
		if err != nil {
			return err
		}
		if d.Automatic {
			return models.Conflict("api.error.distribution_automatic", nil)
		}
		now := s.clock.Now()
		err = tx.write(ctx).Exec("UPDATE distributions SET deleted_at = ?, updated_at = ?, status = ? WHERE (id = ? OR parent_id = ?) AND deleted_at IS NULL",
			now, now, models.DistributionDone, d.ID, d.ID).Error
		if err != nil || d.ParentID != nil {
			return fault("delete distribution", err)
		}
		return fault("end links", tx.write(ctx).Exec(`UPDATE invitations SET due_at = NULL, paused = FALSE,
			expires_at = CASE WHEN expires_at IS NULL OR expires_at > ? THEN ? ELSE expires_at END WHERE distribution_id = ?`, now, now, d.ID).Error)
	})
}

// DueDistribution gives a distribution whose time has come, nil when there is none. Call it in a transaction: no other node gets
// it before it ends. Without mails it gives only those that write none by themselves.
func (s *Store) DueDistribution(ctx context.Context, mails bool) (*models.Distribution, error) { //nolint:revive // the outbox has room, or not
	where := ""
	if !mails {
		where = " AND parent_id IS NULL"
	}
	var all []models.Distribution
	err := s.write(ctx).Raw("SELECT * FROM distributions WHERE status = 'pending' AND NOT automatic AND send_at <= ?"+where+" ORDER BY send_at, id LIMIT 1"+s.skipLocked(), s.clock.Now()).Scan(&all).Error
	if err != nil || len(all) == 0 {
		return nil, fault("find due distribution", err)
	}
	return &all[0], nil
}

// InviteDistributed makes the next invitations of a distribution, or its links: those of some contacts of its list. Once there are
// no more it is done.
func (s *Store) InviteDistributed(ctx context.Context, d *models.Distribution) error {
	in, err := s.writesFor(ctx, d.CollectorID, s.clock.Now())
	if err != nil {
		return err
	}
	var all []models.Contact
	db := s.read(ctx).Where("list_id = ? AND id > ?", *d.ListID, d.Progress)
	if d.ContactID != nil {
		db = db.Where("id = ?", *d.ContactID)
	}
	if err := db.Order("id").Limit(inviteStep).Find(&all).Error; err != nil {
		return fault("read contacts", err)
	}
	if len(all) > 0 && in.collector.DeletedAt == nil && in.survey.DeletedAt == nil {
		if err := in.distribute(ctx, d, all); err != nil {
			return err
		}
		d.Progress = all[len(all)-1].ID
	}
	return s.proceed(ctx, d, len(all) < inviteStep)
}

// StepLinks makes some of the links of a distribution that generates them, in a transaction of its own; done when there are no
// more to make.
func (s *Store) StepLinks(ctx context.Context, id string) (done bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var all []models.Distribution
		lock := ""
		if s.dialect == postgres {
			lock = " FOR UPDATE"
		}
		if err := tx.write(ctx).Raw("SELECT * FROM distributions WHERE id = ? AND status = 'pending' AND type = ?"+lock, id, models.DistributionLinks).Scan(&all).Error; err != nil {
			return fault("read distribution", err)
		}
		if len(all) == 0 {
			done = true
			return nil
		}
		err := tx.InviteDistributed(ctx, &all[0])
		done = all[0].Status == models.DistributionDone
		return err
	})
	return done, err
}

// distribute makes the invitations or links of some contacts.
func (in *inviting) distribute(ctx context.Context, d *models.Distribution, contacts []models.Contact) error {
	fresh := make([]*models.Invitation, 0, len(contacts))
	for i := range contacts {
		inv, err := in.invitation(&InvitationAsk{Contact: &contacts[i], Fields: d.Message.V.Given()})
		if err != nil {
			return err
		}
		inv.DistributionID, inv.ExpiresAt, inv.Repeatable = d.ID, d.ExpiresAt, d.LinkType == models.LinkMultiple
		fresh = append(fresh, inv)
	}
	if d.Type == models.DistributionLinks {
		for _, inv := range fresh {
			inv.Status, inv.DueAt = models.InvitationLinked, nil
		}
	} else if err := in.admit(ctx, fresh); err != nil {
		return err
	}
	return in.insert(ctx, fresh)
}

// proceed writes how far a distribution has come.
func (s *Store) proceed(ctx context.Context, d *models.Distribution, done bool) error { //nolint:revive // it has come to its end, or not
	if done {
		d.Status = models.DistributionDone
	}
	return fault("go on with distribution", s.write(ctx).Exec("UPDATE distributions SET progress = ?, status = ?, updated_at = ? WHERE id = ?",
		d.Progress, d.Status, s.clock.Now(), d.ID).Error)
}

// DueFollowUps gives the next people whom a reminder or a thank-you goes to, and notes how far it has come: the caller writes
// their mails in the same transaction. A reminder goes to whom mail reached and who has not finished, while survey and collector
// take answers; a thank-you to who has finished. Nobody who must not be written to gets either.
func (s *Store) DueFollowUps(ctx context.Context, d *models.Distribution, limit int) ([]DueInvitation, error) {
	now := s.clock.Now()
	in, err := s.writesFor(ctx, d.CollectorID, now)
	if err != nil {
		return nil, err
	}
	where, args := "status IN ('sent', 'opened', 'started') AND finished_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", []any{now}
	over := in.collector.Hold(in.survey, now) != ""
	if d.Type == models.DistributionThankYou {
		where, args, over = "finished_at IS NOT NULL AND email <> ''", nil, in.survey.DeletedAt != nil
	}
	if over {
		return nil, s.proceed(ctx, d, true)
	}
	lock := ""
	if s.dialect == postgres {
		lock = " FOR UPDATE"
	}
	var rows []models.Invitation
	args = append([]any{*d.ParentID, d.Progress}, append(args, limit)...)
	err = s.write(ctx).Raw("SELECT * FROM invitations WHERE distribution_id = ? AND id > ? AND sent_at IS NOT NULL AND "+where+" ORDER BY id LIMIT ?"+lock, args...).Scan(&rows).Error
	if err != nil {
		return nil, fault("find people to follow", err)
	}
	all := make([]*models.Invitation, len(rows))
	for i := range rows {
		all[i] = &rows[i]
		d.Progress = rows[i].ID
	}
	outs, err := in.out(ctx, all)
	if err != nil {
		return nil, err
	}
	due := make([]DueInvitation, 0, len(rows))
	for _, inv := range all {
		if outs[inv.ID] == "" && inv.OptedOutAt == nil && inv.BouncedAt == nil {
			due = append(due, DueInvitation{Invitation: *inv, Collector: in.collector, Survey: in.survey, Distribution: d})
		}
	}
	return due, s.proceed(ctx, d, len(rows) < limit)
}

// distributionsOf gives the distributions of due invitations that have words of their own.
func (s *Store) distributionsOf(ctx context.Context, rows []models.Invitation) (map[string]*models.Distribution, error) {
	var ids []string
	for i := range rows {
		id := rows[i].DistributionID
		if id != models.CollectorDistribution(rows[i].CollectorID) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var all []models.Distribution
	if err := s.read(ctx).Where("id IN ?", ids).Find(&all).Error; err != nil {
		return nil, fault("read distributions", err)
	}
	of := make(map[string]*models.Distribution, len(all))
	for i := range all {
		of[all[i].ID] = &all[i]
	}
	return of, nil
}

// Recipient is one of the people of a distribution.
type Recipient struct {
	models.Invitation
	Slug         string                   // of the collector
	MailStatus   *models.InvitationStatus // of the mail of a reminder or thank-you; nil for an invitation
	MailSentAt   *time.Time
	Unsubscribed bool `gorm:"-"` // nobody may write to them now
}

// Recipients lists the people of a distribution that the actor was given, in the order of their invitations, and the cursor of the
// next page. Of a reminder or thank-you they are those whom a mail was written to.
func (s *Store) Recipients(ctx context.Context, d *models.Distribution, p Page) ([]Recipient, string, error) {
	query := "SELECT i.*, c.slug FROM invitations i JOIN collectors c ON c.id = i.collector_id WHERE i.distribution_id = ?"
	if d.ParentID != nil {
		query = `SELECT i.*, c.slug, m.status AS mail_status, m.sent_at AS mail_sent_at FROM distribution_mails m JOIN invitations i ON i.id = m.invitation_id
			JOIN collectors c ON c.id = i.collector_id WHERE m.distribution_id = ?`
	}
	var all []Recipient
	if err := s.read(ctx).Raw(query+" AND i.id > ? ORDER BY i.id LIMIT ?", d.ID, p.Before, p.limit()+1).Scan(&all).Error; err != nil {
		return nil, "", fault("list recipients", err)
	}
	all, next := cut(all, p.limit(), func(r *Recipient) string { return r.ID })
	in := &inviting{store: s, collector: &models.Collector{OrgID: d.OrgID}}
	people := make([]*models.Invitation, len(all))
	for i := range all {
		people[i] = &all[i].Invitation
	}
	outs, err := in.out(ctx, people)
	for i := range all {
		why := outs[all[i].ID]
		all[i].Unsubscribed = why == models.HeldOptedOut || why == models.HeldOptedOutOrg
	}
	return all, next, err
}
