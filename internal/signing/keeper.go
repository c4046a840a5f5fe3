package signing

import (
	"context"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Overlap is how long the secret before a rotation goes on signing, so that receivers can change theirs.
const Overlap = 24 * time.Hour

// Secrets are what a task's webhooks are signed with.
type Secrets struct {
	Current  string
	Previous string    // signs as well until Until; empty when there is none
	Until    time.Time // of Previous
}

// All lists the secrets that sign, the current one first.
func (s Secrets) All() []string {
	if s.Previous == "" {
		return []string{s.Current}
	}
	return []string{s.Current, s.Previous}
}

// Keeper keeps the secrets of webhooks, sealed. Make it with [NewKeeper].
type Keeper struct {
	store  *store.Store
	sealer *secret.Sealer
	clock  clock.Clock
}

// NewKeeper makes a keeper.
func NewKeeper(s *store.Store, sealer *secret.Sealer, c clock.Clock) *Keeper {
	return &Keeper{store: s, sealer: sealer, clock: c}
}

// In gives a keeper that writes in a transaction.
func (k *Keeper) In(tx *store.Store) *Keeper {
	in := *k
	in.store = tx
	return &in
}

// Columns of the table that hold sealed secrets.
const table, current, previous = "webhook_secrets", "secret_sealed", "previous_sealed"

// Kept gives the secrets of a task; none before the first one was made. Who calls it has checked that the workflow may be
// edited.
func (k *Keeper) Kept(ctx context.Context, workflowID, taskID string) (Secrets, error) {
	row, err := k.store.WebhookSecret(ctx, models.WebhookSecretID(workflowID, taskID))
	if models.ErrorCode(err) == models.CodeNotFound {
		return Secrets{}, nil
	}
	if err != nil {
		return Secrets{}, err
	}
	return k.open(ctx, row)
}

// Of gives the secrets of a task, and makes the first one when there is none yet. Who calls it has checked that the workflow
// may be edited, or runs it. It fails with models.CodeNotFound for a workflow that was deleted.
func (k *Keeper) Of(ctx context.Context, workflowID, taskID string) (Secrets, error) {
	id := models.WebhookSecretID(workflowID, taskID)
	row, err := k.store.WebhookSecret(ctx, id)
	if models.ErrorCode(err) == models.CodeNotFound {
		row, err = k.first(ctx, workflowID, id, NewSecret())
	}
	if err != nil {
		return Secrets{}, err
	}
	return k.open(ctx, row)
}

// Provide makes the first secret of every webhook of a definition that has none yet, as [Keeper.Of] does.
func (k *Keeper) Provide(ctx context.Context, workflowID string, def *models.WorkflowDefinition) error {
	for _, t := range def.Tasks {
		if t.Type != models.TaskOutboundWebhook || models.SubscriptionOf(t) != nil {
			continue
		}
		if _, err := k.Of(ctx, workflowID, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// Bring keeps the shared key of an event subscription as the first secret of its task.
func (k *Keeper) Bring(ctx context.Context, workflowID, taskID, key string) error {
	_, err := k.first(ctx, workflowID, models.WebhookSecretID(workflowID, taskID), key)
	return err
}

// first stores the first secret of a task, unless somebody else just has.
func (k *Keeper) first(ctx context.Context, workflowID, id, text string) (*models.WebhookSecret, error) {
	sealed, err := k.sealer.Seal(ctx, secret.Assoc(table, id, current), []byte(text))
	if err != nil {
		return nil, err
	}
	return k.store.AddWebhookSecret(ctx, workflowID, &models.WebhookSecret{ID: id, SecretSealed: sealed, ChangedAt: k.clock.Now()})
}

func (k *Keeper) open(ctx context.Context, row *models.WebhookSecret) (Secrets, error) {
	text, err := k.sealer.Open(ctx, secret.Assoc(table, row.ID, current), row.SecretSealed)
	if err != nil {
		return Secrets{}, err
	}
	s := Secrets{Current: string(text)}
	if row.PreviousSealed == "" || row.PreviousUntil == nil || !k.clock.Now().Before(*row.PreviousUntil) {
		return s, nil
	}
	if text, err = k.sealer.Open(ctx, secret.Assoc(table, row.ID, previous), row.PreviousSealed); err != nil {
		return Secrets{}, err
	}
	s.Previous, s.Until = string(text), *row.PreviousUntil
	return s, nil
}

// Rotate gives a task a new secret. The one before signs as well for [Overlap]; one before that ends at once.
func (k *Keeper) Rotate(ctx context.Context, a models.Actor, workflowID, taskID string) (Secrets, error) {
	return k.Set(ctx, a, workflowID, taskID, NewSecret())
}

// Set gives a task a secret that somebody brought, as Rotate does. The one that it has already changes nothing. It fails with
// models.CodeInvalid for what is no secret, and like the store for who may not edit the workflow.
func (k *Keeper) Set(ctx context.Context, a models.Actor, workflowID, taskID, text string) (Secrets, error) {
	if !Valid(text) {
		return Secrets{}, models.Invalid(models.Field("secret", "task.error.webhook_secret"))
	}
	if err := k.store.CheckAccess(ctx, a, workflowID, models.AccessEdit); err != nil {
		return Secrets{}, err
	}
	id := models.WebhookSecretID(workflowID, taskID)
	row, err := k.store.WebhookSecret(ctx, id)
	if models.ErrorCode(err) == models.CodeNotFound {
		row, err = k.first(ctx, workflowID, id, text)
	}
	if err != nil {
		return Secrets{}, err
	}
	old, err := k.open(ctx, row)
	if err != nil || old.Current == text {
		return old, err
	}
	was := row.SecretSealed
	if row.SecretSealed, err = k.sealer.Seal(ctx, secret.Assoc(table, id, current), []byte(text)); err != nil {
		return Secrets{}, err
	}
	if row.PreviousSealed, err = k.sealer.Seal(ctx, secret.Assoc(table, id, previous), []byte(old.Current)); err != nil {
		return Secrets{}, err
	}
	now := k.clock.Now()
	until := now.Add(Overlap)
	row.PreviousUntil, row.ChangedAt = &until, now
	if err := k.store.ReplaceWebhookSecret(ctx, a, workflowID, row, was); err != nil {
		return Secrets{}, err
	}
	return Secrets{Current: text, Previous: old.Current, Until: until}, nil
}
