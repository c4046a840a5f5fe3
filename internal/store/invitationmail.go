package store

import (
	"context"
	"crypto/subtle"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
)

const (
	// outboxReady and outboxWaiting are how many mails may stand in the outbox before further invitations wait outside of it: what
	// else has to leave is never far behind, and a mail server that is away does not fill the database.
	outboxReady   = 200
	outboxWaiting = 5000
	// outboxKept is how many mails are written for invitations while there is no mail server.
	outboxKept = 500
)

// OutboxRoom gives how many mails of invitations may be written now.
func (s *Store) OutboxRoom(ctx context.Context) (int, error) {
	room := outboxReady
	for _, part := range []struct {
		where string
		most  int
	}{{"state IN ('ready', 'running')", outboxReady}, {"state = 'waiting'", outboxWaiting}} {
		var n int
		err := s.read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 AS one FROM queue WHERE kind = 'mail' AND "+part.where+" LIMIT ?) AS q", part.most).Scan(&n).Error
		if err != nil {
			return 0, fault("look into the outbox", err)
		}
		room = min(room, part.most-n)
	}
	return room, nil
}

// KeptRoom gives how many mails of invitations may be written while there is no mail server.
func (s *Store) KeptRoom(ctx context.Context, orgID string) (int, error) {
	var n int
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 AS one FROM mails WHERE org_id = ? AND status = ? LIMIT ?) AS m", orgID, models.MailKept, outboxKept).Scan(&n).Error
	return outboxKept - n, fault("look into the outbox", err)
}

// DueInvitation is an invitation whose next mail is to be written, with what it belongs to. They are shared: nobody may change
// collector and survey.
type DueInvitation struct {
	models.Invitation
	Collector *models.Collector
	Survey    *models.Survey // without its draft
	// Distribution is what the mail belongs to; nil for one of the collector itself.
	Distribution *models.Distribution
}

// Follows reports whether the mail belongs to a reminder or a thank-you that somebody had sent.
func (d *DueInvitation) Follows() bool {
	return d.Distribution != nil && d.Distribution.ParentID != nil
}

// Thanks reports whether the next mail is a thank-you.
func (d *DueInvitation) Thanks() bool {
	return d.Follows() && d.Distribution.Type == models.DistributionThankYou
}

// Reminds reports whether the next mail is a reminder.
func (d *DueInvitation) Reminds() bool { return d.SentAt != nil && !d.Thanks() }

// DueInvitations gives up to limit invitations whose next mail is to be written now, the longest due first. What must not be
// written to any more, or has to wait, is put aside on the way, so that fewer may come although there are more: more tells
// whether it is worth to look again at once. Call it in a transaction: no other node gets them before it ends.
func (s *Store) DueInvitations(ctx context.Context, limit int) (due []DueInvitation, more bool, err error) {
	now := s.clock.Now()
	var rows []models.Invitation
	err = s.write(ctx).Raw("SELECT * FROM invitations WHERE due_at IS NOT NULL AND NOT paused AND due_at <= ? ORDER BY due_at, id LIMIT ?"+s.skipLocked(), now, limit).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, false, fault("find due invitations", err)
	}
	of := map[string]*inviting{}
	for i := range rows {
		id := rows[i].CollectorID
		if of[id] != nil {
			continue
		}
		in, err := s.writesFor(ctx, id, now)
		if err != nil {
			return nil, false, err
		}
		of[id] = in
		if why := in.collector.Hold(in.survey, now); why != "" { // its time is over, which nobody has to say
			if err := s.pauseInvitations(ctx, id, why); err != nil {
				return nil, false, err
			}
		}
	}
	for id, in := range of {
		some, err := in.due(ctx, rowsOf(rows, id))
		if err != nil {
			return nil, false, err
		}
		due = append(due, some...)
	}
	words, err := s.distributionsOf(ctx, rows)
	for i := range due {
		if due[i].SentAt == nil { // reminders that are due by themselves are the collector's
			due[i].Distribution = words[due[i].DistributionID]
		}
	}
	return due, len(rows) == limit, err
}

func rowsOf(rows []models.Invitation, collectorID string) []*models.Invitation {
	var some []*models.Invitation
	for i := range rows {
		if rows[i].CollectorID == collectorID {
			some = append(some, &rows[i])
		}
	}
	return some
}

