package contact

import (
	"bytes"
	"encoding/json"
	"time"

	"surveyflow/internal/store"
	"surveyflow/models"
)

// PersonFile gives all that is kept about a person as JSON for them: contacts, responses, runs with what they were about,
// and mails.
func PersonFile(d *store.PersonData) ([]byte, error) {
	type object = map[string]any
	out := object{"email": d.Email, "unsubscribed": d.OptedOut != nil}
	contacts, responses, runs, mails := []object{}, []object{}, []object{}, []object{}
	for i := range d.Contacts {
		c := &d.Contacts[i]
		contacts = append(contacts, object{
			"contactId": c.ID, "mailingListId": c.ListID, "email": c.Email, "firstName": c.FirstName, "lastName": c.LastName, "phone": c.Phone,
			"language": c.Language, "externalReference": c.ExternalRef, "embeddedData": c.Fields.V, "tags": c.Tags.V,
			"unsubscribed": c.OptedOutAt != nil, "createdAt": moment(c.CreatedAt), "updatedAt": moment(c.UpdatedAt),
		})
	}
	for i := range d.Responses {
		r := &d.Responses[i]
		responses = append(responses, object{
			"responseId": r.ID, "surveyId": r.SurveyID, "startedAt": moment(r.StartedAt), "state": r.State, "language": r.Language,
			"answers": r.Answers.V, "embeddedData": r.Fields.V, "ipAddress": r.IP, "userAgent": r.UserAgent,
		})
	}
	about := make(map[string]json.RawMessage, len(d.Events))
	for _, e := range d.Events {
		if json.Valid([]byte(e.Payload)) {
			about[e.ID] = json.RawMessage(e.Payload)
		}
	}
	for _, r := range d.Runs {
		runs = append(runs, object{"runId": r.ID, "workflowId": r.WorkflowID, "status": r.Status, "createdAt": moment(r.CreatedAt), "event": about[r.EventID]})
	}
	for _, m := range d.Mails {
		mails = append(mails, object{"mailId": m.ID, "subject": m.Subject, "text": m.Text, "status": m.Status, "createdAt": moment(m.CreatedAt)})
	}
	invitations := []object{}
	for i := range d.Invitations {
		v := &d.Invitations[i]
		invitations = append(invitations, object{
			"invitationId": v.ID, "surveyId": v.SurveyID, "email": v.Email, "firstName": v.FirstName, "lastName": v.LastName, "phone": v.Phone, "language": v.Language,
			"externalReference": v.ExternalRef, "embeddedData": v.Fields.V, "responseKey": v.Crk, "status": v.Status, "createdAt": moment(v.CreatedAt),
			"sentAt": maybe(v.SentAt), "openedAt": maybe(v.OpenedAt), "startedAt": maybe(v.StartedAt), "finishedAt": maybe(v.FinishedAt),
		})
	}
	out["invitations"] = invitations
	out["contacts"], out["responses"], out["runs"], out["mails"] = contacts, responses, runs, mails
	text, err := models.MarshalJSON(out)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, text, "", "  ")
	return b.Bytes(), err
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func maybe(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := moment(*t)
	return &text
}
