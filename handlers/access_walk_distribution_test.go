package handlers_test

import (
	"maps"
	"time"

	"surveyflow/models"
)

func init() {
	maps.Copy(classes, map[string]string{
		"GET /API/v3/libraries/:libraryId/messages":               "secret", // of whose library it is alone
		"POST /API/v3/libraries/:libraryId/messages":              "secret",
		"GET /API/v3/libraries/:libraryId/messages/:messageId":    "secret",
		"PUT /API/v3/libraries/:libraryId/messages/:messageId":    "secret",
		"DELETE /API/v3/libraries/:libraryId/messages/:messageId": "secret",
		"GET /API/v3/distributions":                               "api user",
		"POST /API/v3/distributions":                              "api user", // for the survey that the body names
		"GET /API/v3/distributions/:distributionId":               "api view",
		"DELETE /API/v3/distributions/:distributionId":            "api edit",
		"GET /API/v3/distributions/:distributionId/history":       "api view",
		"GET /API/v3/distributions/:distributionId/links":         "api edit",
		"POST /API/v3/distributions/:distributionId/reminders":    "api edit",
		"POST /API/v3/distributions/:distributionId/thankyous":    "api edit",
	})
	apiBodies["POST /API/v3/distributions/:distributionId/reminders"] = `{"message":{"messageText":"x"}}`
	apiBodies["POST /API/v3/distributions/:distributionId/thankyous"] = `{"message":{"messageText":"x"}}`
	apiBodies["POST /API/v3/libraries/:libraryId/messages"] = `{"description":"x","messages":{"en":"x"}}`
	apiBodies["PUT /API/v3/libraries/:libraryId/messages/:messageId"] = `{"description":"x"}`
}

// distributed makes a distribution to a list and a message of the library, both the owner's.
func (w *walk) distributed(things map[string]string) {
	w.Helper()
	owner, list := w.actors["owner"], things["mailingListId"]
	d := &models.Distribution{Type: models.DistributionInvite, SurveyID: things["surveyId"], ListID: &list, LinkType: models.LinkIndividual, SendAt: time.Now().Add(time.Hour)}
	d.Message.V = &models.DistributionMessage{Text: "x"}
	w.Check(w.app.store.CreateDistribution(w.Context(), owner, d, "Sent by the API"))
	m := &models.LibraryMessage{OwnerID: owner.UserID, Name: "x", Category: "invite"}
	w.Check(w.app.store.CreateLibraryMessage(w.Context(), owner, m))
	subscription := models.NewOrderedID(models.PrefixSubscription, time.Now())
	flow := w.WorkflowOf(owner, w.Survey, models.TaskSpec{Type: models.TaskOutboundWebhook, Config: []byte(`{"url":"http://127.0.0.1:1/","subscription":{"topic":"*"}}`)})
	w.Check(w.app.store.Subscribe(w.Context(), owner, subscription, models.TopicAll, flow.ID))
	things["subscriptionId"] = subscription
	things["distributionId"], things["messageId"], things["libraryId"] = d.ID, m.ID, owner.UserID
}
