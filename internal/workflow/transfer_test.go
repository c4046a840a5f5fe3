package workflow_test

import (
	"strings"
	"testing"

	"surveyflow/internal/outbound"
	"surveyflow/internal/task"
	"surveyflow/internal/task/webservice"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func someTypes() *task.Registry {
	return task.NewRegistry(webservice.New(outbound.New(outbound.Options{Version: "test"})))
}

func TestAFileHasNoSecrets(t *testing.T) {
	t.Parallel()
	config := `{"credentialId":"CR_1","method":"POST","url":"https://ada:hunter2@x.example/a?api_key=s3cret1&q=${e://Field/q}",
		"headers":[{"key":"Authorization","value":"Bearer s3cret2"},{"key":"X-Token","value":"${e://Field/t}"},{"key":"X-Plain","value":"kept"}],
		"body":{"format":"json","mode":"keyValue","pairs":[{"key":"password","value":"s3cret3"},{"key":"score","value":"kept too"}]},"secret":"whsec_s3cret4"}`
	def := models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse}, Tasks: []models.TaskSpec{{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(config)}},
		Notifications: models.Notifications{Recipients: []string{"ada@example.com"}},
	}
	file, left := workflow.NewFile("Tell", def, feedback())
	text, err := models.MarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cret", "hunter2", "CR_1", "ada@example.com"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the file: %s", secret, text)
		}
	}
	for _, kept := range []string{"kept", "kept too", "${e://Field/t}", "${e://Field/q}", "x.example/a"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%q is not in the file: %s", kept, text)
		}
	}
	if len(left) != 5 {
		t.Errorf("left out %v", left)
	}
	back, err := workflow.ReadFile(someTypes(), text)
	if err != nil || back.Name != "Tell" || len(back.Questions) == 0 || len(back.Tasks) != 1 {
		t.Errorf("read %+v, %v", back, err)
	}
	if !strings.Contains(string(def.Tasks[0].Config), "s3cret3") {
		t.Error("the workflow itself lost its secrets")
	}
}

func TestAnImportSaysWhatIsWrongWhere(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]string{
		"":                                     "workflow.import.empty",
		"{\n \"event\": }":                     "workflow.import.syntax",
		`[1]`:                                  "workflow.import.member",
		`{"event":{"type":7}}`:                 "workflow.import.member",
		`{}`:                                   "workflow.import.no_workflow",
		`{"surveyflow":"survey"}`:              "workflow.import.kind",
		`{"surveyflow":"workflow","format":9}`: "workflow.import.newer",
		`{"event":{"type":"moon"}}`:            "event.error.type",
		`{"event":{"type":"surveyResponse"},"tasks":[{"type":"teleport"}]}`: "task.error.type",
		`{"event":{"type":"surveyResponse"},"condition":{"left":"a"}}`:      "",
		strings.Repeat(" ", workflow.MaxFile) + "{}":                        "workflow.import.too_large",
	} {
		_, err := workflow.ReadFile(someTypes(), []byte(text))
		e, ok := err.(*models.Error) //nolint:errorlint // ReadFile promises this type
		if !ok || len(e.Fields) == 0 {
			t.Errorf("%.60q is read: %v", text, err)
			continue
		}
		if key != "" && e.Fields[0].Key != key {
			t.Errorf("%.60q is refused with %s, want %s", text, e.Fields[0].Key, key)
		}
	}
}

