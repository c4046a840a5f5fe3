package workflow_test

import (
	"testing"
	"time"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

func TestPipedTextFindsWhatHappened(t *testing.T) {
	t.Parallel()
	v := answered()
	v.Link = "https://surveys.example.com/jfe/form/SV_1"
	for text, want := range map[string]string{
		"${q://QID1/QuestionText}":                         "How satisfied?",
		"${q://QID1/ChoiceGroup/SelectedChoices}":          "Not at all",
		"${q://QID1/SelectedChoicesRecode}":                "1",
		"${q://QID1/ChoiceDescription/1}":                  "Very",
		"${q://QID2/ChoiceGroup/SelectedChoices}":          "Web, Other",
		"${q://QID2/ChoiceGroup/UnselectedChoices}":        "Phone",
		"${q://QID2/ChoiceGroup/AllChoices}":               "Web, Phone, Other",
		"${q://QID2/ChoiceGroup/SelectedChoicesTextEntry}": "Web, a friend",
		"${q://QID2/SelectedChoicesRecode}":                "1,3",
		"${q://QID2/SelectedChoicesCount}":                 "2",
		"${q://QID2/ChoiceTextEntryValue/3}":               "a friend",
		"${q://QID3/ChoiceTextEntryValue}":                 "  Too ${e://Field/segment} slow",
		"${q://QID4/ChoiceTextEntryValue}":                 "12345678901234567890",
		"${q://QID5/SelectedChoicesRecode}":                "3",
		"${q://QID6/ChoiceTextEntryValue}":                 "",
		"${q://QID9/ChoiceTextEntryValue}":                 "",
		"${e://Field/segment}":                             "gold",
		"${e://Field/source}":                              "web",
		"${e://Field/ResponseID}":                          "R_1",
		"${e://Field/Q_Language}":                          "EN",
		"${m://FirstName} ${m://LastName}":                 "Ada ",
		"${rm://Field/ResponseID}":                         "R_1",
		"${rm://Field/Finished}":                           "true",
		"${rm://Field/DistributionChannel}":                "anonymous",
		"${l://SurveyURL}":                                 "https://surveys.example.com/jfe/form/SV_1",
	} {
		template, err := pipedtext.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := template.Text(v); got != want {
			t.Errorf("%s = %q; want %q", text, got, want)
		}
	}
}

func TestEveryTokenOfThePickerHasAValueForAFullAnswer(t *testing.T) {
	t.Parallel()
	v := answered()
	v.Snapshot.Answers["QID6"] = models.Answer{Text: "more"}
	v.Snapshot.Contact = &models.Person{FirstName: "a", LastName: "b", Email: "c", Phone: "d", ExternalID: "e"}
	v.Snapshot.Response.StartedAt = v.Snapshot.Response.StartedAt.AddDate(2000, 0, 0)
	v.Snapshot.Response.RecordedAt = v.Snapshot.Response.StartedAt
	for _, token := range workflow.Tokens(v.Survey) {
		template, err := pipedtext.Parse(token.Text)
		if err != nil || len(template.Refs()) != 1 {
			t.Errorf("%s is no token: %v", token.Text, err)
			continue
		}
		if template.Text(v) == "" {
			t.Errorf("%s is empty", token.Text)
		}
	}
}

func TestAnonymousSnapshotsTellNothingOfThePerson(t *testing.T) {
	t.Parallel()
	def := feedback()
	def.Anonymous = true
	now := answered().Snapshot.Response.StartedAt.AddDate(2025, 5, 5).Add(12345e9)
	r := &models.Response{ID: "R_secret", SurveyID: "SV_1", State: models.ResponseCompleted, IP: "192.0.2.7", StartedAt: now, RecordedAt: &now}
	r.Answers.V = models.Answers{"QID3": {Text: "x"}}
	w, err := workflow.Compile("WF_1", 1, models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse}})
	if err != nil {
		t.Fatal(err)
	}
	event, runs, err := workflow.Plan([]*workflow.Compiled{w}, workflow.Fact{
		Type: models.EventSurveyResponse, On: models.OnCreated, Org: "acme", SurveyID: "SV_1", Response: r, Definition: def,
		Contact: &models.Person{FirstName: "Ada", Email: "ada@example.com"}, Now: now,
	})
	if err != nil || len(runs) != 1 {
		t.Fatalf("plan: %v, %d runs", err, len(runs))
	}
	if event.ResponseID != nil || runs[0].PersonEmail != nil || runs[0].PersonName != nil {
		t.Errorf("event names the response or the run the person: %+v %+v", event, runs[0])
	}
	s, err := workflow.DecodeSnapshot(event.Payload)
	if err != nil || s.Contact != nil || s.Response.ID != "" || s.Response.IP != "" || s.Response.RecordedAt.Hour() != 0 {
		t.Errorf("snapshot = %+v %+v, %v", s, s.Response, err)
	}
}

