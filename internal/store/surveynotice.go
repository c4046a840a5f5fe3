package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"surveyflow/models"
)

// What people are told of surveys is noted first, in a row whose key is the promise that nobody is told twice, and told from that row by
// one of all nodes. What is sent, and what opens, is noted in the transaction that does it; what ends soon is looked for.

// noteBatch is how many people are looked at together, and how many notes one statement writes.
const noteBatch = 500

// note writes notes of what nobody has been told yet.
func (s *Store) note(ctx context.Context, all []models.SurveyNotice) error {
	if len(all) == 0 {
		return nil
	}
	return fault("note what is to be told", s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(all, noteBatch).Error)
}

// noteSent notes for whom of the organisation a survey is that was sent to them just now. due and expires are those of WriteInvitations.
func (s *Store) noteSent(ctx context.Context, due []DueInvitation, expires []*time.Time) error {
	byKey := map[string][]int{}
	for i := range due {
		if !due[i].Reminds() && due[i].EmailKey != "" {
			byKey[due[i].EmailKey] = append(byKey[due[i].EmailKey], i)
		}
	}
	if len(byKey) == 0 {
		return nil
	}
	var people []models.User
	if err := s.read(ctx).Select("id", "org_id", "email_key").Where("email_key IN ? AND disabled_at IS NULL", sortedKeys(byKey)).Order("id").Find(&people).Error; err != nil {
		return fault("find people", err)
	}
	var all []models.SurveyNotice
	for _, u := range people {
		for _, i := range byKey[u.EmailKey] {
			d := &due[i]
			if d.OrgID != u.OrgID {
				continue
			}
			all = append(all, models.SurveyNotice{
				UserID: u.ID, SurveyID: d.SurveyID, Kind: models.NoticeNewSurvey, OrgID: u.OrgID, InvitationID: &d.ID, NotedAt: s.clock.Now(),
				ExpiresUS: models.ExpiresUS(expires[i], d.Collector.ClosesAt, d.Survey.ClosesAt),
			})
		}
	}
	return s.note(ctx, all)
}

// NoteOpened notes, in the transaction that opens a survey, that its contact is to be told.
func (s *Store) NoteOpened(ctx context.Context, v *models.Survey) error {
	if v.ContactUserID == nil {
		return nil
	}
	return s.note(ctx, []models.SurveyNotice{{
		UserID: *v.ContactUserID, SurveyID: v.ID, Kind: models.NoticeNewSurvey, OrgID: v.OrgID, NotedAt: s.clock.Now(), ExpiresUS: models.ExpiresUS(v.ClosesAt),
	}})
}

