package respond_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// everyType asks one question of every type on one page, all of them required: QID1, QID2 … in the order of the types.
func everyType(t *testing.T, language string) models.SurveyDefinition {
	t.Helper()
	s := &models.Survey{}
	s.Draft.V = onePage()
	s.Draft.V.Language = language
	s.Draft.V.Blocks[0].Questions = nil
	words := strings.Fields("First Second Third Fourth Fifth")
	for _, kind := range models.QuestionTypes {
		q, err := survey.AddQuestion(s, pageOne, kind)
		if err != nil {
			t.Fatal(err)
		}
		q.Text, q.Help, q.Required = "What of "+string(kind)+"?", "Some help.", true
		for i := range q.Choices {
			q.Choices[i].Text = words[i]
		}
		for i := range q.Rows {
			q.Rows[i].Text = words[i] + " row"
		}
		if kind == models.QuestionMultipleChoice {
			q.Choices[1].TextEntry = true
		}
	}
	return s.Draft.V
}

// typed are the keys that answer each field, in the order in which Tab comes to them.
var typed = []struct{ field, keys string }{
	{"QID1", " "},
	{"QID2", " "},
	{"QID3", "s"},
	{"QID4", " "},
	{"QID5_1", "2"},
	{"QID5_2", "1"},
	{"QID5_3", "3"},
	{"QID6", " "},
	{"QID7", " "},
	{"QID8_1", "42"},
	{"QID9_1", " "},
	{"QID9_2", " "},
	{"QID10_1", " "},
	{"QID10_2", " "},
	{"QID11", "Ada"},
	{"QID12", "one\rtwo"},
	{"QID13", "12,5"},
	{"QID14", "ada@example.com"},
	{"QID15", "+47 21 00 00 00"},
	{"QID16", "example.com"},
	{"QID17", "01312026"},
	{"QID19", " "},
}

func typedAnswers() models.Answers {
	first := models.Answer{Choices: []int{1}}
	return models.Answers{
		"QID1": first, "QID2": first, "QID3": {Choices: []int{2}}, "QID4": first, "QID5": {Choices: []int{2, 1, 3}}, "QID6": {Number: "1"}, "QID7": {Number: "0"},
		"QID8": {Rows: map[int]models.Answer{1: {Number: "42"}}}, "QID9": {Rows: map[int]models.Answer{1: first, 2: first}},
		"QID10": {Rows: map[int]models.Answer{1: first, 2: first}}, "QID11": {Text: "Ada"}, "QID12": {Text: "one\ntwo"}, "QID13": {Number: "12.5"},
		"QID14": {Text: "ada@example.com"}, "QID15": {Text: "+47 21 00 00 00"}, "QID16": {Text: "https://example.com"}, "QID17": {Text: "2026-01-31"}, "QID19": first,
	}
}

// tabTo presses Tab until the field has the focus.
func tabTo(t *testing.T, p *browsertest.Page, field string) {
	t.Helper()
	for range 40 {
		p.Press(kb.Tab)
		if browsertest.Eval[string](p, "document.activeElement.name || document.activeElement.className || document.activeElement.type || ''") == field {
			return
		}
	}
	t.Fatalf("Tab does not come to %s", field)
}

func TestEveryTypeOfQuestionIsAnsweredByKeyboard(t *testing.T) {
	t.Parallel()
	b := browsertest.New(t)
	for _, c := range []struct {
		language string
		view     browsertest.View
	}{
		{"en", browsertest.View{Width: 1280}}, {"ar", browsertest.View{Width: 375, Dark: true, NoScript: true}},
	} {
		st := newSite(t, everyType(t, c.language))
		p := b.Open(st.URL+link.Respond(st.slug), c.view)
		look := func(name string) {
			t.Helper()
			p.CheckFits()
			p.CheckAccessibility()
			p.Screenshot("types-" + c.language + "-" + name)
		}
		look("1")
		p.Follow("form button:not([type=button])")
		p.Wait(".error-summary")
		p.Complaints() // the browser tells of every answer 422
		if n := browsertest.Eval[int](p, "[...document.querySelectorAll('.error-summary a')].filter(a => document.querySelector(a.hash)).length"); n != len(models.QuestionTypes)-1+2 {
			t.Errorf("%d errors lead to their fields", n) // two matrices have two rows each
		}
		look("2-errors")
		for _, f := range typed {
			tabTo(t, p, f.field)
			p.Press(f.keys)
		}
		look("3-answered")
		p.Press(kb.Tab)
		p.Press(kb.Enter)
		p.Wait(".reference")
		all := st.responses(t, models.ResponseCompleted)
		if len(all) != 1 {
			t.Fatalf("there are %d responses", len(all))
		}
		if d := cmp.Diff(typedAnswers(), all[0].Answers.V); d != "" {
			t.Errorf("the answers in %s (-want +got):\n%s", c.view, d)
		}
	}
}

