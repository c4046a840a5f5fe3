package apiv3

import (
	"strings"
	"testing"

	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestCollectorsAreMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sv := b.liveSurvey(b.ada)
	path := "/surveys/" + sv.id + "/collectors"
	made := b.post(b.ada, path, `{"name":"Customers","type":"email","reminders":[3,7],"fromName":"Acme","expiryDays":60}`)
	id, list := made.text("id"), made.text("mailingListId")
	if made.text("type") != "email" || strings.Contains(string(made.body), `"open":true`) || list == "" || !strings.Contains(string(made.body), `"reminders":[3,7]`) {
		t.Errorf("made: %s", made.body)
	}
	// A new e-mail collector has a default invitation (contract §7, Writes).
	for _, want := range []string{`"subject":"Your opinion: `, `Hello ${m://FirstName},`, `"button":"Start the survey"`} {
		if !strings.Contains(string(made.body), want) {
			t.Errorf("it has no default invitation: %s lacks %s", made.body, want)
		}
	}
	b.post(b.ada, "/mailinglists/"+list+"/contacts", `{"email":"ada@example.com"}`)
	changed := b.do(b.ada, "PUT", path+"/"+id, `{"open":true,"expiryDays":null,"closesAt":"2099-01-01T00:00:00Z","messages":{"en":{"invitation":{"subject":"Hello ${m://FirstName}"}}}}`)
	changed.ok()
	for _, want := range []string{`"open":true`, `"expiryDays":null`, `"closesAt":"2099-01-01T00:00:00`, `"subject":"Hello ${m://FirstName}"`, `"name":"Customers"`, `"reminders":[3,7]`} {
		if !strings.Contains(string(changed.body), want) {
			t.Errorf("changed: %s lacks %s", changed.body, want)
		}
	}
	b.post(b.ada, "/mailinglists/"+list+"/contacts", `{"email":"bob@example.com"}`)
	rows, _, err := b.store.Invitations(t.Context(), b.users["ada"].Actor(models.ViaWeb), sv.id, id, store.InvitationFilter{})
	if err != nil || len(rows) != 1 || rows[0].Email != "bob@example.com" || rows[0].Status != models.InvitationQueued {
		t.Errorf("who is added to the list of an open collector is not invited: %+v, %v", rows, err)
	}
	if all := string(b.get(b.ada, path).body); !strings.Contains(all, `"queued":1`) || !strings.Contains(all, `"url":"http`) || strings.Count(all, `"default":true`) != 1 {
		t.Errorf("the list: %s", all)
	}
	for body, field := range map[string]string{
		`{"name":""}`: "name", `{"replyTo":"x"}`: "replyTo", `{"reminders":[0]}`: "reminders", `{"expiryDays":-1}`: "expiryDays", `{"type":"link"}`: "type", `{"language":"fr"}`: "language",
		`{"messages":{"fr":{"invitation":{"subject":"x"}}}}`: "messages.fr", `{"maxResponses":"x"}`: "maxResponses", `{"mailingListId":"CG_000000000000000"}`: "mailingListId",
	} {
		b.do(b.ada, "PUT", path+"/"+id, body).invalid(field)
	}
	b.do(b.ada, "DELETE", path+"/"+id, "").ok()
	b.do(b.ada, "GET", path+"/"+id, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "")
}
