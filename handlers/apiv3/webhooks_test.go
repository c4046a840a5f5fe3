package apiv3

import (
	"encoding/json"
	"strings"
	"testing"

	"surveyflow/internal/signing"
	"surveyflow/models"
)

func TestTheSecretOfAWebhookGoesInAndComesOutMasked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	const secret, other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	task := func(config string) string {
		return `{"name":"To the CRM","surveyId":"` + s.id + `","event":{"type":"surveyResponse"},"tasks":[{"type":"outboundWebhook","config":` + config + `}]}`
	}
	made := b.post(b.ada, "/workflows", task(`{"url":"https://example.com/hook","variables":["QID1"],"labels":"data","choices":"both","secret":"`+secret+`"}`))
	if strings.Contains(string(made.body), secret[6:]) || !strings.Contains(string(made.body), `"secret":"whsec_••••"`) {
		t.Errorf("the secret comes out: %s", made.body)
	}
	id := made.text("id")
	var w struct{ Tasks []models.TaskSpec }
	made.into(&w)
	taskID := w.Tasks[0].ID
	holds := func(want string, n int) {
		t.Helper()
		got, err := b.signing.Of(t.Context(), id, taskID)
		b.check(err)
		if got.Current != want || len(got.All()) != n {
			t.Errorf("it signs with %+v; want %s and %d in all", got, want, n)
		}
	}
	holds(secret, 1)
	row, err := b.store.Workflow(t.Context(), b.users["ada"].Actor(models.ViaAPI), id)
	b.check(err)
	version, err := b.store.WorkflowVersion(t.Context(), id, 1)
	b.check(err)
	for _, config := range []json.RawMessage{row.Draft.V.Tasks[0].Config, version.Definition.V.Tasks[0].Config} {
		if strings.Contains(string(config), "secret") {
			t.Errorf("the definition holds it: %s", config)
		}
	}
	// What was read goes back and changes nothing; so does a task without a secret.
	b.do(b.ada, "PUT", "/workflows/"+id, string(b.get(b.ada, "/workflows/"+id).Result)).ok()
	holds(secret, 1)
	b.do(b.ada, "PUT", "/workflows/"+id, `{"name":"Renamed"}`).ok()
	b.do(b.ada, "PUT", "/workflows/"+id, `{"tasks":[{"id":"`+taskID+`","type":"outboundWebhook","config":{"url":"https://example.com/hook"}}]}`).ok()
	holds(secret, 1)
	b.do(b.ada, "PUT", "/workflows/"+id, `{"tasks":[{"id":"`+taskID+`","type":"outboundWebhook","config":{"url":"https://example.com/hook","secret":"`+other+`"}}]}`).ok()
	holds(other, 2)
	b.do(b.ada, "PUT", "/workflows/"+id, `{"tasks":[{"id":"`+taskID+`","type":"outboundWebhook","config":{"url":"https://example.com/hook","secret":"whsec_short"}}]}`).invalid("tasks[0].config.secret")
	holds(other, 2)
	for config, field := range map[string]string{
		`{"url":"https://example.com","variables":["QID99"]}`: "tasks[0].config",
		`{"url":"https://example.com","variables":"some"}`:    "tasks[0].config",
		`{"url":"https://example.com","labels":"x"}`:          "tasks[0].config.labels",
	} {
		b.do(b.ada, "POST", "/workflows", task(config)).invalid(field)
	}
	b.do(b.ada, "POST", "/workflows", `{"name":"x","event":{"type":"surveyResponse"},"tasks":[{"type":"outboundWebhook","config":{"url":"https://example.com"}}]}`).invalid("tasks[0].type")
	// Without one of its own it gets a secret when it is first needed.
	plain := b.post(b.ada, "/workflows", task(`{"url":"https://example.com/hook"}`))
	plain.into(&w)
	got, err := b.signing.Of(t.Context(), plain.text("id"), w.Tasks[0].ID)
	b.check(err)
	if !signing.Valid(got.Current) {
		t.Errorf("the secret is %q", got.Current)
	}
}
