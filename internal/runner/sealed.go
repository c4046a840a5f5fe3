package runner

import (
	"context"
	"encoding/json"
	"fmt"

	"surveyflow/internal/secret"
	"surveyflow/models"
)

// placeOf names where the full outputs of an attempt are sealed.
func placeOf(id string) string { return secret.Assoc("attempt_secrets", id, "outputs_sealed") }

// seal seals what attempts must not tell. It fails like the database when the keys cannot be read.
func (e *execution) seal(ctx context.Context, attempts []models.Attempt) error {
	for i := range attempts {
		a := &attempts[i]
		if a.Full == nil || a.Sealed != "" || e.Sealer == nil {
			continue
		}
		text, err := models.MarshalJSON(a.Full)
		if err != nil {
			return fmt.Errorf("seal outputs: %w", err)
		}
		id := fmt.Sprintf("%s.%s.%d", a.RunID, a.TaskID, a.Number)
		sealed, err := e.Sealer.Seal(ctx, placeOf(id), text)
		if err != nil {
			return err
		}
		a.SecretID, a.Sealed = &id, sealed
	}
	return nil
}

// unseal opens what earlier attempts hold sealed, and notes the secrets that the tasks to come mask. What cannot be opened
// ends the run: with a masked value in its place a later task would send nonsense.
func (e *execution) unseal(ctx context.Context) error {
	for i := range e.c.Attempts {
		a := &e.c.Attempts[i]
		if a.SecretID == nil {
			continue
		}
		gone := models.Invalid(models.Field("", "run.error.outputs_sealed"))
		if e.Sealer == nil || a.Sealed == "" {
			return gone
		}
		text, err := e.Sealer.Open(ctx, placeOf(*a.SecretID), a.Sealed)
		switch {
		case models.ErrorCode(err) == models.CodeUnavailable:
			return err
		case err == nil:
			err = json.Unmarshal(text, &a.Full)
		}
		if err != nil {
			e.Log.Error("outputs of a task cannot be opened", "run", e.c.Run.ID, "task", a.TaskID, "error", err)
			return gone
		}
		e.secrets = append(e.secrets, a.Full.Secrets...)
	}
	return nil
}
