package handlers_test

import (
	"maps"

	"surveyflow/internal/link"
)

func init() {
	maps.Copy(classes, map[string]string{
		"GET /unsubscribe/:invitationID/:token":  "everybody",
		"POST /unsubscribe/:invitationID/:token": "everybody",

		"POST /surveys/:surveyID/collectors":                                               "edit",
		"GET /surveys/:surveyID/collectors/new":                                            "edit",
		"GET /surveys/:surveyID/collectors/:collectorID":                                   "edit",
		"POST /surveys/:surveyID/collectors/:collectorID":                                  "edit",
		"POST /surveys/:surveyID/collectors/:collectorID/delete":                           "edit",
		"GET /surveys/:surveyID/collectors/:collectorID/qr/:format":                        "view",
		"GET /surveys/:surveyID/collectors/:collectorID/messages":                          "edit",
		"POST /surveys/:surveyID/collectors/:collectorID/messages":                         "edit",
		"GET /surveys/:surveyID/collectors/:collectorID/invitations":                       "view",
		"POST /surveys/:surveyID/collectors/:collectorID/invitations/remind":               "edit",
		"POST /surveys/:surveyID/collectors/:collectorID/invitations/:invitationID/resend": "edit",
		"POST /surveys/:surveyID/settings/frequency":                                       "edit",
		"GET /API/v3/surveys/:surveyId/collectors":                                         "api view",
		"POST /API/v3/surveys/:surveyId/collectors":                                        "api edit",
		"GET /API/v3/surveys/:surveyId/collectors/:collectorId":                            "api view",
		"PUT /API/v3/surveys/:surveyId/collectors/:collectorId":                            "api edit",
		"DELETE /API/v3/surveys/:surveyId/collectors/:collectorId":                         "api edit",
		"POST /settings/invitations":                                                       "admin",
	})
	apiBodies["POST /API/v3/surveys/:surveyId/collectors"] = `{"name":"x"}`
	// These need an e-mail collector, whose things the rows of links do not have: see TestWhoMayReachACollectorsInvitations.
	needMore = append(needMore, link.PatternCollectorMessages, link.PatternInvitations, link.PatternInvitationResend)
}
