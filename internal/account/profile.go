package account

import (
	"context"
	"slices"
	"time"
	_ "time/tzdata" // zones must be there on machines without them too

	"surveyflow/internal/i18n"
	"surveyflow/internal/mail"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Profile is what people say about themselves.
type Profile struct {
	FirstName string
	LastName  string
	Language  string // one of i18n.Languages
	TimeZone  string // IANA name; "" means the organisation's
}

// SaveProfile writes the actor's own profile. models.CodeInvalid names the fields firstName, lastName, language, timeZone.
func (p *People) SaveProfile(ctx context.Context, a models.Actor, in Profile) error {
	u := &models.User{
		ID: a.UserID, FirstName: clean(in.FirstName), LastName: clean(in.LastName), Language: in.Language, TimeZone: clean(in.TimeZone),
	}
	var fields []models.FieldError
	checkName(&fields, "firstName", u.FirstName, false)
	checkName(&fields, "lastName", u.LastName, false)
	checkLanguage(&fields, u.Language)
	if u.TimeZone != "" && !validZone(u.TimeZone) {
		fields = append(fields, models.Field("timeZone", "people.error.time_zone"))
	}
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	return p.store.UpdateUserProfile(ctx, a, u)
}

// SetTheme writes the actor's own theme: "light", "dark", or "" to follow the system. models.CodeInvalid for another.
func (p *People) SetTheme(ctx context.Context, a models.Actor, theme string) error {
	if !slices.Contains([]string{"", "light", "dark"}, theme) {
		return models.Invalid(models.Field("theme", "people.error.theme"))
	}
	return p.store.UpdateUserTheme(ctx, a, a.UserID, theme)
}

// ChangePassword writes the actor's own new password and ends all their sessions but the one named by its id; tokens stay.
// models.CodeInvalid names the fields current and password; wrong current passwords are throttled like sign-ins.
func (p *People) ChangePassword(ctx context.Context, a models.Actor, sessionID, current, password string) error {
	u, err := p.store.User(ctx, a, a.UserID)
	if err != nil {
		return err
	}
	var fields []models.FieldError
	if current == "" {
		fields = append(fields, models.Field("current", "people.error.password_missing"))
	}
	checkPassword(&fields, "password", password, u.Email)
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	_, err = p.authenticate(ctx, u.Email, current, "")
	if models.ErrorCode(err) == models.CodeUnauthorized {
		return models.Invalid(models.Field("current", "people.error.password_wrong"))
	} else if err != nil {
		return err
	}
	hash, err := p.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	notices, err := p.accountNotices(ctx, u, models.NotifyPasswordChanged, nil, mail.PasswordChanged{})
	if err != nil {
		return err
	}
	err = p.store.InTx(ctx, func(ctx context.Context, tx *store.Store) error {
		if err := tx.UpdateUserPassword(ctx, a, u.ID, hash, sessionID); err != nil {
			return err
		}
		return tx.Tell(ctx, notices)
	})
	if err != nil {
		return err
	}
	p.log.InfoContext(ctx, "password changed", "user_id", u.ID)
	return nil
}

func checkLanguage(fields *[]models.FieldError, language string) {
	if !slices.Contains(i18n.Languages(), language) {
		*fields = append(*fields, models.Field("language", "people.error.language"))
	}
}

// validZone reports whether the name is an IANA time zone. "Local" is Go's word for the machine's.
func validZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}
