package handlers_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

func TestWorkflowStartersLackOnlyTheURL(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	scored, _ := a.sample(t, b)
	plain := b.survey("Without a score")
	for _, surveyID := range []string{scored, plain} {
		s, err := a.store.Survey(t.Context(), a.actor(ada), surveyID)
		if err != nil {
			t.Fatal(err)
		}
		for _, starter := range []string{workflowpages.StarterSend, workflowpages.StarterChat, workflowpages.StarterTicket, workflowpages.StarterSheet} {
			b.get(link.With(link.WorkflowNew(), "survey", surveyID, "starter", starter)).says("form", "Alert a chat channel when a score is low")
			at := b.post(link.Workflows(), "surveyId", surveyID, "starter", starter, "url", "").to("")
			p := b.get(at).is(http.StatusOK)
			if p.Find("#f-config-url-error").Length() != 1 {
				t.Errorf("%s: the editor does not say that the URL is missing", starter)
			}
			path, _, _ := strings.Cut(at, "?")
			def := a.definition(strings.TrimPrefix(path, link.Workflows()+"/"))
			failed, _ := errors.AsType[*models.Error](workflow.Check(a.tasks, &def, &s.Draft.V))
			if failed == nil || len(failed.Fields) != 1 || failed.Fields[0].Field != "tasks[0].config.url" {
				t.Errorf("%s lacks %+v", starter, failed)
			}
			if conditional := starter == workflowpages.StarterChat || starter == workflowpages.StarterTicket; (def.Condition != nil) != (conditional && surveyID == scored) {
				t.Errorf("%s has the condition %+v", starter, def.Condition)
			}
			var config models.WebServiceConfig
			if err := json.Unmarshal(def.Tasks[0].Config, &config); err != nil {
				t.Fatal(err)
			}
			config.URL = "https://hooks.example.com/x"
			if def.Tasks[0].Config, err = models.MarshalJSON(config); err != nil {
				t.Fatal(err)
			}
			if err := workflow.Check(a.tasks, &def, &s.Draft.V); err != nil {
				t.Errorf("%s with a URL: %v", starter, err)
			}
			if starter == workflowpages.StarterChat && !json.Valid([]byte(config.Body.Text)) {
				t.Errorf("the message is no JSON: %s", config.Body.Text)
			}
			if starter == workflowpages.StarterChat && surveyID == scored {
				low := def.Condition.All[1]
				if low.Left != "${q://QID3/ChoiceTextEntryValue}" || low.Operator != models.OpLessThanOrEqual || low.Right != "6" ||
					!strings.Contains(config.Body.Text, "${q://QID3/QuestionText} ${q://QID3/ChoiceTextEntryValue}") {
					t.Errorf("the alert is about %+v: %s", low, config.Body.Text)
				}
			}
		}
	}
}

func TestStartersThatWriteToPeopleLackNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	scored, _ := a.sample(t, b)
	plain := b.survey("Without a score")
	for _, surveyID := range []string{scored, plain} {
		s, err := a.store.Survey(t.Context(), a.actor(ada), surveyID)
		if err != nil {
			t.Fatal(err)
		}
		for starter, kind := range map[string]models.TaskType{workflowpages.StarterTeam: models.TaskEmail, workflowpages.StarterThanks: models.TaskEmail, workflowpages.StarterNotify: models.TaskNotification} {
			at := b.post(link.Workflows(), "surveyId", surveyID, "starter", starter).to("")
			path, _, _ := strings.Cut(at, "?")
			def := a.definition(strings.TrimPrefix(path, link.Workflows()+"/"))
			if err := workflow.Check(a.tasks, &def, &s.Draft.V); err != nil || len(def.Tasks) != 1 || def.Tasks[0].Type != kind {
				t.Errorf("%s: %+v, %v", starter, def.Tasks, err)
			}
			if conditional := starter == workflowpages.StarterThanks || starter == workflowpages.StarterNotify && surveyID == scored; (def.Condition != nil) != conditional {
				t.Errorf("%s has the condition %+v", starter, def.Condition)
			}
		}
	}
}
