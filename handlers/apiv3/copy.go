package apiv3

import (
	"strings"

	"surveyflow/internal/i18n"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// Headers of POST /surveys (reference §4.4).
const (
	headerCopySource = "X-COPY-SOURCE"
	headerCopyOwner  = "X-COPY-DESTINATION-OWNER"
)

// surveyCopy is the body of POST /surveys.
type surveyCopy struct {
	ProjectName string `json:"projectName"`
}

// madeCopy answers it.
type madeCopy struct {
	ID string `json:"id"`
}

// copySurvey makes a survey with the draft of another one that the caller may see, for the caller or, as when they give a
// survey away, for somebody else.
func (a *API) copySurvey(c *call) (any, error) {
	var in surveyCopy
	if err := c.optionalBody(&in); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	id := models.CleanText(strings.TrimSpace(c.Request().Header.Get(headerCopySource)))
	if id == "" {
		return nil, invalid(headerCopySource, "api.error.copy_source")
	}
	source, err := a.store.Survey(ctx, c.actor, id)
	if err != nil {
		return nil, missing(err, "api.error.no_survey")
	}
	if in.ProjectName == "" {
		in.ProjectName = cut(i18n.T(ctx, "survey.copy.name", "Name", source.Name), maxName)
	}
	if wrong := checkName("projectName", &in.ProjectName); len(wrong) > 0 {
		return nil, models.Invalid(wrong...)
	}
	owner := models.CleanText(strings.TrimSpace(c.Request().Header.Get(headerCopyOwner)))
	if owner == "" {
		owner = c.actor.UserID
	} else if u, err := a.store.User(ctx, c.actor, owner); models.ErrorCode(err) == models.CodeNotFound || err == nil && u.DisabledAt != nil {
		return nil, invalid(headerCopyOwner, "api.error.owner")
	} else if err != nil {
		return nil, err
	}
	made, err := survey.Copy(ctx, a.store, c.actor, source, owner, in.ProjectName)
	if err != nil {
		return nil, err
	}
	return madeCopy{ID: made.ID}, nil
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	if all := []rune(text); len(all) > most {
		return string(all[:most])
	}
	return text
}
