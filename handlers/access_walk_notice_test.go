package handlers_test

import "maps"

// Statistics and what people choose to be told of surveys.
func init() { //nolint:gochecknoinits // the table is one, in parts
	maps.Copy(classes, map[string]string{
		"GET /statistics":                         "user",
		"GET /statistics/:surveyID":               "view",
		"GET /statistics/:surveyID/distributions": "view",
		"POST /statistics/:surveyID/subscription": "view",
		"GET /account/notices":                    "user",
		"POST /account/notices":                   "user",
		"GET /account/notices/:sentID":            "view",
		"POST /account/notices/:sentID":           "view",
	})
}
