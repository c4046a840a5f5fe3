package survey_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

func when(left string, op models.Operator, right string) *models.Condition {
	return &models.Condition{Left: left, Operator: op, Right: right}
}

// branching asks critics why, on the same page and on one of their own, and gold customers one thing more.
func branching() models.SurveyDefinition {
	const score = "${q://QID1/SelectedChoicesRecode}"
	choices := []models.Choice{{ID: 1, Text: "Price"}, {ID: 2, Text: "Service"}}
	return models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{
			{ID: pageOne, Questions: []models.Question{
				{ID: "QID1", Type: models.QuestionNPS, Text: "Would you recommend us?", Required: true},
				{ID: "QID2", Type: models.QuestionSingleChoice, Text: "What disappointed you?", Required: true, Choices: choices, Display: when(score, models.OpLessThan, "7")},
				{ID: "QID3", Type: models.QuestionShortText, Text: "What about the price?", Display: when("${q://QID2/ChoiceGroup/SelectedChoices}", models.OpSelected, "1")},
			}},
			{ID: pageTwo, Display: when(score, models.OpLessThan, "7"), Questions: []models.Question{{ID: "QID4", Type: models.QuestionShortText, Text: "May we call you?", Required: true}}},
			{ID: pageThree, Questions: []models.Question{
				{ID: "QID5", Type: models.QuestionShortText, Text: "In one word?"},
				{ID: "QID6", Type: models.QuestionShortText, Text: "As a gold customer?", Display: when("${e://Field/segment}", models.OpEqualTo, "gold")},
			}},
		},
		EmbeddedData: []models.EmbeddedField{{Name: "segment", Default: "none", FromLink: true}},
	}
}

func shownOn(v *survey.Visit) string {
	ids := make([]string, 0, 3)
	for _, q := range v.Questions() {
		ids = append(ids, q.ID)
	}
	return strings.Join(ids, " ")
}

func TestPagesAndQuestionsAreShownByTheirConditions(t *testing.T) {
	t.Parallel()
	in := newInstance(t, branching())
	v := in.mustSend(t, in.open(t), pageOne, "asked=QID1&QID1=9")
	if v.Pages()[v.Page].ID != pageThree || shownOn(v) != "QID5" || len(v.Pages()) != 2 {
		t.Errorf("who is content is at %s with %s of %d pages", v.Pages()[v.Page].ID, shownOn(v), len(v.Pages()))
	}
	v = in.open(t)
	v.Carry(map[string][]string{"segment": {"gold"}})
	v, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageOne, Form: url.Values{"QID1": {"10"}}, Link: map[string][]string{"segment": {"gold"}}})
	if err != nil || shownOn(v) != "QID5 QID6" {
		t.Errorf("a gold customer is asked %s, %v", shownOn(v), err)
	}
}

func TestQuestionsThatAnAnswerBringsUpComeBeforeTheNextPage(t *testing.T) {
	t.Parallel()
	in := newInstance(t, branching())
	v := in.mustSend(t, in.open(t), pageOne, "asked=QID1&QID1=3")
	if v.Page != 0 || shownOn(v) != "QID1 QID2" || !slices.Equal(v.Added, []string{"QID2"}) || v.Form().Get("QID1") != "3" {
		t.Fatalf("after a bad score: page %d, %s, added %v, form %v", v.Page, shownOn(v), v.Added, v.Form())
	}
	v = in.mustSend(t, in.open(t, v.Token.String()), pageOne, "asked=QID1&asked=QID2&QID1=3&QID2=1")
	if shownOn(v) != "QID1 QID2 QID3" || !slices.Equal(v.Added, []string{"QID3"}) {
		t.Fatalf("after the price: %s, added %v", shownOn(v), v.Added)
	}
	if _, err := in.send(t, v, pageOne, "asked=QID1&asked=QID2&QID1=3"); models.ErrorCode(err) != models.CodeInvalid {
		t.Errorf("a required question that is shown may be left out: %v", err)
	}
	v = in.mustSend(t, v, pageOne, "asked=QID1&asked=QID2&asked=QID3&QID1=3&QID2=1&QID3=high")
	if v.Pages()[v.Page].ID != pageTwo {
		t.Errorf("then comes %s", v.Pages()[v.Page].ID)
	}
	// They change their mind: what is hidden is neither asked again nor stored, and its page is passed by.
	v, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageTwo, Back: true, Form: url.Values{"QID4": {"yes"}}})
	if err != nil || shownOn(v) != "QID1 QID2 QID3" || v.Form().Get("QID3") != "high" {
		t.Fatalf("back: %s %v, %v", shownOn(v), v.Form(), err)
	}
	v = in.mustSend(t, v, pageOne, "asked=QID1&asked=QID2&asked=QID3&QID1=8&QID2=1&QID3=high")
	v = in.mustSend(t, v, pageThree, "asked=QID5&QID5=fine")
	if v.State != survey.StateDone {
		t.Fatalf("the state is %s at page %d", v.State, v.Page)
	}
	r := in.completed(t)[0]
	if len(r.Answers.V) != 2 || r.Answers.V["QID5"].Text != "fine" || r.Answers.V["QID1"].Number != "8" {
		t.Errorf("stored %v", r.Answers.V)
	}
}

