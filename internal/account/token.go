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

// TokenSettings are what the owner of a token or an OAuth client chooses.
type TokenSettings struct {
	Name  string
	Scope string // of a token: models.TokenScopeAll, or the id of one collector or workflow
	models.TokenLimits
}

// CreateTokenWith is [People.CreateToken] for a token with limits or for one thing alone. models.CodeInvalid names what is wrong
// (name, scope, rate, burst, timeout); a scope that the actor may not edit is wrong.
func (p *People) CreateTokenWith(ctx context.Context, a models.Actor, in TokenSettings) (string, *models.APIToken, error) {
	if err := in.check(); err != nil {
		return "", nil, err
	}
	secret, t, err := newToken(in.Name)
	if err != nil {
		return "", nil, err
	}
	t.Scope, t.TokenLimits = in.Scope, in.TokenLimits
	err = p.store.CreateAPIToken(ctx, a, t)
	switch models.ErrorCode(err) {
	case models.CodeNotFound, models.CodeForbidden:
		err = models.Invalid(models.Field("scope", "people.error.token_scope"))
	}
	return secret, t, err
}

// SaveToken changes name and limits of one of the actor's tokens; its scope stays. Errors are those of CreateTokenWith.
func (p *People) SaveToken(ctx context.Context, a models.Actor, id string, in TokenSettings) error {
	if err := in.check(); err != nil {
		return err
	}
	return p.store.SaveAPIToken(ctx, a, id, in.Name, in.TokenLimits)
}

// check cleans the settings and says what is wrong with them.
func (in *TokenSettings) check() error { return models.Invalid(in.problems("")...) }

// problems cleans the settings and lists what is wrong with them; prefix begins the names of the fields.
func (in *TokenSettings) problems(prefix string) []models.FieldError {
	in.Name = clean(in.Name)
	var fields []models.FieldError
	checkName(&fields, prefix+"name", in.Name, true)
	within := func(field string, value, most int) {
		if value < 0 || value > most {
			fields = append(fields, models.Field(prefix+field, "people.error.token_limit", "Max", most))
		}
	}
	within("rate", in.RatePerSecond, models.MaxTokenRate)
	within("burst", in.Burst, models.MaxTokenBurst)
	within("timeout", in.TimeoutSeconds, models.MaxTokenTimeout)
	switch {
	case in.RatePerSecond == 0 && in.Burst != 0:
		fields = append(fields, models.Field(prefix+"burst", "people.error.token_burst"))
	case in.RatePerSecond > 0 && in.Burst == 0:
		in.Burst = in.RatePerSecond
	}
	return fields
}
