package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience bounds every single action. What a page has not done by then it will not do: nobody waits so long unless a
// test fails, and a machine that does other things is no reason for it to.
const patience = 90 * time.Second

// phone is the width below which a view behaves as a phone: touch, and the page's own viewport rule.
const phone = 600

// View is how a page is looked at. The zero View is a desktop: 1280 by 800, light, with JavaScript.
type View struct {
	Width    int // CSS pixels, 1280 when 0; below 600 a phone is emulated
	Height   int // CSS pixels, 800 when 0
	Dark     bool
	NoScript bool
}

// String names the view in file names and messages, such as "375-dark-noscript".
func (v View) String() string {
	name := fmt.Sprintf("%d-light", v.width())
	if v.Dark {
		name = fmt.Sprintf("%d-dark", v.width())
	}
	if v.NoScript {
		name += "-noscript"
	}
	return name
}

func (v View) width() int {
	if v.Width == 0 {
		return 1280
	}
	return v.Width
}

func (v View) height() int {
	if v.Height == 0 {
		return 800
	}
	return v.Height
}

// Page is one tab. Every method fails the test at once when it does not succeed within patience. Its methods are not safe
// for concurrent use.
//
// Selectors are CSS. Whatever a method does or reads, it first waits until the page has loaded and has taken in what the
// server answered to what was done before, as a person does who looks at the page: see Settle. An action on an element
// waits until that is visible, too.
type Page struct {
	tb     testing.TB
	ctx    context.Context // chromedp's handle on the tab
	view   View
	watch  *watch
	status int
	held   point // where Hold pressed the button of the mouse
}

// Open opens url in a new tab, which closes when the test ends.
func (b *Browser) Open(url string, view View) *Page {
	b.tb.Helper()
	w := &watch{}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithListener(w.event))
	p := &Page{tb: b.tb, ctx: ctx, view: view, watch: w}
	b.tb.Cleanup(func() {
		complaints := p.Complaints()
		cancel()
		for _, complaint := range complaints {
			b.tb.Errorf("browser (%s): %s", view, complaint)
		}
	})
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first action
		b.tb.Fatalf("open a tab: %v", err)
	}
	p.do("set up the view", p.emulate())
	p.Goto(url)
	return p
}

// emulate applies the view to the tab.
func (p *Page) emulate() chromedp.Action[chromedp.Void] {
	scheme := "light"
	if p.view.Dark {
		scheme = "dark"
	}
	var mobile []chromedp.EmulateViewportOption
	if p.view.width() < phone {
		mobile = append(mobile, chromedp.EmulateMobile, chromedp.EmulatePortrait)
	}
	return chromedp.Steps(
		chromedp.EmulateViewport(int64(p.view.width()), int64(p.view.height()), mobile...),
		allowScripts(!p.view.NoScript),
		// Without motion a screenshot and a contrast check see the end of every transition.
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
	)
}

