package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/workflow"
	"surveyflow/models"
	"surveyflow/views/frame"
	"surveyflow/views/workflowpages"
)

func TestStartersThatSendASurveyLackNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey, _ := a.sample(t, b)
	for starter, want := range map[string]models.EventType{workflowpages.StarterPurchase: models.EventJSON, workflowpages.StarterEmployee: models.EventContactList} {
		at := b.post(link.Workflows(), "surveyId", survey, "event", "surveyResponse", "starter", starter).to("")
		b.get(at).is(http.StatusOK)
		path, _, _ := strings.Cut(at, "?")
		id := strings.TrimPrefix(path, link.Workflows()+"/")
		def := a.definition(id)
		if err := workflow.Check(a.tasks, &def, nil); err != nil || def.Event.Type != want || len(def.Tasks) != 1 || def.Tasks[0].Type != models.TaskSendSurvey {
			t.Errorf("%s: %v, %+v", starter, err, def)
		}
		b.post(link.Workflows(), "surveyId", "", "event", "surveyResponse", "starter", starter).is(http.StatusUnprocessableEntity)

		// What the form shows is what it saves.
		p := b.get(frame.EditorPath(id, frame.EditTask+def.Tasks[0].ID)).is(http.StatusOK)
		if p.value("config.surveyId") != survey || p.value("config.to") == "" {
			t.Errorf("%s: the form shows %q, %q", starter, p.value("config.surveyId"), p.value("config.to"))
		}
		var c models.SendSurveyConfig
		if err := json.Unmarshal(def.Tasks[0].Config, &c); err != nil || c.SurveyID != survey || starter == workflowpages.StarterEmployee && p.value("config.delay") != "30 d" {
			t.Errorf("%s: %v, %+v, %q", starter, err, c, p.value("config.delay"))
		}
	}
}

func TestTheWeeklyStarterLacksNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	survey := b.survey("Lunch")
	at := b.post(link.Workflows(), "surveyId", survey, "event", "surveyResponse", "starter", workflowpages.StarterWeekly).to("")
	path, _, _ := strings.Cut(at, "?")
	def := a.definition(strings.TrimPrefix(path, link.Workflows()+"/"))
	if err := workflow.Check(a.tasks, &def, nil); err != nil || def.Event.Type != models.EventSchedule || def.Event.Cron != "0 8 * * 1" || def.Event.TimeZone == "" {
		t.Errorf("%v, %+v", err, def.Event)
	}
	var c models.EmailConfig
	if err := json.Unmarshal(def.Tasks[0].Config, &c); err != nil || c.To != ada || !strings.Contains(c.Subject, "Lunch") || !strings.Contains(c.Body, link.SurveyReports(survey)) {
		t.Errorf("%v, %+v", err, c)
	}
}
