package account

import (
	"context"
	"strings"

	"surveyflow/models"
)

// serviceToken is the name of the token that a service account is made with.
const serviceToken = "service"

// CreateServiceAccount makes an account of that name for a program and gives its API token, which cannot be seen again. Nobody
// signs in with it, no mail is written to it, and it is a member for ever: it reaches what is its own and what is shared with it.
// models.CodeInvalid names the field service, models.CodeConflict says that there is one of that name, models.CodeForbidden that the
// actor may not add people.
func (p *People) CreateServiceAccount(ctx context.Context, a models.Actor, name string) (string, *models.User, error) {
	name = clean(name)
	var fields []models.FieldError
	checkName(&fields, "service", name, true)
	if len(fields) > 0 {
		return "", nil, models.Invalid(fields...)
	}
	org, err := p.store.Organisation(ctx, a)
	if err != nil {
		return "", nil, err
	}
	u := &models.User{ID: models.NewID(models.PrefixUser), FirstName: name, Role: models.RoleMember, Language: org.Language, Service: true}
	u.Email = userName(name, u.ID) + models.ServiceDomain
	secret, t, err := newToken(serviceToken)
	if err != nil {
		return "", nil, err
	}
	return secret, u, p.store.CreateServiceAccount(ctx, a, u, t)
}

// RotateServiceToken makes a service account a new token in the place of the one that was made before, which ends at once.
// models.CodeNotFound when the account is none or disabled, models.CodeForbidden when the actor may not manage people.
func (p *People) RotateServiceToken(ctx context.Context, a models.Actor, userID string) (string, error) {
	secret, t, err := newToken(serviceToken)
	if err != nil {
		return "", err
	}
	return secret, p.store.ReplaceServiceToken(ctx, a, userID, t)
}

// userName makes of a name what can stand before an @; without any letter of an address, something of the id.
func userName(name, id string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) == 0 {
		_, id, _ = strings.Cut(strings.ToLower(id), "_")
		return id
	}
	joined := strings.Join(words, "-")
	return strings.Trim(joined[:min(len(joined), 60)], "-")
}