func TestEveryTypeOfQuestionIsReadableInTheOtherViews(t *testing.T) {
	t.Parallel()
	b := browsertest.New(t)
	for language, view := range map[string]browsertest.View{"en": {Width: 375}, "ar": {Width: 1280, Dark: true}} {
		st := newSite(t, everyType(t, language))
		p := b.Open(st.URL+link.Respond(st.slug), view)
		p.CheckFits()
		p.CheckAccessibility()
		p.Screenshot("types-" + language)
		small := `[...document.querySelectorAll('form input:not([type=hidden]), form select, form textarea, form button')]
			.map(e => e.closest('label') ?? e).filter(e => e.checkVisibility() && (e.offsetHeight < 44 || e.offsetWidth < 44)).map(e => e.outerHTML.slice(0, 80)).join(' ')`
		if got := browsertest.Eval[string](p, small); got != "" {
			t.Errorf("smaller than a finger (%s): %s", view, got)
		}
	}
}

func TestSlidersAndRankingsAreQuickerWithScripts(t *testing.T) {
	t.Parallel()
	st := newSite(t, everyType(t, "en"))
	p := browsertest.New(t).Open(st.URL+link.Respond(st.slug), browsertest.View{})
	value := func(field string) string {
		return browsertest.Eval[string](p, "document.querySelector('[name="+field+"]').value")
	}
	order := func() string { return value("QID5_1") + value("QID5_2") + value("QID5_3") }
	if value("QID8_1") != "" {
		t.Error("the line of a slider answers for the respondent")
	}
	p.Click(".track input")
	if got := value("QID8_1"); got != "50" {
		t.Errorf("a click in the middle of the line is %q", got)
	}
	p.Press(kb.ArrowRight)
	if got := value("QID8_1"); got != "51" {
		t.Errorf("one step further is %q", got)
	}
	p.Click("[name=QID8_1]")
	browsertest.Eval[bool](p, "document.activeElement.select() || true")
	p.Press("7")
	if got := browsertest.Eval[string](p, "document.querySelector('.track input').value"); got != "7" {
		t.Errorf("the line stands at %s", got)
	}
	p.Click(".ranking li:nth-child(3) button")
	p.Click(".ranking li:nth-child(2) button")
	if got := order(); got != "2-1" && got != "21" {
		t.Errorf("two buttons make the order %s", got)
	}
	p.Press(kb.Enter) // the button kept the focus
	if got := order(); got != "11" && got != "12" {
		t.Errorf("the button again makes the order %s", got)
	}
	drag := `(() => {
		const [a, b] = [0, 2].map(i => document.querySelectorAll('.grip')[i]), [from, to] = [a, b].map(e => e.getBoundingClientRect());
		a.setPointerCapture = () => {};
		const send = (type, y) => a.dispatchEvent(new PointerEvent(type, {button: 0, clientX: from.x + 5, clientY: y, bubbles: true}));
		send('pointerdown', from.y + 5); send('pointermove', to.y + 20); send('pointerup', to.y + 20);
		return document.querySelector('[data-ranking-said]').textContent;
	})()`
	if said := browsertest.Eval[string](p, drag); !strings.Contains(said, "place") {
		t.Errorf("after dragging it says %q", said)
	}
	p.Choose("[name=QID5_2]", "1")
	browsertest.Eval[bool](p, "document.querySelector('[name=QID5_2]').dispatchEvent(new Event('change'))")
	if got := strings.Count(order(), "1"); got != 1 {
		t.Errorf("place 1 is given %d times: %s", got, order())
	}
}
