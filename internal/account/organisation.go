package account

import (
	"context"

	"surveyflow/models"
)

// MaxRetention is for how many days finished runs can be kept.
const MaxRetention = 365

// SaveOrganisation writes name, time zone, language and retention of the actor's organisation. models.CodeInvalid names the fields
// name, timeZone, language, retention; models.CodeForbidden says that the actor is no brand admin.
func (p *People) SaveOrganisation(ctx context.Context, a models.Actor, in models.Organisation) error {
	o := &models.Organisation{Name: clean(in.Name), TimeZone: clean(in.TimeZone), Language: in.Language, RetentionDays: in.RetentionDays}
	var fields []models.FieldError
	checkName(&fields, "name", o.Name, true)
	if o.TimeZone == "" || !validZone(o.TimeZone) {
		fields = append(fields, models.Field("timeZone", "people.error.time_zone"))
	}
	checkLanguage(&fields, o.Language)
	if o.RetentionDays < 0 || o.RetentionDays > MaxRetention {
		fields = append(fields, models.Field("retention", "settings.error.retention"))
	}
	if len(fields) > 0 {
		return models.Invalid(fields...)
	}
	if err := p.store.UpdateOrganisation(ctx, a, o); err != nil {
		return err
	}
	p.log.InfoContext(ctx, "organisation changed", "user_id", a.UserID)
	return nil
}
