package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// distributeItself makes the distribution that an e-mail collector invites with by itself.
func (s *Store) distributeItself(ctx context.Context, a models.Actor, c *models.Collector) error {
	if c.Type != models.CollectorEmail {
		return nil
	}
	d := automatic(c, s.clock.Now())
	d.ID, d.Type, d.CreatedBy = models.CollectorDistribution(c.ID), models.DistributionInvite, a.UserID
	if c.SendAt != nil {
		d.SendAt = *c.SendAt
	}
	return fault("make distribution", s.write(ctx).Create(d).Error)
}

// automatic gives what is common to all distributions of a collector itself.
func automatic(c *models.Collector, now time.Time) *models.Distribution {
	return &models.Distribution{
		OrgID: c.OrgID, SurveyID: c.SurveyID, CollectorID: c.ID, Automatic: true, Status: models.DistributionDone, ListID: c.ListID, LinkType: models.LinkIndividual,
		SendAt: now, CreatedAt: now, UpdatedAt: now,
	}
}

// noteFollowUps notes the reminders and thank-yous among mails that are written: of which distribution each is.
func (s *Store) noteFollowUps(ctx context.Context, due []DueInvitation) error {
	var rows []models.DistributionMail
	made := map[string]bool{}
	for i := range due {
		d := &due[i]
		if d.Follows() {
			rows = append(rows, models.DistributionMail{DistributionID: d.Distribution.ID, InvitationID: d.ID, Mail: d.Mails + 1, Status: models.InvitationQueued})
			continue
		}
		if !d.Reminds() {
			continue
		}
		n := d.Reminders + 1
		id := models.CollectorReminder(d.CollectorID, n)
		rows = append(rows, models.DistributionMail{DistributionID: id, InvitationID: d.ID, Mail: d.Mails + 1, Status: models.InvitationQueued})
		if made[id] {
			continue
		}
		made[id] = true
		own, first := automatic(d.Collector, s.clock.Now()), models.CollectorDistribution(d.CollectorID)
		own.ID, own.Type, own.Number, own.ParentID = id, models.DistributionReminder, n, &first
		if err := s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(own).Error; err != nil {
			return fault("make distribution", err)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(rows, rowsAtOnce).Error
	return fault("note mails of a distribution", err)
}

// followFollowUp notes what became of a mail of a reminder or a thank-you.
func (s *Store) followFollowUp(ctx context.Context, invitationID string, mail int, status models.InvitationStatus) error {
	var of []string
	at := s.clock.Now()
	err := s.write(ctx).Raw(`UPDATE distribution_mails SET status = ?, sent_at = CASE WHEN ? THEN COALESCE(sent_at, ?) ELSE sent_at END
		WHERE invitation_id = ? AND mail = ? RETURNING distribution_id`, status, status == models.InvitationSent, at, invitationID, mail).Scan(&of).Error
	if err != nil || len(of) == 0 || status == models.InvitationFailed {
		return fault("follow mail of a distribution", err)
	}
	return fault("follow mail of a distribution", s.write(ctx).Exec("UPDATE invitations SET followed_by = ? WHERE id = ?", of[0], invitationID).Error)
}

// DistributionFilter chooses distributions of a survey.
type DistributionFilter struct {
	ID       string // one of them alone
	Type     models.DistributionType
	ListID   string
	From, To time.Time // of their times of sending; zero for any
	Page
}

// DistributionFigures is a distribution with what became of it.
type DistributionFigures struct {
	models.Distribution
	CollectorName string
	Collector     models.JSON[models.CollectorSettings] `gorm:"column:collector_settings"`
	ListOwnerID   *string
	Stats         models.DistributionStats `gorm:"-"`
}

// DistributionStats lists the distributions of a survey that the actor sees with what became of each, the last made first, and
// the cursor of the next page: the invitations of e-mail collectors, their reminders, and what was sent or linked by the API.
func (s *Store) DistributionStats(ctx context.Context, a models.Actor, surveyID string, f DistributionFilter) ([]DistributionFigures, string, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, "", err
	}
	db := s.read(ctx).Table("distributions").Select("distributions.*, c.name AS collector_name, c.settings AS collector_settings, l.owner_id AS list_owner_id").
		Joins("JOIN collectors c ON c.id = distributions.collector_id").Joins("LEFT JOIN contact_lists l ON l.id = distributions.list_id").
		Where("distributions.survey_id = ? AND distributions.deleted_at IS NULL", surveyID).
		// The collector that programs send through has no list, and sends nothing by itself unless it is called for that.
		Where("NOT distributions.automatic OR c.list_id IS NOT NULL OR EXISTS (SELECT 1 FROM invitations i WHERE i.distribution_id = distributions.id)")
	db = f.narrow(db)
	var all []DistributionFigures
	if err := db.Order("distributions.created_at DESC, distributions.id DESC").Limit(f.limit() + 1).Scan(&all).Error; err != nil {
		return nil, "", fault("list distributions", err)
	}
	all, next := cut(all, f.limit(), func(d *DistributionFigures) string { return d.ID })
	return all, next, s.count(ctx, all)
}

func (f *DistributionFilter) narrow(db *gorm.DB) *gorm.DB {
	if f.ID != "" {
		db = db.Where("distributions.id = ?", f.ID)
	}
	if f.Type != "" {
		db = db.Where("distributions.type = ?", f.Type)
	}
	if f.ListID != "" {
		db = db.Where("distributions.list_id = ?", f.ListID)
	}
	if !f.From.IsZero() {
		db = db.Where("distributions.send_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		db = db.Where("distributions.send_at < ?", f.To)
	}
	if f.Before != "" {
		db = db.Where("(distributions.created_at, distributions.id) < (SELECT b.created_at, b.id FROM distributions b WHERE b.id = ?)", f.Before)
	}
	return db
}

const (
	// countInvited counts first mails, with the invitations themselves.
	countInvited = `SELECT i.distribution_id AS id, COUNT(*) AS recipients, COUNT(i.sent_at) AS sent,
			COUNT(CASE WHEN i.status = 'queued' OR i.status = 'held' AND i.reason IN ? THEN 1 END) AS waiting,
			COUNT(CASE WHEN i.bounced_at IS NOT NULL AND i.followed_by IS NULL THEN 1 END) AS bounced,
			COUNT(CASE WHEN i.sent_at IS NOT NULL AND i.bounced_at IS NOT NULL AND i.followed_by IS NULL THEN 1 END) AS returned,
			COUNT(CASE WHEN i.status = 'failed' AND i.sent_at IS NULL THEN 1 END) AS failed,
			COUNT(CASE WHEN i.opened_by IS NULL THEN i.opened_at END) AS opened,
			COUNT(CASE WHEN i.started_by IS NULL THEN i.started_at END) AS started,
			COUNT(CASE WHEN i.finished_by IS NULL THEN i.finished_at END) AS finished,
			COUNT(CASE WHEN i.followed_by IS NULL THEN i.opted_out_at END) AS opted_out,
			COUNT(CASE WHEN i.followed_by IS NULL THEN i.complained_at END) AS complaints,
			COUNT(CASE WHEN i.status = 'held' AND i.reason IN ? THEN 1 END) AS skipped,
			COUNT(CASE WHEN i.status = 'held' AND i.reason IN ? THEN 1 END) AS blocked
		FROM invitations i WHERE i.distribution_id IN ? GROUP BY i.distribution_id`
	// countFollowed counts mails of reminders and thank-yous.
	countFollowed = `SELECT m.distribution_id AS id, COUNT(*) AS recipients, COUNT(m.sent_at) AS sent,
			COUNT(CASE WHEN m.status = 'queued' THEN 1 END) AS waiting,
			COUNT(CASE WHEN m.status = 'bounced' THEN 1 END) AS bounced,
			COUNT(CASE WHEN m.status = 'bounced' THEN m.sent_at END) AS returned,
			COUNT(CASE WHEN m.status = 'failed' THEN 1 END) AS failed,
			COUNT(CASE WHEN i.opened_by = m.distribution_id THEN i.opened_at END) AS opened,
			COUNT(CASE WHEN i.started_by = m.distribution_id THEN i.started_at END) AS started,
			COUNT(CASE WHEN i.finished_by = m.distribution_id THEN i.finished_at END) AS finished,
			COUNT(CASE WHEN i.followed_by = m.distribution_id THEN i.opted_out_at END) AS opted_out,
			COUNT(CASE WHEN i.followed_by = m.distribution_id THEN i.complained_at END) AS complaints,
			0 AS skipped, 0 AS blocked
		FROM distribution_mails m JOIN invitations i ON i.id = m.invitation_id WHERE m.distribution_id IN ? GROUP BY m.distribution_id`
)

var (
	waitingReasons = append([]models.HoldReason{models.HeldNoServer}, models.WaitReasons...)
	skipReasons    = []models.HoldReason{models.HeldOptedOut, models.HeldOptedOutOrg, models.HeldBounced, models.HeldNoAddress, models.HeldContactGone}
	blockReasons   = []models.HoldReason{models.HeldSurveyRule, models.HeldOrgRule}
)

// count fills in the figures of distributions.
func (s *Store) count(ctx context.Context, all []DistributionFigures) error {
	var invites, follows []string
	of := make(map[string]*DistributionFigures, len(all))
	for i := range all {
		d := &all[i]
		of[d.ID] = d
		if d.ParentID == nil {
			invites = append(invites, d.ID)
		} else {
			follows = append(follows, d.ID)
		}
	}
	type row struct {
		ID string
		models.DistributionStats
		Returned int64
	}
	var rows []row
	if len(invites) > 0 {
		if err := s.read(ctx).Raw(countInvited, waitingReasons, skipReasons, blockReasons, invites).Scan(&rows).Error; err != nil {
			return fault("count invitations", err)
		}
	}
	if len(follows) > 0 {
		var more []row
		if err := s.read(ctx).Raw(countFollowed, follows).Scan(&more).Error; err != nil {
			return fault("count reminders", err)
		}
		rows = append(rows, more...)
	}
	for _, r := range rows {
		r.Delivered = r.Sent - r.Returned
		of[r.ID].Stats = r.DistributionStats
	}
	return s.nextReminders(ctx, all)
}

// nextReminders finds out when the next automatic reminders leave.
func (s *Store) nextReminders(ctx context.Context, all []DistributionFigures) error {
	var sent []string
	of := make(map[string]*DistributionFigures, len(all))
	for i := range all {
		d := &all[i]
		if d.ParentID == nil && d.Stats.Sent > 0 {
			sent, of[d.ID] = append(sent, d.ID), d
		}
	}
	if len(sent) == 0 {
		return nil
	}
	var next []struct {
		ID string
		At time.Time
	}
	err := s.read(ctx).Raw(`SELECT id, at FROM (
			SELECT distribution_id AS id, due_at AS at, ROW_NUMBER() OVER (PARTITION BY distribution_id ORDER BY due_at) AS n
			FROM invitations WHERE distribution_id IN ? AND sent_at IS NOT NULL AND due_at IS NOT NULL AND NOT paused) AS due
		WHERE n = 1`, sent).Scan(&next).Error
	for i := range next {
		of[next[i].ID].Stats.NextReminder = &next[i].At
	}
	return fault("find next reminders", err)
}
