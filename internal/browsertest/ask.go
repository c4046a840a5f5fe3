package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// atWork selects what waits for an answer of the server or is taking one in: htmx marks it, and app.js marks a form that was
// sent and leads to another page.
const atWork = `.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, form[aria-busy="true"]`

// settled is an expression that gives null instead while the page loads or is at work. What it then looks at and does is one
// step for the page: nothing is replaced in between.
func settled(expression string) string {
	return `document.readyState !== "complete" || document.querySelector(` + literal(atWork) + `) !== null ? null : (` + expression + `)`
}

// present is an expression about the first element e that matches, null without one.
func present(selector, expression string) string {
	return `((e) => e === null ? null : (` + expression + `))(document.querySelector(` + literal(selector) + `))`
}

// visible is an expression about the first element e that matches, null or false unless it is shown.
func visible(selector, expression string) string {
	return present(selector, `e.getClientRects().length > 0 && (`+expression+`) || null`)
}

// literal writes a text for JavaScript.
func literal(text string) string {
	written, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts can be written
	}
	return string(written)
}

// ask is an action that evaluates an expression again and again until it does not give null. A page that another one
// replaces meanwhile cannot answer: the next one is asked.
func ask[T any](expression string) chromedp.Action[T] {
	return func(ctx context.Context, t *chromedp.Target) (T, error) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			found, err := chromedp.Evaluate[*T](expression, chromedp.EvalAwaitPromise)(ctx, t)
			_, gone := errors.AsType[*cdproto.Error](err)
			if found != nil || err != nil && !gone {
				return deref(found), err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return deref(found), errors.Join(ctx.Err(), err)
			}
		}
	}
}

func deref[T any](v *T) (value T) {
	if v != nil {
		value = *v
	}
	return value
}

// point is a place in the view, in CSS pixels.
type point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// hit is a function that tells whether what the mouse meets on its way (a path of elements, the innermost first) is an
// element, a part of it, or its label.
const hit = `(e, path) => path.includes(e) || [...(e.labels ?? [])].some((l) => path.includes(l))`

// click is an action that presses the button of the mouse on an element and releases it there.
func (p *Page) click(selector string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		at, err := p.hold(selector)(ctx, t)
		if err != nil {
			return chromedp.Void{}, err
		}
		return mouse(chromedp.MouseReleased, at)(ctx, t)
	}
}

// hold is an action that presses the button of the mouse on an element, and gives where that is. What is replaced or moves
// away between looking and pressing is aimed at anew.
func (p *Page) hold(selector string) chromedp.Action[point] {
	aim := settled(visible(selector, `(() => {
		e.scrollIntoViewIfNeeded();
		const box = e.getClientRects()[0], at = {x: box.x + box.width / 2, y: box.y + box.height / 2}, path = [];
		for (let on = document.elementFromPoint(at.x, at.y); on; on = on.parentElement) path.push(on);
		if (!(`+hit+`)(e, path)) return null;
		window.browsertestMet = false;
		document.addEventListener("pointerdown", (event) => {
			const now = document.querySelector(`+literal(selector)+`);
			window.browsertestMet = now !== null && (`+hit+`)(now, event.composedPath());
		}, {capture: true, once: true});
		return at;
	})()`))
	return func(ctx context.Context, t *chromedp.Target) (point, error) {
		for {
			at, err := ask[point](aim)(ctx, t)
			if err != nil {
				return at, fmt.Errorf("it is not there to be clicked: %w", err)
			}
			if _, err := mouse(chromedp.MousePressed, at)(ctx, t); err != nil {
				return at, err
			}
			if met, err := p.met(ctx, t); met || err != nil {
				return at, err
			}
			if _, err := mouse(chromedp.MouseReleased, point{-1, -1})(ctx, t); err != nil { // a click on nothing
				return at, err
			}
		}
	}
}

// mouse is an action that does something with the left button of the mouse.
func mouse(what input.DispatchMouseEventType, at point) chromedp.Action[chromedp.Void] {
	return command(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: what, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: 1})
}

// met tells whether the press of the mouse met what was aimed at. In a page without scripts nothing moves by itself.
func (p *Page) met(ctx context.Context, t *chromedp.Target) (bool, error) {
	if p.view.NoScript {
		return true, nil
	}
	return ask[bool]("window.browsertestMet === true")(ctx, t)
}