func TestLookTellsWhatAFormShowsAndStoresNothing(t *testing.T) {
	t.Parallel()
	in := newInstance(t, branching())
	tests := []struct{ name, form, want string }{
		{"an empty form", "", "QID1"},
		{"a good score", "QID1=9&QID2=1", "QID1"},
		{"a bad score", "QID1=0", "QID1 QID2"},
		{"a bad score and the price", "QID1=6&QID2=1", "QID1 QID2 QID3"},
		{"another reason", "QID1=6&QID2=2", "QID1 QID2"},
		{"nonsense", "QID1=x&QID2=99", "QID1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form, err := url.ParseQuery(tt.form)
			if err != nil {
				t.Fatal(err)
			}
			v := in.open(t)
			looked := strings.Join(in.service.Look(v, pageOne, form), " ")
			if looked != tt.want {
				t.Errorf("looking: %s, want %s", looked, tt.want)
			}
			// What a sent page brings up is the same.
			if form.Get("QID1") == "x" || form.Get("QID1") == "" {
				return
			}
			for _, id := range strings.Fields(tt.want) {
				form.Add("asked", id)
			}
			next, err := in.service.Submit(t.Context(), v, survey.Submission{Page: pageOne, Form: form})
			if next == nil || len(next.Added) > 0 {
				t.Errorf("the page that was sent adds %v, %v", next.Added, err)
			}
		})
	}
	if counts, err := in.store.ResponseCounts(t.Context(), in.survey.ID); err != nil || counts[in.survey.ID][models.ResponseCompleted] != 0 {
		t.Errorf("counts %v, %v", counts, err)
	}
	if ids := in.service.Look(in.open(t), "BL_none", nil); ids != nil {
		t.Errorf("of a page that is not there: %v", ids)
	}
}

func TestWhoIsShownNothingHearsSo(t *testing.T) {
	t.Parallel()
	def := onlyFor("gold")
	in := newInstance(t, def)
	if v := in.open(t); v.State != survey.StateNothing {
		t.Errorf("the state is %s", v.State)
	}
	v := in.open(t)
	v.Carry(map[string][]string{"segment": {"gold"}})
	if v.State != survey.StateAnswering {
		t.Errorf("with the segment the state is %s", v.State)
	}
}

func onlyFor(segment string) models.SurveyDefinition {
	def := threePages()
	for i := range def.Blocks {
		def.Blocks[i].Display = when("${e://Field/segment}", models.OpEqualTo, segment)
	}
	return def
}

func TestCheckRefusesConditionsThatCannotBeAskedWhereTheyStand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*models.SurveyDefinition)
		want   string
	}{
		{"an earlier question, one of the page, embedded data, a date", func(d *models.SurveyDefinition) {
			d.Blocks[2].Questions[0].Display = when("${q://QID4/ChoiceTextEntryValue}${date://CurrentDate/Y}", models.OpNotEmpty, "")
		}, ""},
		{"a later question", func(d *models.SurveyDefinition) {
			d.Blocks[0].Questions[1].Display = when("${q://QID5/ChoiceTextEntryValue}", models.OpEmpty, "")
		}, "QID2.display survey.error.logic_later"},
		{"itself", func(d *models.SurveyDefinition) {
			d.Blocks[0].Questions[0].Display = when("${q://QID1/SelectedChoicesRecode}", models.OpEmpty, "")
		}, "QID1.display survey.error.logic_later"},
		{"a page by its own question", func(d *models.SurveyDefinition) {
			d.Blocks[1].Display = when("${q://QID4/ChoiceTextEntryValue}", models.OpEmpty, "")
		}, pageTwo + ".display survey.error.logic_page_later"},
		{"a question that is not there", func(d *models.SurveyDefinition) {
			d.Blocks[1].Display = when("${q://QID77/ChoiceTextEntryValue}", models.OpEmpty, "")
		}, pageTwo + ".display survey.error.logic_unknown"},
		{"the output of a task", func(d *models.SurveyDefinition) {
			d.Blocks[1].Display = when("~{ch://OCAC_x/$.a}", models.OpEmpty, "")
		}, pageTwo + ".display survey.error.logic_token"},
		{"no operator", func(d *models.SurveyDefinition) { d.Blocks[1].Display = &models.Condition{Left: "x"} }, pageTwo + ".display.operator condition.error.operator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			def := branching()
			tt.change(&def)
			got := ""
			if err := survey.Check(&def); err != nil {
				got = keys(err.(*models.Error).Fields) //nolint:errorlint // Check makes nothing else
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
