package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
)

// focused describes what has the focus, in words, and whether a person sees that it has.
const focused = `(() => {
	const e = document.activeElement;
	const words = (t) => (t ?? "").replace(/\s+/g, " ").trim();
	const name = words(e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || e.value);
	const box = e.getBoundingClientRect();
	const marked = (x, pseudo) => {
		const s = getComputedStyle(x, pseudo);
		return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || (x === e && !pseudo && s.boxShadow !== "none");
	};
	// Around itself, what lies over a row, or what stands beside an input that is not shown.
	const ring = [e, e.parentElement, e.nextElementSibling].some((x) => x && (marked(x) || marked(x, "::after") || marked(x, "::before")));
	const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
	const covered = at !== null && !e.contains(at) && !at.contains(e) && !(e.labels && [...e.labels].some((l) => l.contains(at)));
	const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0;
	return {name, tag: e.localName, ring, seen: inView && !covered, top: box.top + scrollY, left: box.left};
})()`

type focus struct {
	Name string  `json:"name"`
	Tag  string  `json:"tag"`
	Ring bool    `json:"ring"` // something shows that it has the focus
	Seen bool    `json:"seen"` // it is in view and nothing covers it
	Top  float64 `json:"top"`
	Left float64 `json:"left"`
}

// focus gives what has the focus, once it is shown as it will stay: transitions, however short, take a few frames.
func (p person) focus() focus {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; {
		if at := browsertest.Eval[focus](p.Page, focused); at.Ring && at.Seen || at.Tag == "body" {
			return at
		}
		browsertest.Eval[bool](p.Page, "new Promise((frame) => requestAnimationFrame(() => frame(true)))")
	}
	return browsertest.Eval[focus](p.Page, focused)
}

// tabs presses Tab until the focus is on what has that name, and checks on the way that the focus can be seen.
func (p person) tabs(name string) focus {
	p.t.Helper()
	var way []string
	for range 80 {
		p.Press(kb.Tab)
		at := p.focus()
		if at.Tag == "body" || at.Tag == "html" {
			continue
		}
		way = append(way, at.Name)
		if !at.Ring {
			p.t.Errorf("%s: nothing shows that the %s “%s” has the focus", p.URL(), at.Tag, at.Name)
		}
		if !at.Seen {
			p.t.Errorf("%s: the %s “%s” has the focus and is not in sight", p.URL(), at.Tag, at.Name)
		}
		if strings.HasPrefix(at.Name, name) {
			return at
		}
	}
	p.t.Fatalf("%s: Tab does not lead to “%s”, but to\n%s", p.URL(), name, strings.Join(way, "\n"))
	return focus{}
}

// opens waits for the page that a key led to.
func (p person) opens(title string) {
	p.t.Helper()
	p.until("the page “"+title+"”", "document.readyState === 'complete' && document.title.includes("+js(title)+")")
}

// TestTheSameJobByKeyboardAlone signs in, changes a survey, puts it live and answers it without a mouse.
func TestTheSameJobByKeyboardAlone(t *testing.T) {
	t.Parallel()
	demo := startDemo(t, nil, "--port", portOfItsOwn(t))
	b := browsertest.New(t)
	p := comes(t, b, demo.told(t, "Open"), browsertest.View{})
	p.until("the focus to be on the e-mail address", `document.activeElement.name === "email"`)
	p.Press(demo.told(t, "Sign in"))
	p.tabs("Password")
	p.Press(demo.told(t, "Password") + kb.Enter)
	p.opens("Surveys")

	p.Press(kb.Tab)
	if at := p.focus(); at.Name != "Skip to content" || !at.Seen {
		t.Errorf("the first Tab leads to “%s” (seen: %t), not to the skip link", at.Name, at.Seen)
	}
	p.Press(kb.Enter)
	p.until("the focus to skip the navigation", `document.activeElement.id === "main"`)
	p.tabs("First week at Harbour Coffee")
	p.Press(kb.Enter)
	p.opens("First week at Harbour Coffee")
	p.inOrder()

	p.tabs("Add question")
	p.Press(kb.Enter)
	p.until("the search of types to have the focus", `document.activeElement.type === "search"`)
	p.Press("Number")
	p.tabs("Number")
	p.Press(kb.Enter)
	p.until("the new question's text to have the focus", `document.activeElement.id === "f-text-rich"`)
	p.Press("How old is your coffee maker?")
	p.tabs("An answer is required")
	p.Press(" ")
	p.tabs("Done")
	p.Press(kb.Enter)
	p.until("the form to close", hands+".act('Done', '#builder') === ''")
	p.sees("How old is your coffee maker? (required)")
	p.moves("How old is your coffee maker?")

	p.Reload() // from the top again
	p.tabs("Put live")
	p.Press(kb.Enter)
	p.opens("First week at Harbour Coffee")
	p.sees("Your survey is live.")
	link := p.Value(p.field("Address", 0))

	respondent := comes(t, browsertest.New(t), link, browsertest.View{})
	respondent.answersByKeyboard()
}

