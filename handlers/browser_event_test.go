package handlers_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
)

// sendEvent posts a body as another program does.
func (a *app) sendEvent(t *testing.T, address, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-API-TOKEN", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestAnEventIsCapturedAndItsFieldsAreAddedByKeyboard(t *testing.T) {
	a := newApp(t)
	a.person(ada)
	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), browsertest.View{})
	signInPage(a, p)
	p.Goto(a.server.URL + link.WorkflowNew())
	p.Screenshot("event-new")
	p.Click(`input[name=event][value=jsonEvent]`)
	p.Fill("#f-name", "Ask the buyer")
	p.Follow("form button.btn-primary")
	p.Wait("#event-url")
	address := p.Value("#event-url")
	if !strings.HasPrefix(address, a.base.App("/inbound-event/v1/events/json/triggers?urlTokenId=")) {
		t.Fatalf("the address is %s", address)
	}

	// A token for this workflow alone, shown once.
	p.Click(`button[formaction$="/event/token"]`)
	p.Wait("#event-token")
	token := p.Value("#event-token")
	p.CheckAccessibility()

	// The page listens, and shows what comes, without a reload.
	browsertest.Eval[bool](p, `(document.querySelector('button[value="capture:start"]').focus(), true)`)
	p.Press(kb.Enter)
	p.Wait("#event-sample[hx-trigger]")
	p.Screenshot("event-listening")
	if status := a.sendEvent(t, address, token, `{"customer":{"email":"ada@example.com","first-name":"Ada"},"items":[{"sku":"A-1","qty":2}]}`); status != 200 {
		t.Fatalf("the event is answered %d", status)
	}
	p.Wait("[data-found] li")
	if got := p.Text("[data-found]"); !strings.Contains(got, "$.customer.email") || !strings.Contains(got, "first-name") || !strings.Contains(got, "$.items[0].sku") {
		t.Errorf("the fields are %q", got)
	}

	// One press adds a field, which is saved by itself.
	browsertest.Eval[bool](p, `(document.querySelector('[data-take="$.customer.email"]').focus(), true)`)
	p.Press(kb.Enter)
	p.Settle()
	id := strings.TrimPrefix(strings.Split(strings.TrimPrefix(p.URL(), a.server.URL), "?")[0], "/workflows/")
	fields := func() []models.EventField {
		w, err := a.store.Workflow(t.Context(), a.actor(ada), id)
		if err != nil {
			t.Fatal(err)
		}
		return w.Draft.V.Event.Fields
	}
	eventually(t, "the field is saved", func() bool {
		f := fields()
		return len(f) == 1 && f[0] == models.EventField{Name: "email", Path: "$.customer.email"}
	})
	p.Screenshot("event-fields")
	for _, v := range pageViews {
		q := chromium.Open(a.server.URL+frame.EditorPath(id, frame.EditEvent), v)
		q.CheckFits()
		q.CheckAccessibility()
		q.Screenshot("event-panel")
		q.Goto(a.server.URL + frame.EditorPath(id, frame.EditTest))
		q.CheckAccessibility()
		q.Screenshot("event-test")
	}
	p.Goto(a.server.URL + frame.EditorPath(id, frame.EditCondition))
	if !browsertest.Eval[bool](p, `document.getElementById("piped").textContent.includes("ada@example.com")`) {
		t.Error("the picker has no example of the event")
	}
}
