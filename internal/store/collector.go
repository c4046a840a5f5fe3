package store

import (
	"context"
	"strings"
	"time"

	"surveyflow/models"
)

// CollectorBySlug gives the collector that a public link names.
func (s *Store) CollectorBySlug(ctx context.Context, slug string) (*models.Collector, error) {
	var c models.Collector
	if err := s.read(ctx).Where("slug = ? AND deleted_at IS NULL", slug).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	return &c, nil
}

// DefaultCollector gives the collector that /jfe/form/{surveyId} leads to.
func (s *Store) DefaultCollector(ctx context.Context, surveyID string) (*models.Collector, error) {
	var c models.Collector
	if err := s.read(ctx).Where("survey_id = ? AND is_default AND deleted_at IS NULL", surveyID).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	return &c, nil
}

// Collectors lists the collectors of a survey that the actor may see, the oldest first.
func (s *Store) Collectors(ctx context.Context, a models.Actor, surveyID string) ([]models.Collector, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var all []models.Collector
	err := s.read(ctx).Where("survey_id = ? AND deleted_at IS NULL", surveyID).Order("created_at, id").Find(&all).Error
	return all, fault("list collectors", err)
}

// CollectorsOf lists the collectors of surveys by the surveys' ids, with one query. The surveys are those that the caller has been
// given for somebody: it asks nobody's rights.
func (s *Store) CollectorsOf(ctx context.Context, surveyIDs ...string) (map[string][]models.Collector, error) {
	var all []models.Collector
	err := s.read(ctx).Where("survey_id IN ? AND deleted_at IS NULL", surveyIDs).Order("created_at, id").Find(&all).Error
	of := make(map[string][]models.Collector, len(surveyIDs))
	for _, c := range all {
		of[c.SurveyID] = append(of[c.SurveyID], c)
	}
	return of, fault("list collectors", err)
}

// Collector gives a collector of a survey that the actor may see.
func (s *Store) Collector(ctx context.Context, a models.Actor, surveyID, id string) (*models.Collector, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	var c models.Collector
	if err := s.read(ctx).Where("id = ? AND survey_id = ? AND deleted_at IS NULL", id, surveyID).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	return &c, nil
}

// CollectorToEdit gives a collector whose survey the actor may edit, whichever survey that is.
func (s *Store) CollectorToEdit(ctx context.Context, a models.Actor, id string) (*models.Collector, error) {
	var c models.Collector
	if err := s.read(ctx).Where("id = ? AND org_id = ? AND deleted_at IS NULL", id, a.OrgID).Take(&c).Error; err != nil {
		return nil, fault("read collector", err)
	}
	_, err := s.SurveyToEdit(ctx, a, c.SurveyID)
	return &c, err
}

// CreateCollector adds a collector to a survey. It gets its id, its address and, when it writes mail and names no list, a
// contact list of its name. models.CodeNotFound when the actor does not see the list; models.CodeConflict when the survey has
// models.CollectorMaxPerSurvey already. One that is made open invites the contacts of its list.
func (s *Store) CreateCollector(ctx context.Context, a models.Actor, surveyID string, c *models.Collector) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, surveyID)
		if err != nil {
			return err
		}
		var n int64
		if err := tx.read(ctx).Model(&models.Collector{}).Where("survey_id = ? AND deleted_at IS NULL", surveyID).Count(&n).Error; err != nil {
			return fault("count collectors", err)
		}
		if n >= models.CollectorMaxPerSurvey {
			return models.Conflict("collector.error.many", map[string]any{"Max": models.CollectorMaxPerSurvey})
		}
		c.ID, c.OrgID, c.SurveyID, c.Slug, c.CreatedAt = models.NewID(models.PrefixCollector), v.OrgID, surveyID, models.NewCapability(), s.clock.Now()
		if err := tx.listOfCollector(ctx, a, v, c); err != nil {
			return err
		}
		if err := tx.write(ctx).Create(c).Error; err != nil {
			return fault("create collector", err)
		}
		if err := tx.distributeItself(ctx, a, c); err != nil {
			return err
		}
		if err := tx.bumpSurvey(ctx, surveyID); err != nil {
			return err
		}
		return tx.followCollector(ctx, a, c, v)
	})
}

// listOfCollector checks the list of an e-mail collector, and makes one where none is named.
func (s *Store) listOfCollector(ctx context.Context, a models.Actor, v *models.Survey, c *models.Collector) error {
	switch {
	case c.Type != models.CollectorEmail:
		c.ListID = nil
		return nil
	case c.ListID != nil:
		_, err := s.ContactList(ctx, a, *c.ListID)
		return err
	}
	name := []rune(v.Name + " – " + c.Name)
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: string(name[:min(len(name), models.ContactListMaxName)])}
	c.ListID = &l.ID
	return s.CreateContactList(ctx, a, l)
}

