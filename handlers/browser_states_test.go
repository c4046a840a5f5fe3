package handlers_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
)

// What pages look like when something is wrong or new, which no address alone leads to.
func TestStatesInABrowser(t *testing.T) {
	empty := newApp(t)
	chromium := browsertest.New(t)
	for _, view := range pageViews {
		p := chromium.Open(empty.server.URL+"/", view)
		p.Screenshot("set-up")
		p.Click("form button.btn-primary")
		p.Wait(".error-summary")
		p.Screenshot("set-up-wrong")
		p.CheckAccessibility()
		p.CheckFits()
	}

	a := newApp(t)
	b := a.person("ada@example.com")
	id, response := a.sample(t, b)
	draft := b.survey("Lunch")
	for i, view := range pageViews {
		p := chromium.Open(a.server.URL+link.SignIn(), view)
		if i == 0 {
			p.Fill("#f-email", "ada@example.com")
			p.Click("form button.btn-primary")
			p.Wait(".error-summary")
			p.Screenshot("sign-in-wrong")
			p.CheckAccessibility()
			signInPage(a, p)
			p.Screenshot("surveys-first")
		}
		look := func(name string) {
			p.Screenshot(name)
			p.CheckAccessibility()
			p.CheckFits()
		}
		p.Goto(a.server.URL + link.SurveyBuild(draft))
		p.Click("#survey-actions .btn-primary")
		p.Wait(".error-summary")
		look("put-live-problems")

		p.Goto(a.server.URL + link.With(link.SurveyBuild(draft), "edit", "QID1"))
		p.Click("button[value=done]")
		p.Wait(".error-summary")
		look("question-wrong")

		p.Goto(a.server.URL + link.With(link.SurveyBuild(id), "edit", "QID1"))
		p.Click("#choices [data-row='1'] summary")
		look("choice-menu")
		p.Press(kb.Escape) // on a phone it covers what is below
		p.WaitGone("#choices details[open]")
		b.post(link.SurveyPages(id), "revision", b.revision(id))
		p.Click("button[value=done]")
		p.Wait("#builder .bg-warn-bg")
		look("conflict")

		p.Goto(a.server.URL + link.SurveyBuild(id))
		p.Click("#QID2 details summary")
		look("question-menu")
		p.Click("#QID2 form[action$=delete] button")
		p.Wait("[data-flash-action]")
		look("deleted-question")
		p.Click("[data-flash-action] button")
		p.Wait("#QID2")
		p.Click("#QID2 + .sf-insert a")
		p.Wait("#type-search")
		look("add-question")

		p.Goto(a.server.URL + link.Response(id, response))
		p.Click("header details summary")
		look("delete-response")

		p.Goto(a.server.URL + link.SettingsAPI())
		p.Fill("#f-name", "Nightly export")
		p.Click("#tokens form[action$=tokens] button")
		p.Wait("#new-token")
		look("token")
	}
}
