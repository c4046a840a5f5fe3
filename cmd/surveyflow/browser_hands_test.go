package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"surveyflow/internal/browsertest"
)

// hands finds what a person would: buttons and links by what they say, fields by their labels, answers by their
// question. It gives CSS paths, because a page that refreshes itself replaces elements between two commands.
const hands = `(() => {
	const words = (text) => (text ?? "").replace(/\s+/g, " ").trim();
	const seen = (e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
	const says = (e) => words(e.getAttribute("aria-label") || e.innerText || e.textContent);
	const label = (l) => words([...l.childNodes].filter((n) => n.nodeType === 3 || !n.matches("[class*=text-muted], .required")).map((n) => n.textContent).join(" "));
	const path = (e) => {
		const parts = [];
		for (; e && e !== document.documentElement; e = e.parentElement) {
			if (e.id && document.querySelectorAll("#" + CSS.escape(e.id)).length === 1) { parts.unshift("#" + CSS.escape(e.id)); break; }
			parts.unshift(e.localName + ":nth-child(" + ([...e.parentElement.children].indexOf(e) + 1) + ")");
		}
		return parts.join(" > ");
	};
	const within = (scope) => (scope ? document.querySelector(scope) : document.querySelector("dialog:modal")) ?? document.createElement("i");
	const root = (scope) => !scope && !document.querySelector("dialog:modal") ? document.body ?? document.createElement("i") : within(scope);
	const best = (all, text, of) => all.find((e) => of(e) === text) ?? all.find((e) => of(e).startsWith(text)) ?? all.find((e) => of(e).includes(text));
	const at = (e) => e ? path(e) : "";
	return {
		act: (text, scope) => at(best([...root(scope).querySelectorAll("a[href], button:not([tabindex='-1']), summary")].filter(seen), text, says)),
		field: (text, scope, nth) => {
			// A formatted text is edited beside its field, which is hidden then.
			const shown = (c) => c && seen(c) ? c : document.getElementById(c?.id + "-rich");
			const fields = [...root(scope).querySelectorAll("label")].filter((l) => label(l) === text).map((l) => shown(l.control)).filter((c) => c && seen(c));
			return at(fields[nth]);
		},
		option: (select, text) => [...(document.querySelector(select)?.options ?? [])].find((o) => words(o.textContent) === text)?.value ?? "",
		answer: (question, text) => {
			const group = [...document.querySelectorAll("fieldset")].find((f) => f.querySelector("legend")?.innerText.includes(question));
			return at(best([...(group?.querySelectorAll("label") ?? [])].filter(seen), text, (l) => words(l.innerText)));
		},
		reads: (text, scope) => words(root(scope)?.innerText).includes(words(text)),
		says,
	};
})()`

// person works with a page as somebody who reads it.
type person struct {
	*browsertest.Page
	t     testing.TB
	scope string // a selector of the part of the page that is looked at; empty for all of it, or the open dialog
}

// in looks at a part of the page only.
func (p person) in(selector string) person {
	p.scope = selector
	return p
}

// js writes values as JavaScript literals.
func js(values ...any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		texts[i] = string(text)
	}
	return strings.Join(texts, ", ")
}

// until waits for an expression about the page to be true.
func (p person) until(what, expression string) {
	p.t.Helper()
	p.find(what, fmt.Sprintf("(%s) ? 'yes' : ''", expression))
}

// find waits for an expression to give a text that is not empty.
func (p person) find(what, expression string) string {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the page says:\n%s", p.Text("body"))
		}
	}()
	return browsertest.Await[string](p.Page, what, expression)
}

func (p person) act(text string) string {
	p.t.Helper()
	return p.find("the button or link “"+text+"”", hands+".act("+js(text, p.scope)+")")
}

// press uses a button, link or disclosure that changes the page where it is.
func (p person) press(text string) {
	p.t.Helper()
	p.Click(p.act(text))
}

// follow uses a button or link that leads to another page.
func (p person) follow(text string) {
	p.t.Helper()
	p.Follow(p.act(text))
}

// field gives the path of the nth field of a label, counted from 0.
func (p person) field(label string, nth int) string {
	p.t.Helper()
	return p.find(fmt.Sprintf("the field “%s” (%d)", label, nth), hands+".field("+js(label, p.scope, nth)+")")
}

// types fills a field.
func (p person) types(label, text string) {
	p.t.Helper()
	p.typesNth(label, 0, text)
}

// typesNth fills one of several fields that have the same label.
func (p person) typesNth(label string, nth int, text string) {
	p.t.Helper()
	p.Fill(p.field(label, nth), text)
}

// picks chooses an option of a list by its words.
func (p person) picks(label string, nth int, option string) {
	p.t.Helper()
	field := p.field(label, nth)
	p.Choose(field, p.find("the option “"+option+"”", hands+".option("+js(field, option)+")"))
}

// ticks clicks a box or a radio button.
func (p person) ticks(label string) {
	p.t.Helper()
	p.Click(p.field(label, 0))
}

// answers chooses an answer of a question with choices.
func (p person) answers(question, choice string) {
	p.t.Helper()
	p.Click(p.find("the answer “"+choice+"”", hands+".answer("+js(question, choice)+")"))
}

// sees waits until the page says all of this.
func (p person) sees(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.until("“"+text+"”", hands+".reads("+js(text, p.scope)+")")
	}
}

// quiet waits until nothing that was typed is still on its way to the server.
func (p person) quiet() {
	p.t.Helper()
	p.until("that all is saved", `document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") === null && !document.querySelector("#saved")?.textContent.includes("Saving")`)
}
