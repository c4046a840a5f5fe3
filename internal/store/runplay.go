package store

import (
	"context"

	"surveyflow/models"
)

// markPlayed notes with a run that rests in a task that waits, and not between two tries, that it has waited enough. A run
// that is then found not to wait keeps nothing of it: the transaction ends.
func (s *Store) markPlayed(ctx context.Context, runID string) error {
	note := (&models.RunError{Key: models.PlayedKey}).Encode()
	return fault("play run", s.write(ctx).Exec(`UPDATE attempts SET error = ? WHERE run_id = ? AND result = ? AND charged = ? AND error IS NULL`,
		note, runID, models.AttemptRetried, false).Error)
}
