package store

import (
	"context"
	"slices"

	"surveyflow/models"
)

// CalledBefore is what is known of the response key of one call.
type CalledBefore struct {
	Outcome *InvitationOutcome // the invitation of the same call; nil when there was none
	Err     error              // models.CodeConflict "invitation.error.crk_used": the key came with other values
}

// CalledBefore tells of calls, each with another key, which of them were made before. In a transaction nobody else can make
// an invitation with one of the keys until it ends.
func (s *Store) CalledBefore(ctx context.Context, collectorID string, asks []InvitationAsk) ([]CalledBefore, error) {
	in := &inviting{store: s, collector: &models.Collector{ID: collectorID}}
	known, err := in.known(ctx, asks)
	if err != nil {
		return nil, err
	}
	out := make([]CalledBefore, len(asks))
	for i := range asks {
		old := known[asks[i].Crk]
		if old == nil {
			continue
		}
		sum, err := asks[i].fingerprint()
		if err != nil {
			return nil, err
		}
		if sum == old.Fingerprint {
			out[i].Outcome = &InvitationOutcome{Invitation: *old, Existed: true}
		} else {
			out[i].Err = models.Conflict("invitation.error.crk_used", map[string]any{"Crk": asks[i].Crk})
		}
	}
	return out, nil
}

// ListOfCollector gives the contact list of an e-mail collector, without its count and what anybody may do with it;
// models.CodeNotFound when it has none, or one of them is gone.
func (s *Store) ListOfCollector(ctx context.Context, orgID, id string) (*models.ContactList, error) {
	var l models.ContactList
	r := s.read(ctx).Raw(`SELECT l.* FROM collectors c JOIN contact_lists l ON l.id = c.list_id
		WHERE c.id = ? AND c.org_id = ? AND c.type = ? AND c.deleted_at IS NULL AND l.org_id = c.org_id AND l.deleted_at IS NULL`, id, orgID, models.CollectorEmail).Scan(&l)
	if err := found(r, "read contact list of collector"); err != nil {
		return nil, err
	}
	return &l, nil
}

// RecordCalls adds to the logs of collectors' webhooks and drops what is more than models.CallsKept of each.
func (s *Store) RecordCalls(ctx context.Context, calls []models.CollectorCall) error {
	if len(calls) == 0 {
		return nil
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).CreateInBatches(calls, 200).Error; err != nil {
			return fault("record calls", err)
		}
		var ids []string
		for i := range calls {
			if !slices.Contains(ids, calls[i].CollectorID) {
				ids = append(ids, calls[i].CollectorID)
			}
		}
		slices.Sort(ids) // in one order, so that two nodes do not wait for each other
		for _, id := range ids {
			err := tx.write(ctx).Exec(`DELETE FROM collector_calls WHERE collector_id = ? AND id <
				(SELECT id FROM collector_calls WHERE collector_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`, id, id, models.CallsKept-1).Error
			if err != nil {
				return fault("shorten the log of calls", err)
			}
		}
		return nil
	})
}

// PurgeCalls drops what is older than models.CallsKeptFor of the logs of collectors' webhooks.
func (s *Store) PurgeCalls(ctx context.Context) error {
	return fault("purge calls", s.write(ctx).Exec("DELETE FROM collector_calls WHERE id < ?", models.IDAt(models.PrefixCall, s.clock.Now().Add(-models.CallsKeptFor))).Error)
}

// Calls lists the last calls of a collector's webhook, the newest first, for who may edit its survey.
func (s *Store) Calls(ctx context.Context, a models.Actor, collectorID string) ([]models.CollectorCall, error) {
	if _, err := s.CollectorToEdit(ctx, a, collectorID); err != nil {
		return nil, err
	}
	var all []models.CollectorCall
	err := s.read(ctx).Where("collector_id = ?", collectorID).Order("id DESC").Limit(models.CallsKept).Find(&all).Error
	return all, fault("list calls", err)
}

// SurveyLanguages gives the languages that a survey has, in BCP 47, its base language first: of what is live, or of the draft
// of one that was never put live.
func (s *Store) SurveyLanguages(ctx context.Context, surveyID string) ([]string, error) {
	var row struct {
		Version int
		Draft   models.JSON[models.SurveyDefinition]
	}
	err := s.read(ctx).Raw(`SELECT s.version, COALESCE(v.definition, s.draft) AS draft FROM surveys s
		LEFT JOIN survey_versions v ON v.survey_id = s.id AND v.version = s.version WHERE s.id = ?`, surveyID).Scan(&row).Error
	if err != nil {
		return nil, fault("read languages", err)
	}
	return row.Draft.V.AllLanguages(), nil
}

// SendingCollector gives the e-mail collector through which a survey is sent when nobody chose one: the oldest that is open,
// or else one that is made for it with that name. The actor must be one who may edit the survey.
func (s *Store) SendingCollector(ctx context.Context, a models.Actor, surveyID, name string) (string, error) {
	var id string
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, surveyID); err != nil {
			return err
		}
		if err := tx.turn(ctx, "sending collector "+surveyID); err != nil {
			return err
		}
		var ids []string
		err := tx.read(ctx).Model(&models.Collector{}).Where("survey_id = ? AND type = ? AND open AND deleted_at IS NULL", surveyID, models.CollectorEmail).
			Order("created_at, id").Limit(1).Pluck("id", &ids).Error
		if err != nil {
			return fault("find collector", err)
		}
		if len(ids) > 0 {
			id = ids[0]
			return nil
		}
		c := &models.Collector{Type: models.CollectorEmail, Name: name, Open: true}
		err = tx.CreateCollector(ctx, a, surveyID, c)
		id = c.ID
		return err
	})
	return id, err
}

// TokenNames gives the names of the tokens that calls came with, by their ids.
func (s *Store) TokenNames(ctx context.Context, calls []models.CollectorCall) (map[string]string, error) {
	ids := map[string]bool{}
	for i := range calls {
		if calls[i].TokenID != "" {
			ids[calls[i].TokenID] = true
		}
	}
	names := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var all []models.APIToken
	err := s.read(ctx).Select("id", "name").Where("id IN ?", sortedKeys(ids)).Find(&all).Error
	for _, t := range all {
		names[t.ID] = t.Name
	}
	return names, fault("name tokens", err)
}
