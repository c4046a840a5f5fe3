package handlers_test

import "maps"

// Who may come to the reports of a survey.
func init() { //nolint:gochecknoinits // the table is one, in parts
	needMore = append(needMore, "/API/v3/surveys/:surveyId/export-responses/:exportId/file", "/API/v3/responseexports/:exportId/file") // it must be complete
	maps.Copy(apiBodies, map[string]string{
		"POST /API/v3/surveys/:surveyId/export-responses": `{"format":"csv"}`,
		"POST /API/v3/responseexports":                    `{"format":"csv"}`,
	})
	maps.Copy(classes, map[string]string{
		"POST /API/v3/surveys/:surveyId/export-responses":               "api view",
		"GET /API/v3/surveys/:surveyId/export-responses/:exportId":      "secret", // for who asked for it alone
		"GET /API/v3/surveys/:surveyId/export-responses/:exportId/file": "secret",
		"POST /API/v3/responseexports":                                  "api user",
		"GET /API/v3/responseexports/:exportId":                         "secret",
		"GET /API/v3/responseexports/:exportId/file":                    "secret",
		"GET /surveys/:surveyID/reports":                                "view",
		"GET /surveys/:surveyID/reports/questions/:questionID":          "view",
		"GET /surveys/:surveyID/reports/details":                        "view",
		"GET /surveys/:surveyID/reports/export":                         "view",
		"POST /surveys/:surveyID/reports/export":                        "view",
	})
}