// NoteEnding notes who is to be told of surveys that end within models.NoticeAhead: those who were invited and have not finished, and
// those who subscribed.
func (s *Store) NoteEnding(ctx context.Context, orgID string) error {
	now := s.clock.Now()
	until := now.Add(models.NoticeAhead)
	var ends bool // mostly nothing does
	err := s.read(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM surveys WHERE closes_at > ? AND closes_at <= ?)
		OR EXISTS (SELECT 1 FROM collectors WHERE closes_at > ? AND closes_at <= ?)
		OR EXISTS (SELECT 1 FROM invitations WHERE expires_at > ? AND expires_at <= ? AND finished_at IS NULL)`, now, until, now, until, now, until).Scan(&ends).Error
	if err != nil || !ends {
		return fault("look for what ends soon", err)
	}
	if err := s.noteStatistics(ctx, orgID, now, until); err != nil {
		return err
	}
	for after := ""; ; {
		var people []models.User
		err := s.read(ctx).Select("id", "org_id", "email").Where("org_id = ? AND disabled_at IS NULL AND id > ?", orgID, after).Order("id").Limit(noteBatch).Find(&people).Error
		if err != nil || len(people) == 0 {
			return fault("find people", err)
		}
		if err := s.noteExpiring(ctx, people, now, until); err != nil {
			return err
		}
		after = people[len(people)-1].ID
	}
}

// noteExpiring notes which of those people were invited to a survey that ends for them, and have not finished.
func (s *Store) noteExpiring(ctx context.Context, people []models.User, now, until time.Time) error {
	of, hashes := make(map[string]string, len(people)), make([]string, 0, len(people))
	for i := range people {
		if hash := models.HashEmail(people[i].Email); hash != "" {
			of[hash] = people[i].ID
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	var sent []models.SentSurvey
	query := sentOf + " AND i.email_hash IN ?" + answerable + ` AND i.mailed_at IS NOT NULL AND i.opted_out_at IS NULL
		AND (i.expires_at <= ? OR c.closes_at <= ? OR s.closes_at <= ?)
		AND NOT EXISTS (SELECT 1 FROM responses r WHERE r.id = i.response_id AND r.state = 'partial') ORDER BY i.id`
	err := s.read(ctx).Raw(query, people[0].OrgID, hashes, now, now, now, now, now, until, until, until).Scan(&sent).Error
	if err != nil {
		return fault("find surveys that end soon", err)
	}
	first := map[[2]string]models.SurveyNotice{} // of each person and survey
	for i := range sent {
		v := &sent[i]
		key := [2]string{of[v.EmailHash], v.SurveyID}
		end := models.ExpiresUS(v.Until())
		if n, known := first[key]; !known || end < n.ExpiresUS {
			first[key] = models.SurveyNotice{UserID: key[0], SurveyID: v.SurveyID, Kind: models.NoticeSurveyExpires, ExpiresUS: end, OrgID: v.OrgID, InvitationID: &v.ID, NotedAt: now}
		}
	}
	all := make([]models.SurveyNotice, 0, len(first))
	for _, n := range first {
		all = append(all, n)
	}
	return s.noteNew(ctx, models.NoticeSurveyExpires, now, all)
}

// noteStatistics notes who subscribed to surveys that end.
func (s *Store) noteStatistics(ctx context.Context, orgID string, now, until time.Time) error {
	var rows []struct {
		UserID   string
		SurveyID string
		ClosesAt time.Time
	}
	err := s.read(ctx).Raw(`SELECT b.user_id, b.survey_id, v.closes_at FROM surveys v JOIN survey_subscribers b ON b.survey_id = v.id JOIN users u ON u.id = b.user_id
		WHERE v.org_id = ? AND v.closes_at > ? AND v.closes_at <= ? AND v.state = 'open' AND v.version > 0 AND v.deleted_at IS NULL
			AND (v.opens_at IS NULL OR v.opens_at <= ?) AND u.disabled_at IS NULL ORDER BY b.user_id, b.survey_id`, orgID, now, until, now).Scan(&rows).Error
	if err != nil {
		return fault("find subscribers", err)
	}
	all := make([]models.SurveyNotice, len(rows))
	for i, r := range rows {
		all[i] = models.SurveyNotice{UserID: r.UserID, SurveyID: r.SurveyID, Kind: models.NoticeSurveyStatistics, ExpiresUS: r.ClosesAt.UnixMicro(), OrgID: orgID, NotedAt: now}
	}
	return s.noteNew(ctx, models.NoticeSurveyStatistics, now, all)
}

// noteNew writes those notes of a kind that are not there: for a day nothing is written again and again.
func (s *Store) noteNew(ctx context.Context, kind models.NoticeKind, now time.Time, all []models.SurveyNotice) error {
	people := map[string]bool{}
	for i := range all {
		people[all[i].UserID] = true
	}
	if len(people) == 0 {
		return nil
	}
	type place struct {
		user, survey string
		end          int64
	}
	there := map[place]bool{}
	ids := sortedKeys(people)
	for len(ids) > 0 {
		some := ids[:min(len(ids), noteBatch)]
		ids = ids[len(some):]
		var old []models.SurveyNotice
		if err := s.read(ctx).Where("user_id IN ? AND kind = ? AND expires_us > ?", some, kind, now.UnixMicro()).Find(&old).Error; err != nil {
			return fault("read what was noted", err)
		}
		for i := range old {
			there[place{old[i].UserID, old[i].SurveyID, old[i].ExpiresUS}] = true
		}
	}
	var fresh []models.SurveyNotice
	for i := range all {
		if n := &all[i]; !there[place{n.UserID, n.SurveyID, n.ExpiresUS}] {
			fresh = append(fresh, *n)
		}
	}
	return s.note(ctx, fresh)
}

// noticeRow is the row of one note. A key with a part that is zero is no key to gorm.
func (s *Store) noticeRow(ctx context.Context, n *models.SurveyNotice) *gorm.DB {
	return s.write(ctx).Model(&models.SurveyNotice{}).Where("user_id = ? AND survey_id = ? AND kind = ? AND expires_us = ?", n.UserID, n.SurveyID, n.Kind, n.ExpiresUS)
}

// UntoldNotices gives up to n notes of what was not told yet, the oldest first.
func (s *Store) UntoldNotices(ctx context.Context, n int) ([]models.SurveyNotice, error) {
	var all []models.SurveyNotice
	err := s.read(ctx).Where("told_at IS NULL").Order("noted_at, user_id, survey_id, kind").Limit(n).Find(&all).Error
	return all, fault("find what is to be told", err)
}

// TakeNotice gives a note to the one caller of all nodes that tells it, within the transaction that is open: false for the others.
func (s *Store) TakeNotice(ctx context.Context, n *models.SurveyNotice) (bool, error) {
	r := s.noticeRow(ctx, n).Where("told_at IS NULL").Update("told_at", s.clock.Now())
	return r.RowsAffected > 0, fault("take what is to be told", r.Error)
}

// DropNotice takes a note back that does not hold any more, so that it can be made anew when it does.
func (s *Store) DropNotice(ctx context.Context, n *models.SurveyNotice) error {
	return fault("take a note back", s.noticeRow(ctx, n).Delete(&models.SurveyNotice{}).Error)
}

// PutIntoDigest has a note stand in its person's digest of that time.
func (s *Store) PutIntoDigest(ctx context.Context, n *models.SurveyNotice, at time.Time) error {
	return fault("put into digest", s.noticeRow(ctx, n).Update("mail_at", at).Error)
}

// DueDigests gives the notes of up to n people whose digest is due, by person.
func (s *Store) DueDigests(ctx context.Context, n int) (map[string][]models.SurveyNotice, error) {
	now := s.clock.Now()
	var people []string
	err := s.read(ctx).Model(&models.SurveyNotice{}).Distinct("user_id").Where("mail_at <= ?", now).Order("user_id").Limit(n).Pluck("user_id", &people).Error
	if err != nil || len(people) == 0 {
		return nil, fault("find due digests", err)
	}
	var all []models.SurveyNotice
	if err := s.read(ctx).Where("user_id IN ? AND mail_at <= ?", people, now).Order("noted_at, survey_id, kind").Find(&all).Error; err != nil {
		return nil, fault("read digests", err)
	}
	of := make(map[string][]models.SurveyNotice, len(people))
	for i := range all {
		of[all[i].UserID] = append(of[all[i].UserID], all[i])
	}
	return of, nil
}

// TakeFromDigest gives a note of a digest to the one caller of all nodes that writes it: false for the others.
func (s *Store) TakeFromDigest(ctx context.Context, n *models.SurveyNotice) (bool, error) {
	r := s.noticeRow(ctx, n).Where("mail_at IS NOT NULL").Update("mail_at", nil)
	return r.RowsAffected > 0, fault("take from digest", r.Error)
}

// PurgeNotices removes notes of surveys that ended before that time.
func (s *Store) PurgeNotices(ctx context.Context, before time.Time) error {
	return fault("purge notices", s.write(ctx).Where("expires_us BETWEEN 1 AND ?", before.UnixMicro()).Delete(&models.SurveyNotice{}).Error)
}

// forgetNotices removes what a person chose and was told.
func (s *Store) forgetNotices(ctx context.Context, userID string) error {
	for _, row := range []any{&models.SurveyNotice{}, &models.NoticeChoice{}, &models.SurveySubscriber{}} {
		if err := s.write(ctx).Where("user_id = ?", userID).Delete(row).Error; err != nil {
			return fault("forget notices", err)
		}
	}
	return fault("forget contact", s.write(ctx).Model(&models.Survey{}).Where("contact_user_id = ?", userID).Update("contact_user_id", nil).Error)
}

// NoticeChoice gives how a person wants to be told of a kind of thing about a survey: as they chose for it, else for all, else in both
// ways.
func (s *Store) NoticeChoice(ctx context.Context, userID, surveyID string, kind models.NoticeKind) (models.NoticeChoice, error) {
	var all []models.NoticeChoice
	err := s.read(ctx).Where("user_id = ? AND kind = ? AND survey_id IN ?", userID, kind, []string{"", surveyID}).Order("survey_id DESC").Limit(1).Find(&all).Error
	if err != nil || len(all) == 0 {
		return models.NoticeChoice{UserID: userID, Kind: kind, Bell: true, Mail: true}, fault("read choice", err)
	}
	return all[0], nil
}

// NoticeChoices lists what the actor chose, for all surveys and for single ones.
func (s *Store) NoticeChoices(ctx context.Context, a models.Actor) ([]models.NoticeChoice, error) {
	var all []models.NoticeChoice
	err := s.read(ctx).Where("user_id = ?", a.UserID).Order("survey_id, kind").Find(&all).Error
	return all, fault("list choices", err)
}

// SetNoticeChoices writes what the actor chooses for one survey, or with an empty id for all others. Kinds that are missing have no choice
// of their own.
func (s *Store) SetNoticeChoices(ctx context.Context, a models.Actor, surveyID string, all []models.NoticeChoice) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Where("user_id = ? AND survey_id = ?", a.UserID, surveyID).Delete(&models.NoticeChoice{}).Error; err != nil {
			return fault("save choices", err)
		}
		for i := range all {
			all[i].UserID, all[i].SurveyID = a.UserID, surveyID
		}
		if len(all) == 0 {
			return nil
		}
		return fault("save choices", tx.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&all).Error) // the form may be sent twice at once
	})
}

// SetDigestHour says at which hour of their day the actor gets a digest; nil for none. What stood in one is sent with the next look.
func (s *Store) SetDigestHour(ctx context.Context, a models.Actor, hour *int) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.updateUser(ctx, a, a.UserID, "set digest", map[string]any{"digest_hour": hour}); err != nil || hour != nil {
			return err
		}
		err := tx.write(ctx).Model(&models.SurveyNotice{}).Where("user_id = ? AND mail_at > ?", a.UserID, s.clock.Now()).Update("mail_at", s.clock.Now()).Error
		return fault("end digest", err)
	})
}

// NoticeSurveys gives the names of surveys that the actor may be told of, by id: those that they see, that were sent to them, or whose
// contact they are. With no ids it gives none.
func (s *Store) NoticeSurveys(ctx context.Context, a models.Actor, ids ...string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var u models.User
	if err := s.read(ctx).Select("email").Where("org_id = ? AND id = ?", a.OrgID, a.UserID).Take(&u).Error; err != nil {
		return nil, fault("read address", err)
	}
	sql, args := surveysSeen(a, "surveys")
	reach := s.read(ctx).Where(sql, args...).Or("contact_user_id = ?", a.UserID)
	if hash := models.HashEmail(u.Email); hash != "" {
		reach = reach.Or("EXISTS (SELECT 1 FROM invitations i WHERE i.survey_id = surveys.id AND i.org_id = ? AND i.email_hash = ? AND i.asked_at IS NOT NULL)", a.OrgID, hash)
	}
	var all []models.Survey
	err := s.read(ctx).Select("id", "name").Where("org_id = ? AND deleted_at IS NULL AND id IN ?", a.OrgID, ids).Where(reach).Find(&all).Error
	for i := range all {
		names[all[i].ID] = all[i].Name
	}
	return names, fault("read surveys", err)
}

// SetSurveyContact names whom people ask about a survey; nil for nobody. models.CodeInvalid when that person does not see it.
func (s *Store) SetSurveyContact(ctx context.Context, a models.Actor, surveyID string, userID *string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if userID != nil {
			wrong := models.Invalid(models.Field("contact", "survey.contact.error"))
			u, err := tx.User(ctx, a, *userID)
			switch {
			case models.ErrorCode(err) == models.CodeNotFound:
				return wrong
			case err != nil:
				return err
			}
			switch err := tx.CheckAccess(ctx, u.Actor(models.ViaWeb), surveyID, models.AccessView); {
			case models.ErrorCode(err) == models.CodeNotFound || err == nil && u.DisabledAt != nil:
				return wrong
			case err != nil:
				return err
			}
		}
		return tx.updateSurvey(ctx, a, surveyID, "set survey contact", map[string]any{"contact_user_id": userID})
	})
}

// SurveyReaders lists the people who see a survey that the actor may see: owner, whom it is shared with, and brand admins, by address.
func (s *Store) SurveyReaders(ctx context.Context, a models.Actor, v *models.Survey) ([]models.User, error) {
	var all []models.User
	err := s.read(ctx).Omit("password_hash").Where("org_id = ? AND disabled_at IS NULL", a.OrgID).
		Where("id = ? OR role = ? OR id IN (SELECT user_id FROM survey_shares WHERE survey_id = ?)", v.OwnerID, models.RoleBrandAdmin, v.ID).
		Order("email_key").Find(&all).Error
	return all, fault("list readers of survey", err)
}
