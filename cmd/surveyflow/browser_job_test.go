package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
)

// What the newcomer asks. Each is found again by these words.
const (
	askTaste   = "How did you like the bread?"
	askBought  = "What did you buy?"
	askAgain   = "Would you recommend us?"
	askRolls   = "How many rolls do you eat in a week?"
	askName    = "What is your name?"
	askWishes  = "What should we bake next?"
	surveyName = "Corner Bakery, this week"
)

// TestANewcomersFirstJob is what issue 2 promises to somebody who has never seen the program, from the set-up code in
// the log to the request that arrived, with nothing but the pages.
func TestANewcomersFirstJob(t *testing.T) {
	t.Parallel()
	i := startServe(t, nil)
	p := comes(t, browsertest.New(t), i.url, browsertest.View{})
	if !strings.HasSuffix(p.URL(), "/set-up") {
		t.Fatalf("an empty instance opens at %s", p.URL())
	}
	p.setsUp(i)
	p.Screenshot("job-01-welcome")
	p.buildsTheSurvey()
	link := p.Value(p.field("Address", 0))
	hook := p.makesAReceiver()
	p.makesTheWorkflow(hook)

	answersOnAPhone(t, link)
	answersAtADesk(t, link)

	p.looksAtTheResponses(i)
	p.looksAtTheRuns(i)
	p.looksAtTheRequests(i)
	p.triesAgain(i)
	p.turnsItOff(i)
}

// buildsTheSurvey makes a survey with all types of questions on two pages and puts it live.
func (p person) buildsTheSurvey() {
	p.t.Helper()
	p.follow("New survey")
	p.follow("Start with an empty survey") // without a name
	p.sees("Give the survey a name.")
	p.types("Name", surveyName)
	p.follow("Start with an empty survey")

	p.types("Question", askTaste) // a new survey begins with a question
	p.staysUsable()
	p.typesNth("Choice", 0, "Very much")
	p.typesNth("Choice", 1, "Not so much")
	p.press("Add choice")
	p.typesNth("Choice", 2, "Other")
	p.in("#choices [data-row='2']").press("Settings of")
	p.in("#choices [data-row='2']").ticks("“Other, please specify”: a text field beside it")
	p.ticks("An answer is required")
	p.Screenshot("job-02-question")
	p.done()

	p.asks("Multiple choice", askBought)
	p.typesNth("Choice", 0, "Bread")
	p.typesNth("Choice", 1, "Cake & pie")
	p.done()
	p.asks("Net Promoter Score", askAgain)
	p.done()

	p.press("Add page")
	p.sees("Page 2")
	p.asks("Number", askRolls)
	p.types("Smallest number", "0")
	p.types("Largest number", "100")
	p.done()
	p.asks("Short text", askName)
	p.ticks("An answer is required")
	p.done()
	p.asks("Long text", askWishes)
	p.done()

	p.press("Edit embedded data")
	p.press("Add field")
	p.types("Name", "shop")
	p.types("Default value", "market hall")
	p.ticks("May come from the link")
	p.done()
	p.sees("“market hall” by default", "from the link")
	p.Screenshot("job-03-survey")
	p.follow("Put live")
	p.sees("Your survey is live.", "Open")
	p.Screenshot("job-04-live")
}

// asks adds a question at the end of the last page.
func (p person) asks(kind, text string) {
	p.t.Helper()
	page := p.in("#" + p.find("the last page", `[...document.querySelectorAll("#builder section[id^=BL_]")].at(-1)?.id ?? ""`))
	if browsertest.Eval[bool](p.Page, hands+".act("+js(kind, page.scope)+") === ''") {
		page.press("Add question")
	}
	page.press(kind)
	p.types("Question", text)
}

// staysUsable checks that saving in the background swallows no click: it is marked by htmx as any other request.
func (p person) staysUsable() {
	p.t.Helper()
	dead := browsertest.Eval[[]string](p.Page, `[...document.querySelectorAll("[data-autosave]")].flatMap((part) => {
		part.classList.add("htmx-request");
		const all = [...part.querySelectorAll("button")].filter((b) => getComputedStyle(b).pointerEvents === "none").map((b) => b.textContent.trim());
		part.classList.remove("htmx-request");
		return all;
	})`)
	if len(dead) > 0 {
		p.t.Errorf("%s: while it saves, clicks on %q are lost", p.URL(), dead)
	}
}

// done closes the open form.
func (p person) done() {
	p.t.Helper()
	p.quiet()
	p.press("Done")
	p.until("the form to close", hands+".act('Done', '#builder') === ''")
}

// makesAReceiver makes a receiver and gives its address.
func (p person) makesAReceiver() string {
	p.t.Helper()
	p.follow("Receivers")
	p.follow("New receiver")
	p.types("Name", "See what is sent")
	p.types("Answer body", `{"stored": true}`)
	p.follow("Make receiver")
	p.sees("The receiver is ready.", "Waiting for the first request")
	p.Screenshot("job-05-receiver")
	return p.Value("#receiver-url")
}

