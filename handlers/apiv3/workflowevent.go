package apiv3

import (
	"context"

	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/trigger"
	"surveyflow/models"
)

// tellAddresses adds to workflows that other programs start what belongs to no version of them: the address, and that there
// is a secret.
func (a *API) tellAddresses(ctx context.Context, bodies ...*workflowBody) error {
	var ids []string
	for _, b := range bodies {
		if b.Event.Type == models.EventJSON {
			ids = append(ids, b.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	triggers, err := a.store.Triggers(ctx, ids...)
	if err != nil {
		return err
	}
	for _, b := range bodies {
		t, ok := triggers[b.ID]
		if !ok || b.Event.Type != models.EventJSON {
			continue
		}
		b.Event.URL = a.base.JSONEvent(t.Token)
		if h := b.Event.HMAC; h != nil && t.HMACSealed != "" {
			masked := *h
			masked.Secret = secret.Masked
			b.Event.HMAC = &masked
		}
	}
	return nil
}

// told gives a workflow as it is answered.
func (a *API) told(ctx context.Context, b workflowBody) (workflowBody, error) {
	err := a.tellAddresses(ctx, &b)
	return b, err
}

// secret gives the secret that a write brings for the signature of events; empty when it is to stay.
func (in *workflowChange) secret() string {
	if in.Event == nil || in.Event.HMAC == nil || in.Event.HMAC.Secret == secret.Masked {
		return ""
	}
	return in.Event.HMAC.Secret
}

// checkSecret tells what is wrong with the secret: there must be one where signatures are asked for.
func (a *API) checkSecret(ctx context.Context, w *models.Workflow, key string) ([]models.FieldError, error) {
	e := w.Draft.V.Event
	switch {
	case e.Type != models.EventJSON || e.HMAC == nil:
		return nil, nil
	case len(key) > models.MaxHMACSecretBytes:
		return []models.FieldError{models.Field("event.hmac.secret", "event.error.hmac_secret_long", "Max", models.MaxHMACSecretBytes)}, nil
	case key != "":
		return nil, nil
	}
	triggers, err := a.store.Triggers(ctx, w.ID)
	if err != nil || triggers[w.ID].HMACSealed != "" {
		return nil, err
	}
	return []models.FieldError{models.Field("event.hmac.secret", "event.error.hmac_secret")}, nil
}

// keepSecret seals the secret of a write, within its transaction.
func (a *API) keepSecret(ctx context.Context, tx *store.Store, actor models.Actor, w *models.Workflow, key string) error {
	if key == "" || w.Draft.V.Event.HMAC == nil {
		return nil
	}
	return tx.UpdateTrigger(ctx, actor, w.ID, func(t *models.Trigger) error {
		return trigger.SealSecret(ctx, a.sealer, t, key, a.clock.Now())
	})
}
