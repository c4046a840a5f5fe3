package account

import (
	"context"

	"surveyflow/internal/mail"
	"surveyflow/models"
)

// NewInvite says whom to invite.
type NewInvite struct {
	Email string
	Role  models.Role
	Mail  bool // send the link by mail as well, where mail leaves the instance
}

// Invite makes an invitation by a person, who is the actor, and gives the secret of its link, which cannot be seen again. A
// second one to the same address takes the place of the first. models.CodeInvalid names the fields email and role,
// models.CodeConflict says that the address belongs to somebody.
func (p *People) Invite(ctx context.Context, by *models.User, a models.Actor, in NewInvite) (string, *models.Invite, error) {
	secret := models.NewCapability()
	v := &models.Invite{
		ID: models.NewID(models.PrefixInvite), Email: clean(in.Email), Role: in.Role, Hash: digest(secret), ExpiresAt: p.clock.Now().Add(models.InviteLifetime),
	}
	var fields []models.FieldError
	checkEmail(&fields, v.Email)
	checkRole(&fields, v.Role)
	if len(fields) > 0 {
		return "", nil, models.Invalid(fields...)
	}
	var notices models.Notices
	if in.Mail && p.Mails() {
		org, err := p.store.Organisation(ctx, a)
		if err != nil {
			return "", nil, err
		}
		letter := mail.Invitation{By: by.Name(), Organisation: org.Name, Token: secret, Until: v.ExpiresAt}
		if notices.Mails, err = p.letter(ctx, &models.User{OrgID: a.OrgID, Email: v.Email, Language: by.Language}, letter); err != nil {
			return "", nil, err
		}
	}
	return secret, v, p.store.CreateInvite(ctx, a, v, &notices)
}

// Invitation gives the invitation with that secret; models.CodeNotFound when there is none or its time is over.
func (p *People) Invitation(ctx context.Context, secret string) (*models.Invite, error) {
	v, err := p.store.InviteByHash(ctx, digest(secret))
	if models.ErrorCode(err) == models.CodeNotFound || err == nil && v.Over(p.clock.Now()) {
		return nil, models.NotFound("people.error.invite_over")
	}
	return v, err
}

// AcceptInvite makes the person that an invitation was for; address and role are the invitation's whatever in says.
// models.CodeInvalid names the fields firstName, lastName, password; models.CodeNotFound is as of [People.Invitation].
func (p *People) AcceptInvite(ctx context.Context, secret string, in Person) (*models.User, error) {
	// Before a password is hashed: the page is open to everybody.
	v, err := p.Invitation(ctx, secret)
	if err != nil {
		return nil, err
	}
	in.Email, in.Role = v.Email, v.Role
	u, err := p.newUser(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	if err := p.store.AcceptInvite(ctx, v.Hash, u); err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "an invitation was accepted", "user_id", u.ID)
	return u, nil
}

// SetRole changes what a person may do. models.CodeInvalid names the field role, models.CodeConflict says that somebody must
// stay brand admin.
func (p *People) SetRole(ctx context.Context, a models.Actor, userID string, role models.Role) error {
	var fields []models.FieldError
	checkRole(&fields, role)
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	return p.store.SetUserRole(ctx, a, userID, role)
}

// checkRole adds to fields what is wrong with a role.
func checkRole(fields *[]models.FieldError, role models.Role) {
	if role != models.RoleMember && role != models.RoleBrandAdmin {
		*fields = append(*fields, models.Field("role", "people.error.role"))
	}
}
