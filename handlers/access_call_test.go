package handlers_test

import "maps"

// Who may come to the webhook of collectors: everybody reaches the address, a token opens it.
func init() { //nolint:gochecknoinits // the table is one, in parts
	maps.Copy(classes, map[string]string{
		"* /api.php": "everybody",
		"GET /surveys/:surveyID/collectors/:collectorID/webhook":        "edit",
		"POST /surveys/:surveyID/collectors/:collectorID/webhook":       "edit",
		"POST /surveys/:surveyID/collectors/:collectorID/webhook/token": "edit",
		"GET /surveys/:surveyID/collectors/:collectorID/data":           "view",
	})
}
