package main

import (
	"testing"
	"time"

	"surveyflow/internal/browsertest"
)

// TestTheSameJobWithoutJavaScript builds a survey and a workflow, answers and looks, in a phone's browser that runs no scripts.
func TestTheSameJobWithoutJavaScript(t *testing.T) {
	t.Parallel()
	i := startServe(t, nil)
	b := browsertest.New(t)
	p := comes(t, b, i.url, browsertest.View{Width: 375, Height: 812, NoScript: true})
	p.setsUp(i)
	p.follow("New survey")
	p.types("Name", surveyName)
	p.follow("Start with an empty survey")

	p.types("Question", askTaste)
	p.typesNth("Choice", 0, "Good")
	p.typesNth("Choice", 1, "Other")
	p.follow("Add choice")
	p.typesNth("Choice", 2, "Bad")
	p.in("#choices [data-row='2']").press("Settings of")
	p.in("#choices [data-row='2']").follow("Move up")
	p.follow("Done")
	p.sees("Good Bad Other")
	p.follow("Add question")
	p.follow("Number")
	p.types("Question", askRolls)
	p.ticks("An answer is required")
	p.types("Largest number", "many")
	p.follow("Done")
	p.sees("There is a problem")
	p.types("Largest number", "20")
	p.Screenshot("noscript-question")
	p.follow("Done")
	p.follow("Edit embedded data")
	p.follow("Add field")
	p.types("Name", "shop")
	p.ticks("May come from the link")
	p.follow("Done")
	p.Screenshot("noscript-build")
	p.follow("Put live")
	p.sees("Your survey is live.")
	p.CheckFits()
	link := p.Value(p.field("Address", 0))

	p.navigates("Receivers")
	p.follow("New receiver")
	p.types("Name", "Try it out")
	p.follow("Make receiver")
	hook := p.Value("#receiver-url")

	p.navigates("Workflows")
	p.follow("Send responses to a URL")
	p.picks("Survey", 0, surveyName)
	p.types("URL", hook)
	p.follow("Create workflow")
	p.sees("Back to all steps") // the task is open
	p.CheckFits()
	p.follow("Add header")
	p.types("Name", "X-Shop")
	p.typesNth("Value", 0, "${e://Field/shop}")
	p.Screenshot("noscript-task")
	p.in("#panel").follow("Save draft")
	p.follow("Back to all steps")
	p.follow("Add a step before")
	p.follow("Only if")
	p.in("#panel").picks("Comparison", 0, "is not empty")
	p.in("#panel").follow("Save draft")
	p.Screenshot("noscript-condition")
	p.follow("Put live and turn on")
	p.sees("Version 1 is live")

	guest := comes(t, browsertest.New(t), link+"/shop/harbour", browsertest.View{Width: 375, Height: 812, NoScript: true})
	guest.answers(askTaste, "Bad")
	guest.types(askRolls, "21")
	guest.follow("Submit")
	guest.sees("There is a problem")
	guest.types(askRolls, "20")
	guest.follow("Submit")
	guest.sees("Thank you")

	p.navigates("Receivers")
	p.follow("Try it out")
	p.reloadsUntil("POST")
	p.Screenshot("noscript-receiver")
	p.follow("POST")
	p.sees("X-Shop", "harbour", "20")
	p.navigates("Runs")
	p.in("#runs tbody").follow("Succeeded")
	p.sees("Run of", "harbour")
	p.Screenshot("noscript-run")
	p.CheckFits()
}

// navigates opens the drawer of a phone, which needs no script, and goes somewhere.
func (p person) navigates(section string) {
	p.t.Helper()
	p.press("Open navigation")
	p.in("#navigation").follow(section)
}

// reloadsUntil loads the page again until it says something: nothing refreshes it by itself.
func (p person) reloadsUntil(text string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; {
		if browsertest.Eval[bool](p.Page, hands+".reads("+js(text, "")+")") {
			return
		}
		p.Reload()
	}
	p.t.Fatalf("%s never says %q", p.URL(), text)
}
