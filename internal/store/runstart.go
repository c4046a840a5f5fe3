package store

import (
	"context"
	"time"

	"surveyflow/models"
)

// RunStarts gives when the first try of each of those runs began, where there was one.
func (s *Store) RunStarts(ctx context.Context, ids ...string) (map[string]time.Time, error) {
	var rows []models.Attempt
	// Rows and not an aggregate: the databases give the time of an aggregate in different types.
	err := s.read(ctx).Select("run_id", "started_at").Where("run_id IN ? AND number = 1", ids).Find(&rows).Error
	starts := make(map[string]time.Time, len(ids))
	for _, r := range rows {
		if t, known := starts[r.RunID]; !known || r.StartedAt.Before(t) {
			starts[r.RunID] = r.StartedAt
		}
	}
	return starts, fault("read starts of runs", err)
}