// SaveCollector writes name, list, dates, limits and settings of a collector, as they are in c; opening and closing is
// [Store.SetCollectorOpen]'s. What waits goes on, or is held, as the new dates say.
func (s *Store) SaveCollector(ctx context.Context, a models.Actor, c *models.Collector) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, c.SurveyID)
		if err != nil {
			return err
		}
		old, err := tx.Collector(ctx, a, c.SurveyID, c.ID)
		if err != nil {
			return err
		}
		c.Type, c.Open = old.Type, old.Open
		switch {
		case c.ListID == nil:
			c.ListID = old.ListID // the collector that programs send through has none
		case old.ListID == nil || *c.ListID != *old.ListID:
			if err := tx.listOfCollector(ctx, a, v, c); err != nil {
				return err
			}
		}
		if err := tx.countCollector(ctx, c, old); err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.Collector{}).Where("id = ?", c.ID).Select("name", "list_id", "settings", "password_hash", "opens_at", "closes_at",
			"max_responses", "full_at", "send_at").Updates(c)
		if err := found(r, "save collector"); err != nil {
			return err
		}
		if err := tx.reschedule(ctx, c, v, old); err != nil {
			return err
		}
		if err := tx.bumpSurvey(ctx, c.SurveyID); err != nil {
			return err
		}
		return tx.followCollector(ctx, a, c, v)
	})
}

// countCollector begins to count the completed responses of a collector that gets a maximum, and says whether it is reached.
func (s *Store) countCollector(ctx context.Context, c, old *models.Collector) error {
	c.FullAt = nil
	if c.MaxResponses == 0 {
		return fault("count responses", s.write(ctx).Exec("DELETE FROM collector_counts WHERE collector_id = ?", c.ID).Error)
	}
	var n int64
	var err error
	if old.MaxResponses > 0 {
		err = s.read(ctx).Raw("SELECT n FROM collector_counts WHERE collector_id = ?", c.ID).Scan(&n).Error
	} else {
		err = s.read(ctx).Raw("SELECT COUNT(*) FROM responses WHERE survey_id = ? AND state = ? AND collector_id = ? AND fields NOT LIKE ?", c.SurveyID, models.ResponseCompleted, c.ID, endedByQuota).Scan(&n).Error
		if err == nil {
			err = s.write(ctx).Exec("INSERT INTO collector_counts (collector_id, n) VALUES (?, ?) ON CONFLICT (collector_id) DO UPDATE SET n = excluded.n", c.ID, n).Error
		}
	}
	if now := s.clock.Now(); n >= int64(c.MaxResponses) {
		c.FullAt = &now
	}
	return fault("count responses", err)
}

// endedByQuota finds, in the fields of a response, that a full quota has ended it: it counts for no maximum. A value cannot hold this
// text, since its quotation marks are escaped.
const endedByQuota = `%"` + models.FieldTerminated + `":"` + models.QuotaMet + `"%`

// reschedule moves the first mails that were not written yet when schedule or begin of the collector change.
func (s *Store) reschedule(ctx context.Context, c *models.Collector, v *models.Survey, old *models.Collector) error {
	if sameTime(c.SendAt, old.SendAt) && sameTime(c.OpensAt, old.OpensAt) {
		return nil
	}
	due := c.From(v, s.clock.Now())
	return fault("schedule invitations", s.write(ctx).Exec("UPDATE invitations SET due_at = ? WHERE collector_id = ? AND due_at IS NOT NULL AND mails = 0", due, c.ID).Error)
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// DeleteCollector removes a collector from sight: its links end and its waiting mails never leave. Responses and invitations stay.
// models.CodeConflict for the one that the survey itself leads to.
func (s *Store) DeleteCollector(ctx context.Context, a models.Actor, surveyID, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		v, err := tx.SurveyToEdit(ctx, a, surveyID)
		if err != nil {
			return err
		}
		c, err := tx.Collector(ctx, a, surveyID, id)
		if err != nil {
			return err
		}
		if c.IsDefault {
			return models.Conflict("collector.error.default", nil)
		}
		now := s.clock.Now()
		c.DeletedAt = &now
		err = tx.write(ctx).Model(&models.Collector{}).Where("id = ?", id).Updates(map[string]any{"deleted_at": now, "open": false}).Error
		if err != nil {
			return fault("delete collector", err)
		}
		if err := tx.followCollector(ctx, a, c, v); err != nil {
			return err
		}
		return tx.bumpSurvey(ctx, surveyID)
	})
}

