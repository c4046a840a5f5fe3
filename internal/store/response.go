package store

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// ResponseFilter chooses responses of a list.
type ResponseFilter struct {
	IDs      []string               // only these; empty means any
	States   []models.ResponseState // empty means all recorded ones: completed and partial
	From, To time.Time              // when they were recorded: from inclusive, to exclusive; zero means open
	Page
}

// states gives the states that the filter asks for.
func (f ResponseFilter) states() []models.ResponseState {
	if len(f.States) == 0 {
		return []models.ResponseState{models.ResponseCompleted, models.ResponsePartial}
	}
	return f.States
}

// in limits a query to what the filter asks for besides states and place.
func (f ResponseFilter) in(q *gorm.DB) *gorm.DB {
	if len(f.IDs) > 0 {
		q = q.Where("id IN ?", f.IDs)
	}
	if !f.From.IsZero() {
		q = q.Where("recorded_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("recorded_at < ?", f.To)
	}
	return q
}

// CountResponses counts the responses that a filter chooses, one by one: for what is done once, and not for lists.
func (s *Store) CountResponses(ctx context.Context, a models.Actor, surveyID string, f ResponseFilter) (int64, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return 0, err
	}
	var n int64
	err := f.in(s.read(ctx).Model(&models.Response{})).Where("survey_id = ? AND state IN ?", surveyID, f.states()).Count(&n).Error
	return n, fault("count responses", err)
}

// Responses lists responses of a survey that the actor may see, the last recorded first (unfinished ones: the last active
// first), and the cursor of the next page.
func (s *Store) Responses(ctx context.Context, a models.Actor, surveyID string, f ResponseFilter) ([]models.Response, string, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, "", err
	}
	states := f.states()
	by := "recorded_at"
	if len(states) == 1 && states[0] == models.ResponseInProgress {
		by = "updated_at"
	}
	// One index range per state, so that a page costs the same however many responses there are.
	parts, args := make([]any, len(states)), ""
	for i, state := range states {
		q := f.in(s.read(ctx).Model(&models.Response{})).Where("survey_id = ? AND state = ?", surveyID, state)
		if f.Before != "" {
			at, id, err := parseCursor(f.Before)
			if err != nil {
				return nil, "", err
			}
			q = q.Where("("+by+", id) < (?, ?)", at, id)
		}
		parts[i] = q.Order(by + " DESC, id DESC").Limit(f.limit() + 1)
		if i > 0 {
			args += " UNION ALL "
		}
		args += "SELECT * FROM (?) AS p" + string(rune('0'+i))
	}
	var all []models.Response
	err := s.read(ctx).Raw("SELECT * FROM ("+args+") AS r ORDER BY "+by+" DESC, id DESC LIMIT ?", append(parts, f.limit()+1)...).Scan(&all).Error
	if err != nil {
		return nil, "", fault("list responses", err)
	}
	all, next := cut(all, f.limit(), func(r *models.Response) string {
		if r.RecordedAt != nil {
			return cursor(*r.RecordedAt, r.ID)
		}
		return cursor(r.UpdatedAt, r.ID)
	})
	return all, next, nil
}

// Response gives a response of a survey that the actor may see.
func (s *Store) Response(ctx context.Context, a models.Actor, surveyID, id string) (*models.Response, error) {
	if _, err := s.Survey(ctx, a, surveyID); err != nil {
		return nil, err
	}
	return s.RespondentResponse(ctx, surveyID, id)
}

// RespondentResponse gives a response to whoever answers it: the caller has to compare the secret of the browser
// with the response's TokenHash.
func (s *Store) RespondentResponse(ctx context.Context, surveyID, id string) (*models.Response, error) {
	var r models.Response
	if err := s.read(ctx).Where("id = ? AND survey_id = ?", id, surveyID).Take(&r).Error; err != nil {
		return nil, fault("read response", err)
	}
	return &r, nil
}

// DeleteResponse removes a response. Events and runs keep what they carried until their retention ends.
func (s *Store) DeleteResponse(ctx context.Context, a models.Actor, surveyID, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if _, err := tx.SurveyToEdit(ctx, a, surveyID); err != nil {
			return err
		}
		if _, err := tx.Response(ctx, a, surveyID, id); err != nil {
			return err
		}
		// The state is that of the deleted row: between a read and the deletion the respondent may have gone on.
		var deleted []struct {
			State       models.ResponseState
			CollectorID string
			Ended       bool // by a full quota
		}
		err := tx.write(ctx).Raw("DELETE FROM responses WHERE id = ? AND survey_id = ? RETURNING state, collector_id, fields LIKE ? AS ended", id, surveyID, endedByQuota).Scan(&deleted).Error
		if err != nil || len(deleted) == 0 {
			return fault("delete response", cmp.Or(err, gorm.ErrRecordNotFound))
		}
		if err := tx.countRemoved(ctx, surveyID, deleted[0].State); err != nil {
			return err
		}
		if err := tx.forgetResponses(ctx, id); err != nil {
			return err
		}
		if deleted[0].State == models.ResponseCompleted && !deleted[0].Ended {
			if err := tx.makeRoom(ctx, deleted[0].CollectorID, surveyID); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditResponseDelete, Object: id, Detail: models.Details("survey", surveyID)})
	})
}

// countRemoved takes one response off the counts of its survey.
func (s *Store) countRemoved(ctx context.Context, surveyID string, state models.ResponseState) error {
	return fault("count response", s.write(ctx).Exec(`INSERT INTO response_counts (survey_id, state, shard, n) VALUES (?, ?, -1, -1)
		ON CONFLICT (survey_id, state, shard) DO UPDATE SET n = response_counts.n - 1`, surveyID, state).Error)
}

// ResponseCounts gives how many responses each of those surveys has, by state.
func (s *Store) ResponseCounts(ctx context.Context, surveyIDs ...string) (map[string]map[models.ResponseState]int64, error) {
	var rows []struct {
		SurveyID string
		State    models.ResponseState
		N        int64
	}
	err := s.read(ctx).Raw(`SELECT survey_id, state, CAST(SUM(n) AS BIGINT) AS n FROM response_counts WHERE survey_id IN ? GROUP BY survey_id, state`,
		surveyIDs).Scan(&rows).Error
	counts := make(map[string]map[models.ResponseState]int64, len(surveyIDs))
	for _, r := range rows {
		if counts[r.SurveyID] == nil {
			counts[r.SurveyID] = map[models.ResponseState]int64{}
		}
		counts[r.SurveyID][r.State] = r.N
	}
	return counts, fault("count responses", err)
}
