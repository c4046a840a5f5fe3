package handlers_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestDataLabelsAreTypedFieldByFieldInABrowser(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	s, err := a.store.Survey(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	i := &storetest.Instance{TB: t, Store: a.store, Actor: a.actor(ada)}
	i.WorkflowOf(i.Actor, s, models.TaskSpec{Type: models.TaskOutboundWebhook, Config: []byte(`{"url":"https://example.com","labels":"data"}`)})
	chromium := browsertest.New(t)
	for n, view := range pageViews[:2] {
		p := chromium.Open(a.server.URL+link.SignIn(), view)
		if n == 0 {
			signInPage(a, p)
		}
		p.Goto(a.server.URL + link.SurveyLabels(id))
		p.Screenshot("labels")
		p.CheckAccessibility()
		p.CheckFits()
		// By keyboard: type, Tab to the next, and what was typed is saved.
		typed := func(key, label, then string) {
			browsertest.Eval[any](p, `document.querySelector("[data-label=`+key+`]").select()`)
			p.Press(label)
			p.Press(then)
			p.Settle()
		}
		says := func(selector, want string) {
			t.Helper()
			p.Until(selector+" to say "+want, `document.querySelector("`+selector+`")?.textContent.includes("`+want+`")`)
		}
		typed("QID1", []string{"liked", "enjoyed"}[n], kb.Tab)
		says("#row-QID1", "no longer")
		typed("QID2", "my rooms", kb.Enter)
		says("#row-QID2", "has no spaces")
		if at := browsertest.Eval[string](p, `document.activeElement.dataset.label ?? document.activeElement.tagName`); at != "QID2" {
			t.Errorf("after Enter the focus is on %s", at)
		}
		says("#live", "Which rooms did you see?")
		p.Screenshot("labels-refused")
		p.CheckAccessibility()
		p.CheckFits()
		typed("QID2", []string{"rooms", "halls"}[n], kb.Enter)
		says("#row-QID2", "Saved")
		p.Click("#row-QID2 [value=reset]")
		p.Settle()
		says("#row-QID2", "sends “Q2” from now on")
		for _, complaint := range p.Complaints() {
			t.Errorf("%s: %s", view, complaint)
		}
	}
	if got := a.labelsOf(id); len(got) != 1 || got["QID1"] != "enjoyed" {
		t.Errorf("the labels are %v", got)
	}
}
