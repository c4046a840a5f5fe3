package account

import (
	"context"

	"surveyflow/models"
)

// CreateToken makes an API token for the actor and gives its 40 characters, which cannot be seen again.
// models.CodeInvalid names the field name.
func (p *People) CreateToken(ctx context.Context, a models.Actor, name string) (string, *models.APIToken, error) {
	secret, t, err := newToken(name)
	if err != nil {
		return "", nil, err
	}
	return secret, t, p.store.CreateAPIToken(ctx, a, t)
}

// ReplaceToken is CreateToken in the place of the actor's tokens of that name, which are revoked; the others stay.
func (p *People) ReplaceToken(ctx context.Context, a models.Actor, name string) (string, *models.APIToken, error) {
	secret, t, err := newToken(name)
	if err != nil {
		return "", nil, err
	}
	return secret, t, p.store.ReplaceAPIToken(ctx, a, t)
}

func newToken(name string) (string, *models.APIToken, error) {
	name = clean(name)
	var fields []models.FieldError
	checkName(&fields, "name", name, true)
	if len(fields) > 0 {
		return "", nil, models.Invalid(fields...)
	}
	secret := models.NewAPIToken()
	return secret, &models.APIToken{
		ID: models.NewID(models.PrefixToken), Name: name, Hash: digest(secret), Hint: secret[len(secret)-4:], Scope: models.TokenScopeAll,
	}, nil
}
