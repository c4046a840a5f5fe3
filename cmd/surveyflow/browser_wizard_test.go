package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
)

// TestTheWebhookWizardByKeyboardAlone gives a question a data label, makes an outbound webhook of one variable under that label,
// finds the run of an answer and replays it, without a mouse.
func TestTheWebhookWizardByKeyboardAlone(t *testing.T) {
	t.Parallel()
	demo := startDemo(t, nil, "--port", "0")
	p := comes(t, browsertest.New(t), demo.told(t, "Open"), browsertest.View{})
	p.until("the focus to be on the e-mail address", `document.activeElement.name === "email"`)
	p.Press(demo.told(t, "Sign in") + kb.Tab + demo.told(t, "Password") + kb.Enter)
	p.opens("Surveys")
	p.Goto(demo.told(t, "See what it sends"))
	hook := p.Value("#receiver-url")
	p.Goto(demo.told(t, "Open"))

	p.goes("Customer feedback")
	p.goes("Data labels")
	p.tabs("Data label of How satisfied are you")
	p.Press("visit_score" + kb.Tab)
	p.sees("Saved")
	p.Screenshot("wizard-1-labels")
	p.Reload()
	p.tabs("Reports") // past the navigation, which has workflows, too
	p.goes("Workflows")
	p.goes("Outbound webhook")

	p.tabs("All")
	p.Press(kb.ArrowDown)
	p.tabs("How satisfied are you")
	p.Press(" ")
	p.Screenshot("wizard-2-variables")
	p.goes("Next")
	p.tabs("Automatic labels")
	p.Press(kb.ArrowDown)
	p.Screenshot("wizard-3-labels")
	p.goes("Next")
	p.tabs("URL")
	p.Press(hook)
	p.goes("Test connection")
	p.sees("The receiver took the sample.")
	p.Screenshot("wizard-4-address")
	p.goes("Next")
	p.tabs("Name")
	p.Press("Score to the desk")
	p.Screenshot("wizard-5-finish")
	p.goes("Finish")
	p.sees("“Score to the desk” is on.")

	respondent := comes(t, browsertest.New(t), demo.told(t, "Answer the survey"), browsertest.View{})
	respondent.answersByKeyboard()

	p.tabs("Editor") // past the navigation, which has runs, too
	p.goes("Runs")
	p.until("the run", `document.querySelector("#runs tbody")?.innerText.includes("Succeeded")`)
	p.Screenshot("wizard-6-runs")
	p.goes("Succeeded RN_")
	p.sees("visit_score")
	p.Screenshot("wizard-7-run")
	p.tabs("Replay")
	p.Press(kb.Enter)
	p.sees("Replay this run")
	p.goes("Replay")
	p.sees("The replay has started.")
}

// goes tabs to a link or button and uses it to come to another page.
func (p person) goes(name string) {
	p.t.Helper()
	p.tabs(name)
	page := browsertest.Eval[string](p.Page, "performance.timeOrigin + ''")
	p.Press(kb.Enter)
	p.until("another page after “"+name+"”", "document.readyState === 'complete' && performance.timeOrigin + '' !== "+js(page))
}
