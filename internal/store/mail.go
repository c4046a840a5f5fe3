package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// ClaimedMail is a mail that this node now sends.
type ClaimedMail struct {
	models.Mail
	Claim  int64
	Starts int // 1, or more when processes died while they had it
}

// ClaimMails takes up to limit mails that are to be sent, first come first served. No other node gets them until they are
// finished or this node is lost.
func (s *Store) ClaimMails(ctx context.Context, node string, limit int) ([]ClaimedMail, error) {
	now := s.clock.Now()
	token := nextClaim(now)
	var rows []struct {
		ID     string
		Starts int
		Rank   int64
	}
	err := s.write(ctx).Raw(`WITH c AS MATERIALIZED (
			SELECT id FROM queue WHERE kind = 'mail' AND state = 'ready' ORDER BY rank LIMIT ?`+s.skipLocked()+`)
		UPDATE queue SET state = 'running', state_at = ?, started_at = COALESCE(started_at, ?), node = ?, claim = ?, starts = starts + 1
		WHERE id IN (SELECT id FROM c) RETURNING id, starts, rank`, limit, now.UnixMicro(), now.UnixMicro(), node, token).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, fault("claim mails", err)
	}
	claims := make(map[string]ClaimedMail, len(rows))
	ranks := make(map[string]int64, len(rows))
	for _, r := range rows {
		claims[r.ID], ranks[r.ID] = ClaimedMail{Claim: token, Starts: r.Starts}, r.Rank
	}
	var mails []models.Mail
	if err := s.write(ctx).Where("id IN ?", sortedKeys(claims)).Order("id").Find(&mails).Error; err != nil {
		return nil, fault("read claimed mails", err)
	}
	if len(mails) != len(rows) {
		return nil, fmt.Errorf("read claimed mails: %d of %d are there", len(mails), len(rows))
	}
	slices.SortStableFunc(mails, func(a, b models.Mail) int { return cmp.Compare(ranks[a.ID], ranks[b.ID]) })
	claimed := make([]ClaimedMail, len(mails))
	for i, m := range mails {
		claimed[i] = claims[m.ID]
		claimed[i].Mail = m
	}
	return claimed, nil
}

// HandMail notes, before the mail server is told of a mail, that from now on it may have got it, and counts the try. It
// reports whether it may be sent: not when somebody took the mail back, or another node has it.
func (s *Store) HandMail(ctx context.Context, m *ClaimedMail) (bool, error) {
	now := s.clock.Now()
	r := s.write(ctx).Exec(`UPDATE mails SET handed_at = ?, tries = tries + 1 WHERE id = ? AND EXISTS (
		SELECT 1 FROM queue WHERE queue.id = mails.id AND claim = ? AND NOT canceling)`, now, m.ID, m.Claim)
	return r.RowsAffected > 0, fault("hand over mail", r.Error)
}

// MailFinish is what became of a claimed mail.
type MailFinish struct {
	Status models.MailStatus // MailQueued: it is tried again
	Error  string            // a RunError as JSON
	Until  time.Time         // of MailQueued: when; zero means at once, uncharged, as when the program stops
	Tried  bool              // the try was not counted by HandMail: nobody could be reached
}

// FinishMail writes what became of a claimed mail. A claim that was lost writes nothing and is no error. A mail that
// somebody took back while it waited is not tried again.
func (s *Store) FinishMail(ctx context.Context, m *ClaimedMail, f MailFinish) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var ended []struct{ Canceling bool }
		mine := "id = ? AND claim = ?"
		if f.Status == models.MailQueued {
			r := tx.write(ctx).Table("queue").Where(mine+" AND NOT canceling", m.ID, m.Claim).Updates(waits(s.clock.Now(), f.Until))
			if r.Error != nil {
				return fault("finish mail", r.Error)
			}
			if r.RowsAffected > 0 {
				return tx.writeMail(ctx, m.ID, f)
			}
			f.Status = models.MailCanceled
		}
		err := tx.write(ctx).Raw("DELETE FROM queue WHERE "+mine+" RETURNING canceling", m.ID, m.Claim).Scan(&ended).Error
		if err != nil || len(ended) == 0 {
			return fault("finish mail", err)
		}
		return tx.writeMail(ctx, m.ID, f)
	})
}

// waits are the columns of a queue row that goes back until that time; zero means at once, as if it had not been claimed.
func waits(now, until time.Time) map[string]any {
	columns := map[string]any{"state": models.QueueReady, "state_at": now.UnixMicro(), "node": nil, "claim": nil, "starts": 0}
	if !until.IsZero() {
		columns["state"], columns["due_at"] = models.QueueWaiting, until.UnixMicro()
	}
	return columns
}

func (s *Store) writeMail(ctx context.Context, id string, f MailFinish) error {
	columns := map[string]any{"status": f.Status, "error": f.Error, "status_at": s.clock.Now(), "handed_at": nil}
	if f.Tried {
		columns["tries"] = gorm.Expr("tries + 1")
	}
	if f.Status == models.MailSent || f.Status == models.MailCanceled {
		columns["secret_sealed"] = ""
	}
	if err := s.write(ctx).Model(&models.Mail{}).Where("id = ?", id).Updates(columns).Error; err != nil {
		return fault("finish mail", err)
	}
	return s.followMail(ctx, id, f)
}

// MailFilter chooses mails of the outbox.
type MailFilter struct {
	Status models.MailStatus // empty for all
}

