package apiv3

import (
	"context"
	"encoding/json"
	"strings"

	"surveyflow/internal/qsf"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// newSurvey is the body of POST /survey-definitions.
type newSurvey struct {
	SurveyName      string          `json:"SurveyName"`
	Language        string          `json:"Language"`
	ProjectCategory json.RawMessage `json:"ProjectCategory"`
}

// madeSurvey answers it.
type madeSurvey struct {
	SurveyID       string `json:"SurveyID"`
	DefaultBlockID string `json:"DefaultBlockID"`
}

func (a *API) createSurvey(c *call) (any, error) {
	var in newSurvey
	if err := c.body(&in); err != nil {
		return nil, err
	}
	fields := checkName("SurveyName", &in.SurveyName)
	language := "en"
	if in.Language != "" {
		tag, ok := qsf.ParseLanguage(in.Language)
		if !ok {
			fields = append(fields, models.Field("Language", "api.error.language", "Value", in.Language))
		}
		language = tag
	}
	if len(fields) > 0 {
		return nil, models.Invalid(fields...)
	}
	s, link := survey.Begin(c.actor.UserID, in.SurveyName)
	s.Draft.V = survey.NewDefinition(language)
	link.Name = in.SurveyName
	if category := strings.TrimSpace(string(in.ProjectCategory)); category != "" && category != "null" && category != `"CORE"` {
		s.Draft.V.Extra = models.RawFields{"ProjectCategory": in.ProjectCategory}
		c.tellUnused([]string{"ProjectCategory " + strings.Trim(category, `"`)})
	}
	if err := a.store.CreateSurvey(c.Request().Context(), c.actor, s, link); err != nil {
		return nil, err
	}
	return madeSurvey{SurveyID: s.ID, DefaultBlockID: s.Draft.V.Blocks[0].ID}, nil
}

// showDefinition gives a survey's draft, which is what survey-definitions are about.
func (a *API) showDefinition(c *call) (any, error) {
	s, err := a.survey(c)
	if err != nil {
		return nil, err
	}
	switch format := c.QueryParam("format"); format {
	case "":
	case "qsf":
		return a.asFile(s, c)
	default:
		return nil, invalid("format", "api.error.format", "Value", format)
	}
	c.tellUnused(qsf.UnusedOf(&s.Draft.V))
	return qsf.EncodeSurvey(qsf.Survey{Survey: s, Definition: &s.Draft.V, BaseURL: a.base.App("")}), nil
}

// checkRevision refuses a write that was made of an older draft; 0 says nothing and overwrites.
func checkRevision(revision int64, s *models.Survey) error {
	if revision != 0 && revision != s.DraftRev {
		return models.Conflict("api.error.survey_changed", map[string]any{"Revision": s.DraftRev, "At": seconds(s.UpdatedAt)})
	}
	return nil
}

// editAttempts is how often a write without a revision is made again because the draft changed meanwhile.
const editAttempts = 3

// edit changes the draft of the survey that the path names. Without a revision it means the newest draft, whichever that is.
func (a *API) edit(c *call, revision int64, change func(s *models.Survey) error) (*models.Survey, error) {
	ctx := c.Request().Context()
	for attempt := 1; ; attempt++ {
		s, err := a.survey(c)
		if err != nil {
			return nil, err
		}
		if err := checkRevision(revision, s); err != nil {
			return nil, err
		}
		if err := change(s); err != nil {
			return nil, err
		}
		err = a.save(ctx, c.actor, s)
		if models.ErrorCode(err) != models.CodeConflict || attempt == editAttempts {
			return s, err
		}
	}
}

func (a *API) save(ctx context.Context, actor models.Actor, s *models.Survey) error {
	rev, err := a.store.SaveSurveyDraft(ctx, actor, s, s.DraftRev)
	if err == nil {
		s.DraftRev = rev
	}
	return err
}