// allowScripts switches the scripts of the page.
func allowScripts(allowed bool) chromedp.Action[chromedp.Void] {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// Goto loads url and waits for the page.
func (p *Page) Goto(url string) {
	p.tb.Helper()
	p.follow("go to "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.tb.Helper()
	p.follow("reload", chromedp.Reload())
}

// Follow clicks an element (a link, a submit button) and waits for the page that it leads to. For a click
// that leads to no other page, use Click and Wait.
func (p *Page) Follow(selector string) {
	p.tb.Helper()
	p.follow("follow "+selector, p.click(selector))
}

// Click clicks the middle of an element.
func (p *Page) Click(selector string) {
	p.tb.Helper()
	p.do("click "+selector, p.click(selector))
}

// Hold presses the button of the mouse on an element and keeps it pressed; LetGo releases it there, whatever is there then.
func (p *Page) Hold(selector string) {
	p.tb.Helper()
	p.held = run(p, "press the mouse on "+selector, p.hold(selector))
}

// LetGo releases the button of the mouse after Hold.
func (p *Page) LetGo() {
	p.tb.Helper()
	p.do("release the mouse", mouse(chromedp.MouseReleased, p.held))
}

// Fill replaces the text of a field, or of a text that is edited in place, key by key as a person does.
func (p *Page) Fill(selector, text string) {
	p.tb.Helper()
	run(p, "fill "+selector, ask[bool](settled(visible(selector, `e.scrollIntoViewIfNeeded(), e.focus(), e.select ? e.select() : getSelection().selectAllChildren(e), true`))))
	if text == "" {
		text = "\b"
	}
	p.do("fill "+selector, chromedp.KeyEvent(strings.ReplaceAll(text, "\n", "\r")))
}

// Choose selects the option of a select element that has this value.
func (p *Page) Choose(selector, value string) {
	p.tb.Helper()
	run(p, "choose in "+selector, ask[bool](settled(visible(selector,
		`(e.value = `+literal(value)+`, e.value === `+literal(value)+`) && (["input", "change"].forEach((kind) => e.dispatchEvent(new Event(kind, {bubbles: true}))), true)`))))
}

// Press sends keys to whatever has the focus, such as kb.Tab or kb.Enter of chromedp.
func (p *Page) Press(keys string) {
	p.tb.Helper()
	p.Settle()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// PressWithControl sends keys while Control is held.
func (p *Page) PressWithControl(keys string) {
	p.tb.Helper()
	p.Settle()
	p.do("press keys with Control", chromedp.KeyEvent(keys, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// Settle waits until the page has loaded, no other page is on its way, and no exchange with the server is under way. It does
// not know of one that is yet to start, such as a save after a pause, nor of what a script fetches without htmx.
func (p *Page) Settle() {
	p.tb.Helper()
	run(p, "let the page work", ask[bool](settled("true")))
}

// Wait waits until an element is visible.
func (p *Page) Wait(selector string) {
	p.tb.Helper()
	run(p, "wait for "+selector, ask[bool](settled(visible(selector, "true"))))
}

// WaitGone waits until no element matches.
func (p *Page) WaitGone(selector string) {
	p.tb.Helper()
	p.Until("the end of "+selector, "document.querySelector("+literal(selector)+") === null")
}

// Until waits until a JavaScript expression about the page is true. The page may become another one meanwhile.
func (p *Page) Until(what, expression string) {
	p.tb.Helper()
	Await[bool](p, what, "Boolean("+expression+")")
}

// Says waits until the visible text of an element contains this text.
func (p *Page) Says(selector, text string) {
	p.tb.Helper()
	p.Until(selector+" to say “"+text+"”", "document.querySelector("+literal(selector)+")?.innerText.includes("+literal(text)+")")
}

// Text returns the visible text of an element.
func (p *Page) Text(selector string) string {
	p.tb.Helper()
	return run(p, "read "+selector, ask[string](settled(present(selector, `e.getClientRects().length > 0 ? e.innerText : ""`))))
}

// Value returns what a field holds.
func (p *Page) Value(selector string) string {
	p.tb.Helper()
	return run(p, "read the value of "+selector, ask[string](settled(present(selector, "e.value"))))
}

// Title returns the title of the page.
func (p *Page) Title() string {
	p.tb.Helper()
	p.Settle()
	return run(p, "read the title", chromedp.Title())
}

// URL returns the address of the page.
func (p *Page) URL() string {
	p.tb.Helper()
	p.Settle()
	return run(p, "read the address", chromedp.Location())
}

// Status returns the HTTP status of the page as it was loaded last.
func (p *Page) Status() int { return p.status }

// Complaints returns what the browser complained about since the last call, and forgives it. A test that
// expects a complaint takes it with this; what is left at its end fails it.
func (p *Page) Complaints() []string {
	p.where() // a round trip: what the browser said before its answer has arrived with it
	return p.watch.take()
}

// Eval evaluates a JavaScript expression in the page and awaits a promise. It also works in a page whose own
// scripts are off, except for timers.
func Eval[T any](p *Page, expression string) T {
	p.tb.Helper()
	p.Settle()
	return run(p, "evaluate", chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Await evaluates a JavaScript expression about the page until it gives something: not null, false, 0 or an empty text. The
// page may become another one meanwhile.
func Await[T any](p *Page, what, expression string) T {
	p.tb.Helper()
	return run(p, "wait for "+what, ask[T](settled("((found) => found || null)("+expression+")")))
}

// Screenshot writes a picture of the whole page to SCREENSHOT_DIR as NAME-VIEW.png. It does nothing when
// that is not set.
func (p *Page) Screenshot(name string) {
	p.tb.Helper()
	dir := os.Getenv("SCREENSHOT_DIR")
	if dir == "" {
		return
	}
	p.Settle()
	png := run(p, "take a screenshot", chromedp.FullScreenshot(100))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+"-"+p.view.String()+".png"), png, 0o644); err != nil {
		p.tb.Fatal(err)
	}
}

// follow runs an action that loads a page, and keeps its status.
func (p *Page) follow(what string, action chromedp.Action[chromedp.Void]) {
	p.tb.Helper()
	response := run(p, what, func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, action)
	})
	p.status = 0
	if response != nil {
		p.status = int(response.Status)
	}
}

// do runs actions without a value.
func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.tb.Helper()
	run(p, what, chromedp.Steps(actions...))
}

// run runs one action within patience.
func run[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.tb.Fatalf("%s (%s): %v%s", what, p.view, err, p.where())
	}
	return value
}

// where tells, as far as it can be read, the address of the page and what it is still at work on, for a message.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.location + [...document.querySelectorAll(`+literal(atWork)+`)].map((e) => ", at work: " + e.cloneNode().outerHTML).join("")`))
	if err != nil {
		return ""
	}
	return " on " + at
}

// command is an action that sends one protocol command and drops its empty answer.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, cmd, params)
		return chromedp.Void{}, err
	}
}