// makesTheWorkflow sends every answer but the polite ones to the receiver.
func (p person) makesTheWorkflow(hook string) {
	p.t.Helper()
	p.follow("Workflows")
	p.follow("An empty workflow")
	p.picks("Survey", 0, surveyName)
	p.types("Name", "Tell the baker")
	p.Screenshot("job-06-new-workflow")
	p.follow("Create workflow")
	p.sees("Not live yet: nothing runs until you put this workflow live.")

	p.follow("Put live and turn on") // nothing to do yet
	p.sees("Add at least one task.")
	p.press("Add the first task")
	task := p.in("#panel")
	task.until("the choice of steps", `new URLSearchParams(location.search).get("edit") === "add-0" && `+hands+".act('Web service', '#panel') !== ''")
	p.quiet()
	task.press("Web service")
	p.in("#panel").until("the task", `document.querySelector("#panel [data-autosave]") !== null`)
	p.staysUsable()
	task.types("URL", hook)
	task.types("Name of this task", "Write it down")
	task.picks("Format", 0, "JSON")
	for n, pair := range []struct{ key, search, kind string }{
		{"taste", askTaste, "Own type"},
		{"bought", askBought, "Own type"},
		{"rolls", askRolls, "Number"},
		{"name", askName, "Text"},
		{"shop", "shop", "Own type"},
		{"words", "own words", "Text"},
	} {
		task.press("Add key and value")
		task.typesNth("Key", n, pair.key)
		task.Click(p.find("the picker of the value", `[...document.querySelectorAll("#pairs [data-row] [data-pipe]")].filter((b) => b.checkVisibility())[`+js(n)+`] ? "#pairs [data-row='`+js(n)+`'] [data-pipe]" : ""`))
		p.Fill("#piped-search", pair.search)
		p.until("one match", `[...document.querySelectorAll("[data-piped-item]")].filter((i) => i.checkVisibility()).length >= 1`)
		p.Press(kb.ArrowDown + kb.Enter)
		p.until("the picker to close", `!document.querySelector("#piped:popover-open")`)
		task.picks("Type of the value", n, pair.kind)
	}
	p.quiet()
	p.Screenshot("job-07-task")
	task.press("Save draft")
	p.sees("The draft is saved.")

	p.press("Add a step before “Write it down”")
	task.until("the choice of steps", `new URLSearchParams(location.search).get("edit") === "add-0" && `+hands+".act('Code', '#panel') !== ''")
	p.quiet() // what was typed before may still be saved, which shows the choice anew
	task.press("Only if")
	p.in("#panel").picks("What is compared", 0, askTaste)
	p.in("#panel").picks("Comparison", 0, "is not")
	p.in("#panel").picks("Value", 0, "Very much")
	p.Press(kb.Enter) // saves, as everywhere
	p.in("#flow").sees(askTaste + " is not Very much")
	p.Screenshot("job-08-condition")
	p.follow("Put live and turn on")
	p.sees("Version 1 is live", "On: every event that fits starts a run.")
	p.Screenshot("job-09-on")
}

// answersOnAPhone answers as somebody on the way does, whose browser runs no scripts.
func answersOnAPhone(t *testing.T, link string) {
	t.Helper()
	p := comes(t, browsertest.New(t), link+"?shop=harbour", browsertest.View{Width: 375, Height: 812, NoScript: true})
	p.sees(surveyName, "Page 1 of 2", askTaste)
	p.Screenshot("job-10-phone")
	p.answers(askTaste, "Other")
	p.types("Other: what exactly?", `"Crisp", but <salty>`)
	p.answers(askBought, "Bread")
	p.answers(askBought, "Cake & pie")
	p.answers(askAgain, "7")
	p.follow("Next")
	p.sees("Page 2 of 2")
	p.types(askRolls, "12")
	p.types(askName, "Åsa Öst")
	p.types(askWishes, "Rye.\nAnd rolls!")
	p.Screenshot("job-11-phone-last")
	p.follow("Submit")
	p.sees("Thank you", "Your reference:")
	p.Screenshot("job-12-phone-thanks")
	p.Reload()
	p.sees("Your reference:")
}

