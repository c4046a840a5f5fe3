package respond_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// conditional asks more or less on one page, by what was answered above.
func conditional() models.SurveyDefinition {
	when := func(left string, op models.Operator, right string) *models.Condition {
		return &models.Condition{Left: left, Operator: op, Right: right}
	}
	two := []models.Choice{{ID: 1, Text: "Price"}, {ID: 2, Text: "Service"}, {ID: 3, Text: "Other", TextEntry: true}}
	return models.SurveyDefinition{
		Language: "en",
		Blocks: []models.Block{
			{ID: pageOne, Questions: []models.Question{
				{ID: "QID1", Type: models.QuestionNPS, Text: "<p>Would you <strong>recommend</strong> us?</p>"},
				{ID: "QID2", Type: models.QuestionMultipleChoice, Text: "What disappointed you?", Choices: two, Required: true, Display: when("${q://QID1/SelectedChoicesRecode}", models.OpLessThan, "7")},
				{ID: "QID3", Type: models.QuestionShortText, Text: "What about the price?", Display: &models.Condition{Any: []models.Condition{
					*when("${q://QID2/ChoiceGroup/SelectedChoices}", models.OpSelected, "Price"), *when("${q://QID2/ChoiceTextEntryValue/3}", models.OpContains, "money"),
				}}},
				{ID: "QID4", Type: models.QuestionShortText, Text: "And last?"},
			}},
			{ID: pageTwo, Questions: []models.Question{{ID: "QID5", Type: models.QuestionShortText, Text: "You said ${q://QID3/ChoiceTextEntryValue}"}}},
		},
	}
}

// shownIn lists the questions that a page shows.
func shownIn(p *browsertest.Page) string {
	return browsertest.Eval[string](p, `[...document.querySelectorAll("form input[name=asked]")].map(i => i.value).join(" ")`)
}

func TestQuestionsComeAndGoWithAnswersOfTheirPage(t *testing.T) {
	t.Parallel()
	st, other := newSite(t, conditional()), newSite(t, conditional()) // with one cookie they would be one respondent
	b := browsertest.New(t)
	tests := []struct {
		name string
		act  func(p *browsertest.Page)
		want string
	}{
		{"at first", func(*browsertest.Page) {}, "QID1 QID4"},
		{"a good score", func(p *browsertest.Page) { p.Click("input[name=QID1][value='9']") }, "QID1 QID4"},
		{"a bad score", func(p *browsertest.Page) { p.Click("input[name=QID1][value='3']") }, "QID1 QID2 QID4"},
		{"one reason", func(p *browsertest.Page) { p.Click("input[name=QID2][value='2']") }, "QID1 QID2 QID4"},
		{"the price too", func(p *browsertest.Page) { p.Click("input[name=QID2][value='1']") }, "QID1 QID2 QID3 QID4"},
		{"not the price", func(p *browsertest.Page) { p.Click("input[name=QID2][value='1']") }, "QID1 QID2 QID4"},
		{"another reason", func(p *browsertest.Page) {
			p.Click("input[name=QID2][value='3']")
			p.Fill("#f-QID2_3_TEXT", "the money")
		}, "QID1 QID2 QID3 QID4"},
		{"a good score after all", func(p *browsertest.Page) { p.Click("input[name=QID1][value='8']") }, "QID1 QID4"},
		{"a bad one again", func(p *browsertest.Page) { p.Click("input[name=QID1][value='0']") }, "QID1 QID2 QID3 QID4"},
	}
	scripted := b.Open(st.URL+link.Respond(st.slug), browsertest.View{Width: 375})
	plain := b.Open(other.URL+link.Respond(other.slug), browsertest.View{Width: 375, NoScript: true})
	for _, tt := range tests {
		tt.act(scripted)
		// At once: without a new page.
		waitFor(scripted, tt.want)
		if got := shownIn(scripted); got != tt.want {
			t.Errorf("%s: with a script the page shows %s, want %s", tt.name, got, tt.want)
		}
		tt.act(plain)
		// With the next answer of the server: the page comes back while it has questions that were not seen.
		for range 3 {
			if got := shownIn(plain); got == tt.want {
				break
			}
			plain.Follow("form button")
			plain.Complaints()
			if strings.Contains(plain.Text(".progress"), "Page 2") { // nothing was left to ask: back to compare
				plain.Follow("button.back")
			}
		}
		if got := shownIn(plain); got != tt.want {
			t.Errorf("%s: without scripts the page shows %s, want %s", tt.name, got, tt.want)
		}
	}
	for name, p := range map[string]*browsertest.Page{"with": scripted, "without": plain} {
		p.CheckFits()
		p.CheckAccessibility()
		p.Screenshot("respond-9-conditional-" + name)
		p.Fill("#f-QID3", "it is <b>high</b>")
		p.Follow("form button")
		p.Wait("#f-QID5")
		if got := p.Text("form label"); !strings.Contains(got, "You said it is <b>high</b>") {
			t.Errorf("%s: page 2 asks %q", name, got)
		}
		p.Follow("form button")
		p.Wait(".reference")
	}
	if one, two := st.responses(t, models.ResponseCompleted), other.responses(t, models.ResponseCompleted); len(one) != 1 || len(two) != 1 || !cmp.Equal(one[0].Answers.V, two[0].Answers.V) {
		t.Errorf("with and without scripts the answers are %v and %v", one, two)
	}
}

// waitFor waits until the page shows those questions.
func waitFor(p *browsertest.Page, want string) {
	last := "QID4"
	for _, id := range []string{"QID2", "QID3", last} {
		selector := "form [name=asked][value=" + id + "]"
		if strings.Contains(want, id) {
			p.Wait(":has(> " + selector + ")")
		} else {
			p.WaitGone(selector)
		}
	}
}
