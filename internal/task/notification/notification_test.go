package notification_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/internal/task/notification"
	"surveyflow/internal/task/tasktest"
	"surveyflow/models"
)

type values map[string]string

func (v values) Value(r pipedtext.Ref) pipedtext.Value {
	if text, ok := v[r.Name]; ok {
		return pipedtext.Text(text)
	}
	return pipedtext.Value{}
}

func newType(t *testing.T, s *store.Store) (*notification.Type, *storetest.Instance) {
	t.Helper()
	i := storetest.NewInstance(t, s, nil)
	base, err := link.NewBase("https://survey.example.com", "")
	i.Check(err)
	sealer, err := secret.Open(t.Context(), s, [][]byte{bytes.Repeat([]byte("k"), 32)}, clock.System{})
	i.Check(err)
	return notification.New(s, mail.NewOutbox(mail.Options{Base: base, Sealer: sealer, Clock: clock.System{}})), i
}

func TestNotificationIsATask(t *testing.T) {
	t.Parallel()
	kind, i := newType(t, storetest.SQLite(t, storetest.Options{}))
	tasktest.Exercise(t, tasktest.Subject{
		Type: kind, Works: `{"userIds":["` + i.Actor.UserID + `"],"text":"Call ${e://Field/who}"}`, Fails: `{"userIds":["UR_000000000000000"],"text":"x"}`,
		Broken: map[string]string{
			`{"text":"x"}`: "userIds", `{"userIds":["ada"],"text":"x"}`: "userIds[0]", `{"userIds":["` + i.Actor.UserID + `"],"text":" "}`: "text",
		},
		Names: []pipedtext.Ref{{Scheme: "e", Name: "who"}}, Values: values{"who": "Ada"},
		Input: func(in *task.Input) { in.Actor = i.Actor },
	})
}

func TestPeopleAreToldOncePerTaskOfARun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		kind, i := newType(t, s)
		bob, gone := i.User("bob@example.com", models.RoleMember), i.User("gone@example.com", models.RoleMember)
		i.Check(s.SetUserDisabled(t.Context(), i.Actor, gone.UserID, true))
		config, err := json.Marshal(models.NotificationConfig{UserIDs: []string{i.Actor.UserID, bob.UserID, gone.UserID, bob.UserID}, Text: "Call ${e://Field/who}\nat once"})
		i.Check(err)
		compiled, err := kind.Compile(config)
		i.Check(err)
		w := i.Workflow(models.TaskSpec{Type: models.TaskWait})
		in := task.Input{Values: &pipedtext.Env{Source: values{"who": "<b>Ada</b>"}}, Actor: i.Actor, RunID: "RN_1", TaskID: "OCAC_1", WorkflowID: w.ID, Now: time.Now()}
		for range 3 {
			if out := compiled.Run(t.Context(), in); out.Result != task.Done {
				t.Fatalf("%d, %+v", out.Result, out.Error)
			}
		}
		mails, _, err := s.Mails(t.Context(), i.Actor, store.MailFilter{}, store.Page{})
		if err != nil || len(mails) != 2 || mails[0].Subject != "Call <b>Ada</b>" || strings.Contains(mails[0].HTML, "<b>Ada") {
			t.Errorf("%d mails, %v; want one for each of two people, with the text as text", len(mails), err)
		}
		for person, href := range map[models.Actor]string{i.Actor: link.Run("RN_1"), bob: link.Notifications()} {
			all, _, err := s.Notifications(t.Context(), person, store.Page{})
			if err != nil || len(all) != 1 || all[0].N != 1 || all[0].Kind != models.NotifyWorkflow || all[0].Href != href {
				t.Errorf("%+v, %v; want one that leads to %s", all, err, href)
			}
		}
		if all, _, _ := s.Notifications(t.Context(), gone, store.Page{}); len(all) != 0 {
			t.Errorf("who has left is told of %d", len(all))
		}
		in.RunID = "RN_2"
		compiled.Run(t.Context(), in)
		if all, _, _ := s.Notifications(t.Context(), bob, store.Page{}); len(all) != 2 {
			t.Errorf("%d notifications after another run; want 2", len(all))
		}
	})
}