func TestPlanStartsOnlyWhatWaits(t *testing.T) {
	t.Parallel()
	now := answered().Snapshot.Response.StartedAt.AddDate(2025, 0, 0)
	for _, c := range []struct {
		name  string
		event models.EventSpec
		fact  func(*workflow.Fact)
		want  int
	}{
		{"completed", models.EventSpec{}, func(*workflow.Fact) {}, 1},
		{"update, not asked for", models.EventSpec{}, func(f *workflow.Fact) { f.On = models.OnUpdated }, 0},
		{"update, asked for", models.EventSpec{On: []string{models.OnUpdated}}, func(f *workflow.Fact) { f.On = models.OnUpdated }, 1},
		{"partial", models.EventSpec{}, func(f *workflow.Fact) { f.Response.State = models.ResponsePartial }, 0},
		{"partial, included", models.EventSpec{IncludeIncomplete: true}, func(f *workflow.Fact) { f.Response.State = models.ResponsePartial }, 1},
		{"unfinished", models.EventSpec{IncludeIncomplete: true}, func(f *workflow.Fact) { f.Response.State = models.ResponseInProgress }, 0},
		{"imported", models.EventSpec{}, func(f *workflow.Fact) { f.Imported = true }, 0},
		{"imported, included", models.EventSpec{IncludeImported: true}, func(f *workflow.Fact) { f.Imported = true }, 1},
		{"preview", models.EventSpec{}, func(f *workflow.Fact) { f.Response.Channel = models.ChannelPreview }, 0},
		{"too deep", models.EventSpec{}, func(f *workflow.Fact) { f.Depth = models.MaxChainDepth + 1 }, 0},
	} {
		c.event.Type = models.EventSurveyResponse
		w, err := workflow.Compile("WF_1", 3, models.WorkflowDefinition{Event: c.event})
		if err != nil {
			t.Fatal(err)
		}
		f := workflow.Fact{
			Type: models.EventSurveyResponse, On: models.OnCreated, Org: "acme", SurveyID: "SV_1", Definition: feedback(), Now: now,
			Response: &models.Response{ID: "R_1", SurveyID: "SV_1", State: models.ResponseCompleted, RecordedAt: &now},
		}
		c.fact(&f)
		event, runs, err := workflow.Plan([]*workflow.Compiled{w}, f)
		if err != nil || len(runs) != c.want || (event != nil) != (c.want > 0) {
			t.Errorf("%s: %d runs, event %v, %v; want %d", c.name, len(runs), event != nil, err, c.want)
		}
	}
}

func TestAnonymousRunsTellOnlyTheDay(t *testing.T) {
	t.Parallel()
	def := feedback()
	def.Anonymous = true
	now := time.Date(2026, 11, 22, 10, 15, 3, 0, time.UTC)
	today := now.Truncate(24 * time.Hour)
	w, err := workflow.Compile("WF_1", 1, models.WorkflowDefinition{Event: models.EventSpec{Type: models.EventSurveyResponse}})
	if err != nil {
		t.Fatal(err)
	}
	near := 0
	for range 50 {
		event, runs, err := workflow.Plan([]*workflow.Compiled{w}, workflow.Fact{
			Type: models.EventSurveyResponse, On: models.OnCreated, Org: "acme", SurveyID: "SV_1", Definition: def, Now: now,
			Response: &models.Response{ID: "R_1", SurveyID: "SV_1", State: models.ResponseCompleted, StartedAt: now, RecordedAt: &now},
		})
		if err != nil || !event.CreatedAt.Equal(today) || !runs[0].CreatedAt.Equal(today) {
			t.Fatalf("times are %v and %v, %v; want the day", event.CreatedAt, runs[0].CreatedAt, err)
		}
		if id := runs[0].ID; id < models.IDAt(models.PrefixRun, today) || id >= models.IDAt(models.PrefixRun, today.Add(24*time.Hour)) {
			t.Errorf("%s is not of that day", id)
		}
		if id := runs[0].ID; id >= models.IDAt(models.PrefixRun, now.Add(-time.Minute)) && id < models.IDAt(models.PrefixRun, now.Add(time.Minute)) {
			near++
		}
	}
	if near > 5 {
		t.Errorf("%d of 50 ids tell the minute", near)
	}
}