func TestQuestionsAreFoundAgainByTagOrText(t *testing.T) {
	t.Parallel()
	task := models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(`{"url":"https://x.example/${q://QID1/SelectedChoicesRecode}/${q://QID2/ChoiceTextEntryValue}/${q://QID3/ChoiceTextEntryValue}"}`)}
	second := models.TaskSpec{ID: models.NewID(models.PrefixTask), Type: models.TaskWebService, Config: []byte(`{"url":"https://x.example/~{ch://` + task.ID + `/$.id}"}`)}
	def := models.WorkflowDefinition{
		Event: models.EventSpec{Type: models.EventSurveyResponse}, Tasks: []models.TaskSpec{task, second},
		Condition: &models.Condition{Left: "${q://QID1/SelectedChoicesRecode}", Operator: models.OpEqualTo, Right: "1"},
	}
	from := []workflow.FileQuestion{{ID: "QID1", Tag: "satisfaction", Text: "How happy?"}, {ID: "QID2", Tag: "Q2", Text: "Why  so?"}, {ID: "QID3", Tag: "Q3", Text: "Gone"}}
	to := &models.SurveyDefinition{Blocks: []models.Block{{Questions: []models.Question{
		{ID: "QID3", Text: "<b>Why</b> so?", Type: models.QuestionShortText}, {ID: "QID7", Text: "Are you satisfied?", Tag: "Satisfaction", Type: models.QuestionNPS},
	}}}}
	got, lost, err := workflow.Adopt(def, from, to)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"url":"https://x.example/${q://QID7/SelectedChoicesRecode}/${q://QID3/ChoiceTextEntryValue}/${q://missing-Q3/ChoiceTextEntryValue}"}`; string(got.Tasks[0].Config) != want {
		t.Errorf("the first task is %s", got.Tasks[0].Config)
	}
	if got.Condition.Left != "${q://QID7/SelectedChoicesRecode}" || len(lost) != 1 || lost[0].ID != "QID3" {
		t.Errorf("condition %+v, lost %+v", got.Condition, lost)
	}
	if got.Tasks[0].ID == task.ID || !strings.Contains(string(got.Tasks[1].Config), got.Tasks[0].ID) {
		t.Errorf("ids: %s, and the second task names %s", got.Tasks[0].ID, got.Tasks[1].Config)
	}
	if err := workflow.Check(someTypes(), &got, to); err == nil {
		t.Error("a workflow that names a missing question could go live")
	}
}

func TestTheVariablesOfAWebhookAreFoundAgainToo(t *testing.T) {
	t.Parallel()
	def := models.WorkflowDefinition{Tasks: []models.TaskSpec{
		{Type: models.TaskOutboundWebhook, Config: []byte(`{"url":"https://x.example","variables":["QID1","segment","QID3"],"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`)},
		{Type: models.TaskOutboundWebhook, Config: []byte(`{"variables":"all"}`)},
	}}
	from := []workflow.FileQuestion{{ID: "QID1", Tag: "satisfaction", Text: "How happy?"}, {ID: "QID3", Tag: "Q3", Text: "Gone"}}
	to := &models.SurveyDefinition{Blocks: []models.Block{{Questions: []models.Question{
		{ID: "QID1", Text: "Something else", Type: models.QuestionShortText}, {ID: "QID7", Text: "Happy?", Tag: "Satisfaction", Type: models.QuestionNPS},
	}}}}
	got, lost, err := workflow.Adopt(def, from, to)
	if err != nil {
		t.Fatal(err)
	}
	if config := string(got.Tasks[0].Config); config != `{"url":"https://x.example","variables":["QID7","segment"]}` || len(lost) != 1 || lost[0].ID != "QID3" {
		t.Errorf("the task is %s, lost %+v", config, lost)
	}
	if config := string(got.Tasks[1].Config); config != `{"variables":"all"}` {
		t.Errorf("the other task is %s", config)
	}
}

func FuzzReadFile(f *testing.F) {
	types := someTypes()
	for _, seed := range []string{`{"surveyflow":"workflow","format":1,"event":{"type":"surveyResponse"},"tasks":[{"type":"webService","config":{"url":"${q://QID1/x}"}}]}`, `{"event":`, `{"tasks":[null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := workflow.ReadFile(types, text)
		if err != nil {
			if models.ErrorCode(err) != models.CodeInvalid {
				t.Fatalf("failed with %v", err)
			}
			return
		}
		def, _, err := workflow.Adopt(file.WorkflowDefinition, file.Questions, nil)
		if err != nil {
			t.Fatalf("adopt: %v", err)
		}
		again, _ := workflow.NewFile(file.Name, def, nil)
		if _, err := models.MarshalJSON(again); err != nil {
			t.Fatalf("write: %v", err)
		}
	})
}
