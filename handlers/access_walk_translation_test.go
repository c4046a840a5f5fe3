package handlers_test

import (
	"maps"

	"surveyflow/internal/link"
)

func init() {
	maps.Copy(classes, map[string]string{
		"GET /surveys/:surveyID/translations":            "view",
		"POST /surveys/:surveyID/translations":           "edit",
		"GET /surveys/:surveyID/translations/:language":  "view",
		"POST /surveys/:surveyID/translations/:language": "edit",
	})
	needMore = append(needMore, link.PatternSurveyTranslation) // a language that the survey has
}