// answersAtADesk makes mistakes, goes back, leaves and comes back. The condition of the workflow does not hold for it.
func answersAtADesk(t *testing.T, link string) {
	t.Helper()
	p := comes(t, browsertest.New(t), link, browsertest.View{})
	p.answers(askAgain, "10")
	p.follow("Next")
	p.sees("There is a problem", "Page 1 of 2")
	if p.Status() != http.StatusUnprocessableEntity || !strings.HasPrefix(p.Title(), "Error:") {
		t.Errorf("a page with errors has status %d and title %q", p.Status(), p.Title())
	}
	if !browsertest.Eval[bool](p.Page, `document.activeElement.matches(".error-summary")`) {
		t.Error("the error summary does not have the focus")
	}
	p.Screenshot("job-13-desk-error")
	p.in(".error-summary").press(askTaste)
	if !browsertest.Eval[bool](p.Page, `document.activeElement.closest("fieldset")?.innerText.includes(`+js(askTaste)+`)`) {
		t.Error("the error summary does not lead to the question")
	}
	p.Press(" ") // chooses what has the focus: the first answer
	p.follow("Next")
	p.sees("Page 2 of 2")
	p.types(askRolls, "lots")
	p.follow("Back")
	p.sees("Page 1 of 2")
	p.until("what was answered", `document.querySelectorAll("input[type=radio]:checked").length === 2`)
	p.follow("Next")
	if got := p.Value(p.field(askRolls, 0)); got != "lots" {
		t.Errorf("Back lost what was typed: %q", got)
	}
	p.follow("Submit")
	p.sees("There is a problem", "Enter a number")
	p.types(askRolls, "3")
	p.types(askName, "Bo")
	p.follow("Back")
	p.Goto(link) // left, and come back
	p.sees("Page 1 of 2")
	p.follow("Next")
	p.follow("Submit")
	p.sees("Thank you")
}

// looksAtTheResponses finds both answers.
func (p person) looksAtTheResponses(i instance) {
	p.t.Helper()
	p.Goto(i.url)
	p.follow(surveyName)
	p.follow("Responses")
	p.until("two responses", `document.querySelectorAll("#responses tbody tr").length === 2`)
	p.sees("Complete", "Very much", "Bread")
	p.Screenshot("job-14-responses")
	p.Follow("#responses tbody tr:last-child a")
	p.sees(`"Crisp", but <salty>`, "Åsa Öst", "harbour", "Public link")
	p.Screenshot("job-15-response")
}

// looksAtTheRuns finds the one run, and in it what was sent and what came back.
func (p person) looksAtTheRuns(i instance) {
	p.t.Helper()
	p.follow("Workflow runs")
	p.sees("Succeeded", "Tell the baker")
	if n := browsertest.Eval[int](p.Page, `document.querySelectorAll("#runs tbody tr").length`); n != 1 {
		p.t.Errorf("there are %d runs, want the one that met the condition", n)
	}
	p.Screenshot("job-16-runs")
	p.Follow("#runs tbody a")
	p.sees("Write it down", "Request", `"name": "Åsa Öst"`, "Response", `"stored": true`, "200")
	p.Screenshot("job-17-run")
}

// looksAtTheRequests reads what arrived.
func (p person) looksAtTheRequests(i instance) {
	p.t.Helper()
	p.follow("Receivers")
	p.follow("See what is sent")
	p.sees("POST", "application/json")
	p.Screenshot("job-18-request")
	var body map[string]any
	text := p.Text("#request-body")
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		p.t.Fatalf("the body is %s: %v", text, err)
	}
	want := map[string]any{
		"taste": "Other", "words": `"Crisp", but <salty>`, "bought": "Bread, Cake & pie", "rolls": 12.0, "name": "Åsa Öst", "shop": "harbour",
	}
	if !reflect.DeepEqual(body, want) {
		p.t.Errorf("the body is\n%s\nwant\n%s", text, js(want))
	}
	p.follow("RN_")
	p.sees("Run of Tell the baker")
}

// triesAgain replays the run, tests the workflow and tries its task: three more requests.
func (p person) triesAgain(i instance) {
	p.t.Helper()
	p.press("Replay")
	p.sees("Replay this run")
	p.follow("Replay")
	p.sees("The replay has started.")
	p.sees("Succeeded", "Replays")

	p.follow("Open workflow")
	p.press("Task 1") // Write it down
	p.in("#panel").picks("Try it with", 0, p.find("a response to try with", `[...(document.querySelector("#panel [name=responseId]")?.options ?? [])].map((o) => o.textContent.trim())[0] ?? ""`))
	p.in("#panel").press("Run test")
	p.in("#trial").sees("What happened", "Succeeded", `"stored": true`)
	p.Screenshot("job-19-run-test")

	p.follow("Test workflow")
	p.in("#panel").follow("Start test run")
	p.sees("Test", "Run of Tell the baker", "Succeeded", `"stored": true`)
	p.Screenshot("job-20-test-run")

	p.follow("Receivers")
	p.follow("See what is sent")
	p.until("four requests", `document.querySelectorAll("#requests li").length === 4`)
}

// turnsItOff turns the workflow off.
func (p person) turnsItOff(i instance) {
	p.t.Helper()
	p.follow("Workflows")
	p.follow("Tell the baker")
	p.follow("Turn off")
	p.sees("The workflow is off.", "Off: responses do not start this workflow.")
	p.Screenshot("job-21-off")
}
