package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// actionTimeout bounds every single action. A page that needs longer is broken.
const actionTimeout = 20 * time.Second

// settleTimeout bounds how long an action waits for the exchanges of the page with the server: a test may
// hold one on purpose, and acts all the same.
const settleTimeout = 2 * time.Second

// atWork tells that the page waits for an answer of the server or is taking one in: htmx marks what does.
const atWork = `document.readyState !== "complete" || document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added") !== null`

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

// Page is one tab. Every method fails the test at once when it does not succeed within 20 s. Its methods
// are not safe for concurrent use.
//
// Selectors are CSS. An action on an element waits until that is visible. Clicks, keys and other entries also
// wait until the page has taken in what the server answered to the one before, as a person does who looks at
// the page: see Settle.
type Page struct {
	tb     testing.TB
	ctx    context.Context // chromedp's handle on the tab
	view   View
	watch  *watch
	status int
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
	p.Settle()
	p.follow("follow "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Click clicks an element.
func (p *Page) Click(selector string) {
	p.tb.Helper()
	p.Settle()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Fill replaces the text of a field, key by key as a person does.
func (p *Page) Fill(selector, text string) {
	p.tb.Helper()
	p.Settle()
	field := chromedp.CSS(selector)
	p.do("fill "+selector, chromedp.Clear(field), chromedp.SendKeys(field, text))
}

// Choose selects the option of a select element that has this value.
func (p *Page) Choose(selector, value string) {
	p.tb.Helper()
	p.Settle()
	p.do("choose in "+selector, chromedp.SetValue(chromedp.CSS(selector), value))
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

// Settle waits, for two seconds at most, until the page has no exchange with the server under way. It does
// not know of one that is yet to start, such as a save after a pause.
func (p *Page) Settle() {
	p.tb.Helper()
	for deadline := time.Now().Add(settleTimeout); !p.view.NoScript && time.Now().Before(deadline); {
		if !Eval[bool](p, atWork) {
			return
		}
		p.do("let the page work", chromedp.Sleep(10*time.Millisecond))
	}
}

// Wait waits until an element is visible.
func (p *Page) Wait(selector string) {
	p.tb.Helper()
	p.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// WaitGone waits until no element matches.
func (p *Page) WaitGone(selector string) {
	p.tb.Helper()
	p.do("wait for the end of "+selector, chromedp.WaitNotPresent(chromedp.CSS(selector)))
}

// Text returns the visible text of an element.
func (p *Page) Text(selector string) string {
	p.tb.Helper()
	return run(p, "read "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// Value returns what a field holds.
func (p *Page) Value(selector string) string {
	p.tb.Helper()
	return run(p, "read the value of "+selector, chromedp.Value(chromedp.CSS(selector)))
}

// Title returns the title of the page.
func (p *Page) Title() string {
	p.tb.Helper()
	return run(p, "read the title", chromedp.Title())
}

// URL returns the address of the page.
func (p *Page) URL() string {
	p.tb.Helper()
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
	return run(p, "evaluate", chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Screenshot writes a picture of the whole page to SCREENSHOT_DIR as NAME-VIEW.png. It does nothing when
// that is not set.
func (p *Page) Screenshot(name string) {
	p.tb.Helper()
	dir := os.Getenv("SCREENSHOT_DIR")
	if dir == "" {
		return
	}
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

// run runs one action within actionTimeout.
func run[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, actionTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.tb.Fatalf("%s (%s): %v%s", what, p.view, err, p.where())
	}
	return value
}

// where tells the address of the page for a message, as far as it can be read.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return ""
	}
	return " on " + address
}

// command is an action that sends one protocol command and drops its empty answer.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, cmd, params)
		return chromedp.Void{}, err
	}
}