// writesFor reads a collector, also a deleted one, and its survey.
func (s *Store) writesFor(ctx context.Context, collectorID string, now time.Time) (*inviting, error) {
	var c models.Collector
	if err := s.read(ctx).Where("id = ?", collectorID).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	var v models.Survey
	if err := s.read(ctx).Omit("draft").Where("id = ?", c.SurveyID).Take(&v).Error; err != nil {
		return nil, fault("read survey", err)
	}
	return &inviting{store: s, collector: &c, survey: &v, now: now}, nil
}

// due keeps, of invitations of one collector that are due, those to whom a mail may be written now.
func (in *inviting) due(ctx context.Context, all []*models.Invitation) ([]DueInvitation, error) {
	if in.collector.Hold(in.survey, in.now) != "" {
		return nil, nil
	}
	if from := in.collector.From(in.survey, in.now); from.After(in.now) { // it opens later than it did
		ids := make([]string, len(all))
		for i, inv := range all {
			ids[i] = inv.ID
		}
		return nil, fault("put invitations off", in.store.write(ctx).Exec("UPDATE invitations SET due_at = ? WHERE id IN ?", from, ids).Error)
	}
	outs, err := in.out(ctx, all)
	if err != nil {
		return nil, err
	}
	due := make([]DueInvitation, 0, len(all))
	for _, inv := range all {
		why := outs[inv.ID]
		switch {
		case inv.Over(in.now), inv.SentAt != nil && why != "": // no reminder for them
			if why != models.HeldContactGone { // the others can be seen otherwise
				why = inv.Reason
			}
			if err := in.store.write(ctx).Exec("UPDATE invitations SET due_at = NULL, reason = ? WHERE id = ?", why, inv.ID).Error; err != nil {
				return nil, fault("put invitation aside", err)
			}
		case why != "":
			err := in.store.write(ctx).Exec("UPDATE invitations SET due_at = NULL, status = 'held', reason = ?, status_at = ?, asked_at = NULL WHERE id = ?", why, in.now, inv.ID).Error
			if err != nil {
				return nil, fault("hold invitation", err)
			}
		default:
			due = append(due, DueInvitation{Invitation: *inv, Collector: in.collector, Survey: in.survey})
		}
	}
	return due, nil
}

// mailOfInvitation names the mail of an invitation in its dedupe: no mail is written twice.
func mailOfInvitation(id string, n int) string { return "invitation/" + id + "/" + strconv.Itoa(n) }

func invitationOfMail(dedupe string) (id string, n int, ok bool) {
	rest, ok := strings.CutPrefix(dedupe, "invitation/")
	id, number, cut := strings.Cut(rest, "/")
	n, err := strconv.Atoi(number)
	return id, n, ok && cut && err == nil
}

// WriteInvitations stores the mails of due invitations, in the transaction that gave them: from then on each leaves by itself,
// once. mails[i] is the one of due[i]; expires until when its link holds.
func (s *Store) WriteInvitations(ctx context.Context, due []DueInvitation, mails []models.Mail, expires []*time.Time) error {
	now := s.clock.Now()
	rows := make([]models.Invitation, len(due))
	for i := range due {
		d, r := &due[i], &rows[i]
		mails[i].Dedupe = mailOfInvitation(d.ID, d.Mails+1)
		*r = d.Invitation
		r.Mails++
		switch {
		case d.Follows():
		case d.Reminds():
			r.Reminders++
			r.DueAt, r.ExpiresAt = nil, expires[i]
		default:
			r.DueAt, r.ExpiresAt, r.Status, r.Reason, r.Error, r.StatusAt = nil, expires[i], models.InvitationQueued, "", "", now
		}
		if mails[i].Status == models.MailKept && d.SentAt == nil {
			r.Status, r.Reason = models.InvitationHeld, models.HeldNoServer
		}
	}
	b, err := s.batch()
	if err == nil {
		err = b.writeInvitations(ctx, rows, now)
	}
	if err != nil {
		return fault("write invitations", err)
	}
	if err := s.noteFollowUps(ctx, due); err != nil {
		return err
	}
	if err := s.noteSent(ctx, due, expires); err != nil {
		return err
	}
	return s.Tell(ctx, &models.Notices{Mails: mails})
}