// inOrder checks that Tab follows the reading order: never far up again within the content.
func (p person) inOrder() {
	p.t.Helper()
	p.Press(kb.Tab + kb.Enter)
	p.until("the focus to skip the navigation", `document.activeElement.id === "main"`)
	var names []string
	last := focus{}
	for range 25 {
		p.Press(kb.Tab)
		at := p.focus()
		inMain := browsertest.Eval[bool](p.Page, `document.querySelector("main").contains(document.activeElement)`)
		if !inMain {
			break
		}
		names = append(names, at.Name)
		if at.Top < last.Top-60 && at.Left <= last.Left {
			p.t.Errorf("Tab jumps up from “%s” to “%s”:\n%s", last.Name, at.Name, strings.Join(names, "\n"))
		}
		last = at
	}
	p.Reload()
}

// moves moves the question that was added last up and checks that the focus goes with it.
func (p person) moves(question string) {
	p.t.Helper()
	const order = `[...document.querySelectorAll("#builder li[id^=QID] h3 a")].map((e) => e.innerText)`
	before := browsertest.Eval[[]string](p.Page, order)
	at := slices.Index(before, question)
	if at < 1 {
		p.t.Fatalf("the questions are %q", before)
	}
	p.Reload()
	up := fmt.Sprintf("Move question %d up", at+1)
	p.tabs(up)
	p.Press(kb.Enter)
	p.until("the question to move", order+"["+js(at-1)+"] === "+js(question))
	p.until("the focus to stay on the button", `document.activeElement.getAttribute("aria-label") === `+js(fmt.Sprintf("Move question %d up", at)))
}

// answersByKeyboard fills every page with the keyboard until the end.
func (p person) answersByKeyboard() {
	p.t.Helper()
	for range 10 {
		for range 60 {
			p.Press(kb.Tab)
			at := p.focus()
			if at.Tag != "body" && (!at.Ring || !at.Seen) {
				p.t.Errorf("%s: the %s “%s” has the focus, seen: %t, marked: %t", p.URL(), at.Tag, at.Name, at.Seen, at.Ring)
			}
			switch browsertest.Eval[string](p.Page, `document.activeElement.type ?? ""`) {
			case "radio", "checkbox":
				p.Press(" ")
			case "text", "textarea":
				p.Press("3")
			case "submit":
				if at.Name == "Next" || at.Name == "Submit" {
					page := browsertest.Eval[string](p.Page, "performance.timeOrigin + ''")
					p.Press(kb.Enter)
					p.until("the next page", "document.readyState === 'complete' && performance.timeOrigin + '' !== "+js(page))
					goto next
				}
			}
		}
		p.t.Fatalf("Tab does not lead to the end of %s", p.URL())
	next:
		if browsertest.Eval[bool](p.Page, `document.querySelector("form") === null`) {
			p.sees("Thank you")
			return
		}
	}
	p.t.Error("the survey never ends")
}
