package sendsurvey_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/sendsurvey"
	"surveyflow/internal/task/tasktest"
	"surveyflow/models"
)

var values = pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
	switch r.Name {
	case "Email":
		return pipedtext.Text("ada@example.com")
	case "FirstName":
		return pipedtext.Text("Ada")
	}
	return pipedtext.Value{}
})

func config(i *storetest.Instance, rest string) string {
	return `{"surveyId":"` + i.Survey.ID + `","to":"${m://Email}",` + rest + `}`
}

func TestSendSurveyIsATask(t *testing.T) {
	i := storetest.NewInstance(t, storetest.SQLite(t, storetest.Options{}), clock.System{})
	tasktest.Exercise(t, tasktest.Subject{
		Type:   sendsurvey.New(i.Store),
		Works:  config(i, `"firstName":"${m://FirstName}","delay":"P30D","reminders":["P3D"],"fields":{"custom1":"a ${e://Field/x}"}`),
		Fails:  strings.Replace(config(i, `"delay":""`), "${m://Email}", "nobody", 1),
		Names:  []pipedtext.Ref{{Scheme: "m", Name: "Email"}, {Scheme: "m", Name: "FirstName"}},
		Values: values,
		Input:  func(in *task.Input) { in.Actor = i.Actor },
		Broken: map[string]string{
			`{"surveyId":"","to":"a@b.example"}`:          "surveyId",
			`{"surveyId":"` + i.Survey.ID + `","to":" "}`: "to",
			config(i, `"delay":"30 days"`):                "delay",
			config(i, `"delay":"P9999D"`):                 "delay",
			config(i, `"reminders":["PT5S"]`):             "reminders",
			config(i, `"reminders":["P1D","x"]`):          "reminders",
			config(i, `"collectorId":"x"`):                "collectorId",
			config(i, `"fields":{"shoe size":"1"}`):       "fields.shoe size",
			config(i, `"firstName":"${m://FirstName"`):    "firstName",
		},
	})
}

func TestAPersonIsInvitedOnceAndWhenTheTimeHasCome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		i := storetest.NewInstance(t, s, clock.System{})
		stranger := i.User("stranger@example.com", models.RoleMember)
		typ := sendsurvey.New(s)
		run := func(text string, in task.Input) task.Outcome {
			compiled, err := typ.Compile(json.RawMessage(text))
			i.Check(err)
			in.Values = values
			return compiled.Run(t.Context(), in)
		}
		text := config(i, `"firstName":"${m://FirstName}","delay":"P30D","reminders":["P3D","P7D"],"fields":{"referrer":"purchase"}`)
		in := task.Input{Actor: i.Actor, RunID: "RN_1", TaskID: "OCAC_1"}
		first, again := run(text, in), run(text, in)
		in.RunID = "RN_2"
		other := run(text, in)
		if first.Result != task.Done || string(first.Outputs["status"]) != `"queued"` || string(again.Outputs["invitationId"]) != string(first.Outputs["invitationId"]) ||
			string(other.Outputs["invitationId"]) == string(first.Outputs["invitationId"]) {
			t.Fatalf("%+v, %+v, %+v", first, again, other)
		}
		collectors, err := s.Collectors(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		if len(collectors) != 2 || collectors[1].Type != models.CollectorEmail || !collectors[1].Open {
			t.Fatalf("the collectors are %+v; want one that was made", collectors)
		}
		all, _, err := s.Invitations(t.Context(), i.Actor, i.Survey.ID, collectors[1].ID, store.InvitationFilter{})
		i.Check(err)
		if len(all) != 2 {
			t.Fatalf("%d invitations; want two", len(all))
		}
		inv := all[1]
		if d := time.Until(*inv.DueAt); d < 29*24*time.Hour || d > 30*24*time.Hour || inv.FirstName != "Ada" || inv.Fields.V["referrer"] != "purchase" ||
			len(inv.RemindAfter.V) != 2 || inv.RemindAfter.V[1] != 7*24*3600 || inv.ContactID != nil {
			t.Errorf("the invitation is %+v", inv)
		}
		in.RunID, in.Actor = "RN_3", stranger
		if out := run(text, in); out.Result != task.Failed || out.Error.Key != "sendsurvey.error.gone" {
			t.Errorf("a stranger's workflow: %+v", out)
		}
	})
}