var writeInvitations = &statement{
	postgres: `UPDATE invitations AS i SET mails = c.mails, mailed_at = c.at, reminders = c.reminders, due_at = c.due_at, expires_at = c.expires_at,
			status = c.status, reason = c.reason, error = c.error, status_at = c.status_at
		FROM unnest($1::int[], $2::timestamptz[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[])
			AS c (mails, at, reminders, due_at, expires_at, status, reason, error, status_at, id) WHERE i.id = c.id`,
	sqlite: `UPDATE invitations SET mails = ?, mailed_at = ?, reminders = ?, due_at = ?, expires_at = ?, status = ?, reason = ?, error = ?, status_at = ?
		WHERE id = ?`,
}

func (b *batch) writeInvitations(ctx context.Context, all []models.Invitation, mailed time.Time) error {
	type row = models.Invitation
	return b.each(ctx, writeInvitations, len(all),
		column(all, func(i *row) int { return i.Mails }), column(all, func(*row) time.Time { return mailed }),
		column(all, func(i *row) int { return i.Reminders }), column(all, func(i *row) *time.Time { return i.DueAt }),
		column(all, func(i *row) *time.Time { return i.ExpiresAt }), column(all, func(i *row) string { return string(i.Status) }),
		column(all, func(i *row) string { return string(i.Reason) }), column(all, func(i *row) string { return i.Error }),
		column(all, func(i *row) time.Time { return i.StatusAt }), column(all, func(i *row) string { return i.ID }))
}

// followMail tells the invitation of a mail what became of it, in the transaction that writes it down.
func (s *Store) followMail(ctx context.Context, mailID string, f MailFinish) error {
	if f.Status == models.MailQueued {
		return nil
	}
	var m models.Mail
	err := s.read(ctx).Select("kind", "dedupe", "org_id", "to_address").Where("id = ?", mailID).Take(&m).Error
	if err != nil {
		return fault("read mail", err)
	}
	id, n, ok := invitationOfMail(m.Dedupe)
	if !ok || m.Kind != models.MailSurveyInvitation && m.Kind != models.MailSurveyReminder && m.Kind != models.MailSurveyThanks {
		return nil
	}
	inv, err := s.InvitationOf(ctx, id)
	if models.ErrorCode(err) == models.CodeNotFound { // its person was erased
		return nil
	}
	if err != nil {
		return err
	}
	if m.Kind != models.MailSurveyInvitation {
		became := models.InvitationFailed
		switch {
		case f.Status == models.MailSent:
			became = models.InvitationSent
		case unknownAddress(f.Error):
			became = models.InvitationBounced
		}
		if err := s.followFollowUp(ctx, id, n, became); err != nil {
			return err
		}
	}
	now := s.clock.Now()
	columns := map[string]any{}
	reached := inv.Status == models.InvitationOpened || inv.Status == models.InvitationStarted || inv.Status == models.InvitationFinished || inv.Status == models.InvitationOptedOut
	switch f.Status {
	case models.MailSent:
		next, err := s.nextReminder(ctx, inv, now)
		if err != nil {
			return err
		}
		columns["due_at"] = next
		if inv.SentAt == nil {
			columns["sent_at"] = now
		}
		if !reached {
			columns["status"], columns["reason"], columns["error"], columns["status_at"] = models.InvitationSent, "", "", now
		}
	case models.MailFailed, models.MailUnsure, models.MailCanceled:
		if reached {
			return nil
		}
		columns["status"], columns["reason"], columns["error"], columns["status_at"], columns["due_at"] = models.InvitationFailed, "", f.Error, now, nil
		if f.Status == models.MailCanceled {
			columns["error"] = (&models.RunError{Key: "invitation.error.canceled"}).Encode()
		}
		if unknownAddress(f.Error) {
			if _, err := s.MarkBounced(ctx, inv.OrgID, m.To, f.Error); err != nil {
				return err
			}
			columns["status"], columns["bounced_at"] = models.InvitationBounced, now
		}
	default:
		return nil
	}
	return fault("tell invitation", s.write(ctx).Model(&models.Invitation{}).Where("id = ?", id).Updates(columns).Error)
}