// SetCollectorOpen opens or closes one collector of a survey. Opening an e-mail collector invites the contacts of its list, and
// what waited; closing holds what has not left yet.
func (s *Store) SetCollectorOpen(ctx context.Context, a models.Actor, surveyID, id string, open bool) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.updateCollector(ctx, a, surveyID, id, "open or close collector", "open", open); err != nil {
			return err
		}
		c, err := tx.Collector(ctx, a, surveyID, id)
		if err != nil {
			return err
		}
		v, err := tx.Survey(ctx, a, surveyID)
		if err != nil {
			return err
		}
		return tx.followCollector(ctx, a, c, v)
	})
}

// followSurvey lets the e-mail collectors of a survey go on, or holds them, after the survey was opened, closed, published or
// removed, or its dates changed.
func (s *Store) followSurvey(ctx context.Context, a models.Actor, surveyID string) error {
	var v models.Survey
	if err := s.read(ctx).Omit("draft").Where("id = ?", surveyID).Take(&v).Error; err != nil {
		return fault("read survey", err)
	}
	var all []models.Collector
	err := s.read(ctx).Where("survey_id = ? AND type = ? AND deleted_at IS NULL", surveyID, models.CollectorEmail).Order("id").Find(&all).Error
	if err != nil {
		return fault("list collectors", err)
	}
	for i := range all {
		if err := s.followCollector(ctx, a, &all[i], &v); err != nil {
			return err
		}
	}
	return nil
}

// followCollector holds what waits of an e-mail collector that takes no answers, or has a job let it through that invites the
// list, too. It is part of the transaction that changes collector or survey.
func (s *Store) followCollector(ctx context.Context, a models.Actor, c *models.Collector, v *models.Survey) error {
	if c.Type != models.CollectorEmail {
		return nil
	}
	if why := c.Hold(v, s.clock.Now()); why != "" {
		return s.pauseInvitations(ctx, c.ID, why)
	}
	var list models.ContactList
	if c.ListID != nil {
		err := s.read(ctx).Where("id = ? AND deleted_at IS NULL", *c.ListID).Limit(1).Find(&list).Error
		if err != nil {
			return fault("read contact list", err)
		}
		if list.ID != "" {
			if err := s.fillLists(ctx, models.SystemActor(c.OrgID), &list); err != nil {
				return err
			}
		}
	}
	var paused int64
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM invitations WHERE collector_id = ? AND paused", c.ID).Scan(&paused).Error
	if err != nil || paused == 0 && list.Contacts == 0 {
		return fault("count invitations", err)
	}
	return s.CreateJob(ctx, a, &models.Job{Kind: models.JobInvite, Subject: c.ID, Total: paused + list.Contacts})
}

// pauseInvitations holds the mails of a collector that have not been written yet, also its reminders.
func (s *Store) pauseInvitations(ctx context.Context, collectorID string, why models.HoldReason) error {
	return fault("hold invitations", s.write(ctx).Exec(`UPDATE invitations SET paused = TRUE,
			reason = CASE WHEN status IN ('queued', 'held') THEN ? ELSE reason END,
			status_at = CASE WHEN status = 'queued' THEN ? ELSE status_at END,
			asked_at = CASE WHEN status = 'queued' THEN NULL ELSE asked_at END,
			status = CASE WHEN status = 'queued' THEN 'held' ELSE status END
		WHERE collector_id = ? AND due_at IS NOT NULL`, why, s.clock.Now(), collectorID).Error)
}

// SetCollectorFrames names the sites that may show the pages of a collector in a frame: what models.ParseFrameSites gave.
func (s *Store) SetCollectorFrames(ctx context.Context, a models.Actor, surveyID, id string, sites []string) error {
	return s.updateCollector(ctx, a, surveyID, id, "set sites of frames", "frame_sites", strings.Join(sites, "\n"))
}

func (s *Store) updateCollector(ctx context.Context, a models.Actor, surveyID, id, tried, column string, value any) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, surveyID); err != nil {
			return err
		}
		r := tx.write(ctx).Model(&models.Collector{}).Where("id = ? AND survey_id = ? AND deleted_at IS NULL", id, surveyID).Update(column, value)
		if r.Error == nil && r.RowsAffected == 0 {
			return models.NotFound("error.not_found")
		}
		if r.Error != nil {
			return fault(tried, r.Error)
		}
		return tx.bumpSurvey(ctx, surveyID)
	})
}

// makeRoom takes a completed response that was deleted off the count of its collector, which may take another then.
func (s *Store) makeRoom(ctx context.Context, collectorID, surveyID string) error {
	r := s.write(ctx).Exec("UPDATE collector_counts SET n = n - 1 WHERE collector_id = ?", collectorID)
	if r.Error != nil || r.RowsAffected == 0 {
		return fault("count responses", r.Error)
	}
	r = s.write(ctx).Exec("UPDATE collectors SET full_at = NULL WHERE id = ? AND full_at IS NOT NULL", collectorID)
	if r.Error != nil || r.RowsAffected == 0 {
		return fault("count responses", r.Error)
	}
	return s.bumpSurvey(ctx, surveyID)
}
