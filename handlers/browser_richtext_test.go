package handlers_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
)

func TestTextsAreFormattedByKeyboard(t *testing.T) {
	a := newApp(t)
	b := a.person(ada)
	id := b.survey("Lunch")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", "Is 3 <4> 5?", "choices[0].id", "1", "choices[0].text", "Good", "choices[1].text", "Bad").to("")
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.With(link.SurveyBuild(id), "edit", "QID1"))
	holds := func(want string) {
		t.Helper()
		if got := p.Value("#f-text"); got != want {
			t.Errorf("the field holds %s\nwant            %s", got, want)
		}
	}
	stored := func(want string) {
		t.Helper()
		holds(want)
		eventually(t, "it is saved", func() bool { return a.draft(id).Question("QID1").Text == p.Value("#f-text") })
	}

	// What is typed without formatting stays plain, also with signs of markup in it. The label leads to the editor.
	p.Click(`label[for="f-text"]`)
	p.Press(" & <x>")
	holds("Is 3 <4> 5? & <x>")
	browsertest.Eval[bool](p, `(getSelection().selectAllChildren(document.activeElement), true)`)
	p.Press("How was ")
	p.PressWithControl("b")
	p.Press("lunch")
	if got := browsertest.Eval[string](p, `document.querySelector("[data-rich=f-text] [data-format=bold]").ariaPressed`); got != "true" {
		t.Errorf("the button of bold says pressed=%s", got)
	}
	p.PressWithControl("b")
	p.Press("?")
	stored("<p>How was <strong>lunch</strong>?</p>")

	// The field stays behind its editor when the form is drawn anew.
	browsertest.Eval[any](p, `document.querySelector("#QID1 form button[value=stay]").click()`)
	p.Settle()
	p.Wait("#f-text-rich")
	eventually(t, "the field is behind its editor", func() bool { return browsertest.Eval[int](p, `document.getElementById("f-text").offsetWidth`) <= 1 })
	browsertest.Eval[bool](p, `(getSelection().selectAllChildren(document.getElementById("f-text-rich")), getSelection().collapseToEnd(), true)`)
	p.Click("#f-text-rich")
	p.Press(kb.End)

	// Piped text goes to the cursor, and nothing but the subset is pasted.
	p.Press(kb.ArrowLeft)
	browsertest.Eval[bool](p, `(document.querySelector("[data-pipe=f-text]").focus(), true)`)
	p.Press(kb.Enter)
	p.Wait("#piped-search")
	token := browsertest.Eval[string](p, `document.querySelector("[data-insert]").dataset.insert`)
	p.Press(kb.ArrowDown)
	p.Press(kb.Enter)
	p.WaitGone("#piped:popover-open")
	holds("<p>How was <strong>lunch" + token + "</strong>?</p>")
	browsertest.Eval[bool](p, `(() => {
		const editor = document.getElementById("f-text-rich");
		getSelection().selectAllChildren(editor);
		const data = new DataTransfer();
		data.setData("text/html", "<h1>Lunch</h1><table><tr><td>was <i onclick='x()'>good</i></td></tr></table><script>x()</script><img src=x onerror=x()><ul><li><a href='javascript:x()'>one</a></li><li>two &lt; 3</li></ul>");
		return editor.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})()`)
	holds("<h3>Lunch</h3><p>was <em>good</em></p><ul><li>one</li><li>two &lt; 3</li></ul>")

	// A list and a link from the toolbar, which is one stop of Tab before the text.
	browsertest.Eval[bool](p, `(getSelection().selectAllChildren(document.getElementById("f-text-rich")), true)`)
	p.Press(kb.Backspace)
	browsertest.Eval[bool](p, `(document.querySelector("[data-rich=f-text] [data-format=clear]").click(), true)`)
	p.Press("See our site")
	p.PressWithControl("a")
	p.PressWithControl("k")
	p.Wait("#f-text-link")
	p.Press("javascript:alert(1)" + kb.Tab + kb.Enter)
	p.Wait("#f-text-link-error")
	p.Screenshot("richtext-link")
	p.CheckAccessibility()
	p.PressWithControl("a")
	p.Press("example.com/a" + kb.Tab + kb.Enter)
	holds(`<p><a href="https://example.com/a">See our site</a></p>`)
	browsertest.Eval[bool](p, `(document.querySelector("[data-rich=f-text] [data-format=bold]").focus(), true)`)
	p.Press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight + kb.Enter)
	stored(`<ul><li><a href="https://example.com/a">See our site</a></li></ul>`)
	p.CheckAccessibility()
	for _, view := range []browsertest.View{{Width: 320}, {Width: 375, Dark: true}} {
		small := chromium.Open(a.server.URL+link.With(link.SurveyBuild(id), "edit", "QID1"), view)
		small.Screenshot("richtext")
		small.CheckAccessibility()
		small.CheckFits()
	}

	p.Click("button[value=done]")
	p.Wait("#QID1 h3")
	p.Goto(a.server.URL + link.SurveyPreview(id))
	if got := browsertest.Eval[string](p, `document.querySelector(".rich li a").href`); got != "https://example.com/a" {
		t.Errorf("respondents are led to %q", got)
	}
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", "A <b>bold</b> word", "choices[0].id", "1", "choices[0].text", "Good", "choices[1].text", "Bad").to("")
	p.Goto(a.server.URL + link.SurveyPreview(id))
	if got := p.Text(".rich strong"); got != "bold" {
		t.Errorf("respondents see %q in bold", got)
	}
	p.CheckAccessibility()
	for _, complaint := range p.Complaints() {
		if !strings.Contains(complaint, "422") {
			t.Error(complaint)
		}
	}
}