// unknownAddress reports whether the mail server refused the recipient for good.
func unknownAddress(why string) bool {
	e := models.DecodeRunError(why)
	return e != nil && e.Key == "mail.error.recipient"
}

// nextReminder gives when an invitation reminds next, after a mail that has just left; nil when it does not.
func (s *Store) nextReminder(ctx context.Context, inv *models.Invitation, now time.Time) (*time.Time, error) {
	if inv.FinishedAt != nil || inv.OptedOutAt != nil {
		return nil, nil
	}
	after := inv.RemindAfter.V
	if after == nil {
		var c models.Collector
		if err := s.read(ctx).Select("settings").Where("id = ?", inv.CollectorID).Take(&c).Error; err != nil {
			return nil, fault("read collector", err)
		}
		for _, days := range c.Settings.V.Reminders {
			after = append(after, int64(days)*24*60*60)
		}
	}
	if inv.Reminders >= len(after) {
		return nil, nil
	}
	next := now.Add(time.Duration(after[inv.Reminders]) * time.Second)
	if inv.ExpiresAt != nil && !next.Before(*inv.ExpiresAt) {
		return nil, nil
	}
	return &next, nil
}

// MarkBounced notes that mail to an address comes back, for a reason (a RunError as JSON): its contacts are not written to any
// more, and what was sent to it and not answered is bounced. It gives how many invitations that are. The address counts without
// regard to case.
func (s *Store) MarkBounced(ctx context.Context, orgID, email, why string) (int64, error) {
	hash, now := models.HashEmail(email), s.clock.Now()
	if hash == "" {
		return 0, models.Invalid(models.Field("email", "contact.error.email"))
	}
	var n int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		err := tx.write(ctx).Exec("UPDATE contacts SET bounced_at = ?, bounce_reason = ? WHERE org_id = ? AND email_hash = ? AND email_hash <> ''", now, why, orgID, hash).Error
		if err != nil {
			return fault("mark contacts bounced", err)
		}
		r := tx.write(ctx).Exec(`UPDATE invitations SET status = 'bounced', reason = '', error = ?, bounced_at = ?, status_at = ?, due_at = NULL, paused = FALSE
			WHERE org_id = ? AND email_hash = ? AND status IN ('sent', 'failed')`, why, now, now, orgID, hash)
		n = r.RowsAffected
		if r.Error != nil {
			return fault("mark invitations bounced", r.Error)
		}
		return fault("mark mails bounced", tx.write(ctx).Exec(`UPDATE distribution_mails SET status = 'bounced' WHERE status = 'sent' AND (distribution_id, invitation_id) IN (
			SELECT i.followed_by, i.id FROM invitations i WHERE i.org_id = ? AND i.email_hash = ? AND i.followed_by IS NOT NULL AND i.bounced_at = ?)`, orgID, hash, now).Error)
	})
	return n, err
}

// ResendInvitation has a mail of an invitation leave at once: once more, or although it was held. models.CodeConflict when that
// is not possible now: see models.Invitation.MayResend, or when it is held for the same reason still.
func (s *Store) ResendInvitation(ctx context.Context, a models.Actor, surveyID, collectorID, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, surveyID); err != nil {
			return err
		}
		inv, err := tx.Invitation(ctx, a, surveyID, collectorID, id)
		if err != nil {
			return err
		}
		c, v, err := tx.collectorLocked(ctx, a.OrgID, collectorID)
		if err != nil {
			return err
		}
		in := &inviting{store: tx, collector: c, survey: v, now: s.clock.Now()}
		switch {
		case c.Hold(v, in.now) != "":
			return models.Conflict("invitation.error.waits", nil)
		case !inv.MayResend(in.now) || inv.DueAt != nil && !inv.DueAt.After(in.now):
			return models.Conflict("invitation.error.not_now", nil)
		}
		if inv.Status == models.InvitationHeld || inv.Status == models.InvitationFailed || inv.Status == models.InvitationBounced {
			if err := in.release(ctx, []*models.Invitation{inv}); err != nil || inv.Status != models.InvitationHeld {
				return err
			}
			return models.Conflict("invitation.reason."+string(inv.Reason), nil)
		}
		s.signalWork()
		return fault("resend invitation", tx.write(ctx).Exec("UPDATE invitations SET due_at = ?, paused = FALSE WHERE id = ?", in.now, id).Error)
	})
}

