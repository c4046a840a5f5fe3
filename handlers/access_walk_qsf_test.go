package handlers_test

import "maps"

// always are the values of parameters that are the same for every set of things.
var always = map[string]string{"blockId": "BL_1", "quotaId": "none", "quotaID": "new", "languageCode": "EN", "operation": "whoami"}

func init() {
	apiBodies["POST /API/v3/survey-definitions/:surveyId/quotas"] = `{"Name":"x","Occurrences":1}`
	apiBodies["POST /API/v3/eventsubscriptions"] = `{"topics":"*","publicationUrl":"http://127.0.0.1:1/"}`
	needMore = append(
		needMore,
		"/surveys/:surveyID/import", // the survey must have been made of a file
		"/API/v3/survey-definitions/:surveyId/import-report",
		"/API/v3/users/:userId/apitoken",                       // GET always says that there is none to be seen
		"/API/v3/survey-definitions/:surveyId/quotas/:quotaId", // there must be one
		"/API/v3/survey-definitions/:surveyId/quotagroups/:quotaId",
		"/API/v3/surveys/:surveyId/translations/:languageCode", // only other languages than the survey's own are written
	)
	may["api token"] = struct{ who, seeIt []string }{who: []string{"owner"}} // for oneself alone
	maps.Copy(classes, map[string]string{
		"GET /API/v3/organizations/:organizationId":                        "api user",
		"GET /API/v3/groups":                                               "api user",
		"GET /API/v3/eventsubscriptions":                                   "api user",
		"POST /API/v3/eventsubscriptions":                                  "api user",
		"DELETE /API/v3/eventsubscriptions":                                "api user",
		"GET /API/v3/eventsubscriptions/:subscriptionId":                   "api view",
		"DELETE /API/v3/eventsubscriptions/:subscriptionId":                "api edit",
		"GET /API/v3/divisions":                                            "api user",
		"GET /API/v3/libraries":                                            "api user",
		"POST /API/v3/users/:userId/apitoken":                              "api token",
		"GET /API/v3/users/:userId/apitoken":                               "api token",
		"GET /settings/api/ids":                                            "user",
		"GET /settings/api/log":                                            "user",
		"GET /settings/api/docs":                                           "user",
		"GET /settings/api/docs/:operation":                                "user",
		"POST /settings/api/docs/:operation":                               "user",
		"POST /account/tokens/:tokenID/log":                                "user",
		"GET /surveys/import":                                              "user",
		"POST /surveys/import":                                             "user",
		"GET /surveys/:surveyID/import":                                    "view",
		"GET /surveys/:surveyID/export.qsf":                                "view",
		"GET /API/v3/survey-definitions/:surveyId/import-report":           "api view",
		"GET /API/v3/survey-definitions/:surveyId/blocks":                  "api view",
		"GET /API/v3/survey-definitions/:surveyId/blocks/:blockId":         "api view",
		"GET /API/v3/survey-definitions/:surveyId/flow":                    "api view",
		"GET /API/v3/survey-definitions/:surveyId/options":                 "api view",
		"GET /API/v3/survey-definitions/:surveyId/metadata":                "api view",
		"GET /API/v3/survey-definitions/:surveyId/quotas":                  "api view",
		"GET /API/v3/survey-definitions/:surveyId/quotas/:quotaId":         "api view",
		"GET /API/v3/survey-definitions/:surveyId/quotagroups":             "api view",
		"GET /API/v3/survey-definitions/:surveyId/quotagroups/:quotaId":    "api view",
		"POST /API/v3/survey-definitions/:surveyId/blocks":                 "api edit",
		"POST /API/v3/survey-definitions/:surveyId/quotas":                 "api edit",
		"POST /API/v3/survey-definitions/:surveyId/quotagroups":            "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/blocks/:blockId":         "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/flow":                    "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/options":                 "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/metadata":                "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/quotas/:quotaId":         "api edit",
		"PUT /API/v3/survey-definitions/:surveyId/quotagroups/:quotaId":    "api edit",
		"DELETE /API/v3/survey-definitions/:surveyId/blocks/:blockId":      "api edit",
		"DELETE /API/v3/survey-definitions/:surveyId/quotas/:quotaId":      "api edit",
		"DELETE /API/v3/survey-definitions/:surveyId/quotagroups/:quotaId": "api edit",
		"GET /API/v3/surveys/:surveyId/quotas":                             "api view",
		"GET /API/v3/surveys/:surveyId/languages":                          "api view",
		"GET /API/v3/surveys/:surveyId/translations/:languageCode":         "api view",
		"PUT /API/v3/surveys/:surveyId/languages":                          "api edit",
		"PUT /API/v3/surveys/:surveyId/translations/:languageCode":         "api edit",
	})
}
