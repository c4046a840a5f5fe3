package handlers_test

import (
	"testing"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// The pages about what other systems pass on, with calls in the log, in a browser.
func TestCollectorWebhookInABrowser(t *testing.T) {
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	c := &models.Collector{Type: models.CollectorEmail, Name: "Customers", Open: true}
	if err := a.store.CreateCollector(t.Context(), a.actor("ada@example.com"), id, c); err != nil {
		t.Fatal(err)
	}
	chromium := browsertest.New(t)
	for i, view := range pageViews {
		p := chromium.Open(a.server.URL+link.SignIn(), view)
		if i == 0 {
			signInPage(a, p)
		}
		look := func(name string) {
			p.Screenshot(name)
			p.CheckAccessibility()
			p.CheckFits()
		}
		p.Goto(a.server.URL + link.CollectorWebhook(id, c.ID))
		p.Fill("#try-email", "bob@example.com")
		p.Fill("#try-crk", "chat-4711")
		p.Click("#try form button.btn:not([data-copy])")
		p.Wait("#call-answer")
		look("webhook-tried")
		p.Click("#address form button")
		p.Wait("#new-token")
		look("webhook-token")
		p.Goto(a.server.URL + link.CollectorData(id, c.ID))
		look("link-data")
		p.Goto(a.server.URL + link.SettingsAPI())
		look("tokens")
		p.Click("#tokens tbody a")
		p.Wait("#f-rate")
		look("token-limits")
	}
}