// RemindInvited has everybody reminded whom mail reached and who has not answered, except who got a mail within
// models.ResendAfter. It gives how many those are. models.CodeConflict when the collector takes no answers.
func (s *Store) RemindInvited(ctx context.Context, a models.Actor, surveyID, collectorID string) (int64, error) {
	var n int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, surveyID)
		if err != nil {
			return err
		}
		c, err := tx.Collector(ctx, a, surveyID, collectorID)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if c.Hold(v, now) != "" {
			return models.Conflict("invitation.error.waits", nil)
		}
		r := tx.write(ctx).Exec(`UPDATE invitations SET due_at = ?, paused = FALSE WHERE collector_id = ? AND status IN ('sent', 'opened', 'started') AND reason <> ?
			AND finished_at IS NULL AND mailed_at <= ? AND (expires_at IS NULL OR expires_at > ?) AND (due_at IS NULL OR due_at > ?)`,
			now, collectorID, models.HeldContactGone, now.Add(-models.ResendAfter), now, now)
		n = r.RowsAffected
		return fault("remind invited", r.Error)
	})
	return n, err
}

// Unsubscribe takes the person of an invitation out, by the unguessable part of their links: of the contact list, or with
// everywhere of all mail of the organisation. Without a list it is always the latter; it reports which one it was.
// models.CodeNotFound when there is no such invitation.
func (s *Store) Unsubscribe(ctx context.Context, id, token string, everywhere bool) (bool, error) {
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		inv, err := tx.InvitedBy(ctx, id, token)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if !everywhere && inv.ContactID != nil {
			r := tx.write(ctx).Exec("UPDATE contacts SET opted_out_at = COALESCE(opted_out_at, ?) WHERE id = ?", now, *inv.ContactID)
			if r.Error != nil {
				return fault("unsubscribe", r.Error)
			}
			everywhere = r.RowsAffected == 0 // the contact was deleted: the address remains
		} else {
			everywhere = true
		}
		if everywhere {
			if err := tx.SetOptOutOrg(ctx, models.SystemActor(inv.OrgID), inv.Email, models.OptOutLink, true); err != nil {
				return err
			}
		}
		return tx.takeOut(ctx, id, now)
	})
	return everywhere, err
}

// takeOut notes that the person of an invitation wants no more mails of it.
func (s *Store) takeOut(ctx context.Context, id string, now time.Time) error {
	return fault("unsubscribe", s.write(ctx).Exec(`UPDATE invitations SET opted_out_at = COALESCE(opted_out_at, ?), due_at = NULL, paused = FALSE,
			status_at = CASE WHEN status IN ('started', 'finished', 'optedOut') THEN status_at ELSE ? END,
			reason = CASE WHEN status IN ('started', 'finished', 'optedOut') THEN reason ELSE '' END,
			status = CASE WHEN status IN ('started', 'finished') THEN status ELSE 'optedOut' END
		WHERE id = ?`, now, now, id).Error)
}

// InvitedBy gives the invitation whose id and unguessable part a link shows. models.CodeNotFound when they do not fit.
func (s *Store) InvitedBy(ctx context.Context, id, token string) (*models.Invitation, error) {
	inv, err := s.InvitationOf(ctx, id)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(inv.Token), []byte(token)) != 1 {
		return nil, models.NotFound("error.not_found")
	}
	return inv, nil
}

// HoldInvitations holds invitations whose mails cannot be written, for a reason.
func (s *Store) HoldInvitations(ctx context.Context, ids []string, why models.HoldReason) error {
	return fault("hold invitations", s.write(ctx).Exec("UPDATE invitations SET due_at = NULL, status = 'held', reason = ?, status_at = ?, asked_at = NULL WHERE "+
		s.among("id"), why, s.clock.Now(), models.JSON[[]string]{V: ids}).Error)
}

// SetInvitationExpiry says until when the link of an invitation holds; nil for no end.
func (s *Store) SetInvitationExpiry(ctx context.Context, id string, until *time.Time) error {
	return fault("set expiry", s.write(ctx).Exec("UPDATE invitations SET expires_at = ? WHERE id = ?", until, id).Error)
}
