package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// nextDate gives the earliest of those times that is still to come; nil when none is.
func nextDate(now time.Time, times ...*time.Time) *time.Time {
	var next *time.Time
	for _, t := range times {
		if t != nil && t.After(now) && (next == nil || t.Before(*next)) {
			next = t
		}
	}
	return next
}

// SurveysDue gives the ids of up to n surveys one of whose dates has come.
func (s *Store) SurveysDue(ctx context.Context, n int) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&models.Survey{}).Where("dates_due_at <= ?", s.clock.Now()).Order("dates_due_at, id").Limit(n).Pluck("id", &ids).Error
	return ids, fault("find surveys whose date has come", err)
}

// TakeSurveyDates gives a survey one of whose dates has come to the one caller of all nodes that tells of it, within the
// transaction that is open, and notes that it was told: nil for the others. DatesDueAt is the date that was due.
func (s *Store) TakeSurveyDates(ctx context.Context, id string) (*models.Survey, error) {
	now := s.clock.Now()
	var all []models.Survey
	err := s.write(ctx).Clauses(s.forUpdate()...).Where("id = ? AND dates_due_at <= ?", id, now).Limit(1).Find(&all).Error
	if err != nil || len(all) == 0 {
		return nil, fault("read survey whose date has come", err)
	}
	v := &all[0]
	err = s.write(ctx).Model(&models.Survey{}).Where("id = ?", id).Update("dates_due_at", nextDate(now, v.OpensAt, v.ClosesAt)).Error
	return v, fault("note that a date was told", err)
}