// Mails lists the outbox, the newest first, without the texts. models.CodeForbidden for others than brand admins: mails
// are about everybody.
func (s *Store) Mails(ctx context.Context, a models.Actor, f MailFilter, p Page) ([]models.Mail, string, error) {
	if !managesUsers(a) {
		return nil, "", forbidden()
	}
	db := s.read(ctx).Omit("html", "text", "secret_sealed").Where("org_id = ?", a.OrgID)
	if f.Status != "" {
		db = db.Where("status = ?", f.Status)
	}
	if p.Before != "" {
		db = db.Where("id < ?", p.Before)
	}
	var all []models.Mail
	if err := db.Order("id DESC").Limit(p.limit() + 1).Find(&all).Error; err != nil {
		return nil, "", fault("list mails", err)
	}
	all, next := cut(all, p.limit(), func(m *models.Mail) string { return m.ID })
	return all, next, nil
}

// MailCounts counts the outbox by status.
func (s *Store) MailCounts(ctx context.Context, a models.Actor) (map[models.MailStatus]int64, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	var rows []struct {
		Status models.MailStatus
		N      int64
	}
	err := s.read(ctx).Model(&models.Mail{}).Select("status, COUNT(*) AS n").Where("org_id = ?", a.OrgID).Group("status").Scan(&rows).Error
	counts := map[models.MailStatus]int64{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, fault("count mails", err)
}

// Mail gives one mail of the outbox, and when it is tried next; zero when it is not, or at once.
func (s *Store) Mail(ctx context.Context, a models.Actor, id string) (*models.Mail, time.Time, error) {
	if !managesUsers(a) {
		return nil, time.Time{}, forbidden()
	}
	var m models.Mail
	var due []int64
	err := s.snapshot(ctx, func(_ context.Context, tx *gorm.DB) error { // what became of a try, and when the next is made
		if err := tx.Where("org_id = ? AND id = ?", a.OrgID, id).Take(&m).Error; err != nil {
			return fault("read mail", err)
		}
		return fault("read mail", tx.Raw("SELECT due_at FROM queue WHERE id = ? AND due_at IS NOT NULL", id).Scan(&due).Error)
	})
	switch {
	case err != nil:
		return nil, time.Time{}, err
	case len(due) == 0:
		return &m, time.Time{}, nil
	}
	return &m, time.UnixMicro(due[0]).UTC(), nil
}

// CancelMail takes a mail back that waits. One that is being sent in this moment may arrive all the same.
func (s *Store) CancelMail(ctx context.Context, a models.Actor, id string) error {
	return s.changeMail(ctx, a, id, func(ctx context.Context, tx *Store, m *models.Mail) error {
		if m.Status != models.MailQueued {
			return models.Conflict("mail.error.not_waiting", nil)
		}
		if err := tx.write(ctx).Exec("UPDATE queue SET canceling = TRUE WHERE id = ?", id).Error; err != nil {
			return fault("cancel mail", err)
		}
		r := tx.write(ctx).Exec("DELETE FROM queue WHERE id = ? AND state <> 'running'", id)
		if r.Error != nil || r.RowsAffected == 0 {
			return fault("cancel mail", r.Error)
		}
		return tx.writeMail(ctx, id, MailFinish{Status: models.MailCanceled})
	})
}

// ResendMail has a mail sent once more, as it was written, or a waiting one at once. models.CodeConflict when it is under
// way, or of no use any more.
func (s *Store) ResendMail(ctx context.Context, a models.Actor, id string) error {
	return s.changeMail(ctx, a, id, func(ctx context.Context, tx *Store, m *models.Mail) error {
		if m.Status == models.MailQueued {
			r := tx.write(ctx).Exec("UPDATE queue SET state = 'ready', state_at = ?, due_at = NULL WHERE id = ? AND state = 'waiting'", s.clock.Now().UnixMicro(), id)
			if r.Error == nil && r.RowsAffected > 0 {
				s.signalWork()
			}
			return fault("resend mail", r.Error)
		}
		if !m.Resendable() {
			return models.Conflict("mail.error.one_use", nil)
		}
		now := s.clock.Now()
		err := tx.write(ctx).Model(&models.Mail{}).Where("id = ?", id).Updates(map[string]any{
			"status": models.MailQueued, "error": "", "tries": 0, "sending": m.Sending + 1, "status_at": now, "handed_at": nil,
		}).Error
		if err == nil {
			err = tx.write(ctx).Exec(queueMail, id, now.UnixMicro(), now.UnixMicro()).Error
		}
		if err == nil {
			s.signalWork()
		}
		return fault("resend mail", err)
	})
}

// changeMail reads a mail of the actor's organisation, locked, and changes it in one transaction.
func (s *Store) changeMail(ctx context.Context, a models.Actor, id string, change func(ctx context.Context, tx *Store, m *models.Mail) error) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		var m models.Mail
		query := "SELECT * FROM mails WHERE org_id = ? AND id = ?"
		if s.dialect == postgres {
			query += " FOR UPDATE"
		}
		r := tx.read(ctx).Raw(query, a.OrgID, id).Scan(&m)
		if err := found(r, "read mail"); err != nil {
			return err
		}
		return change(ctx, tx, &m)
	})
}

// PurgeMails removes what became of mails before that time, and notifications as old; what is still to be sent stays.
func (s *Store) PurgeMails(ctx context.Context, orgID string, before time.Time) (int64, error) {
	r := s.write(ctx).Where("org_id = ? AND id < ? AND status <> ?", orgID, models.IDAt(models.PrefixMail, before), models.MailQueued).Delete(&models.Mail{})
	if r.Error != nil {
		return 0, fault("purge mails", r.Error)
	}
	n := s.write(ctx).Where("org_id = ? AND id < ?", orgID, models.IDAt(models.PrefixNotice, before)).Delete(&models.Notification{})
	return r.RowsAffected + n.RowsAffected, fault("purge notifications", n.Error)
}
