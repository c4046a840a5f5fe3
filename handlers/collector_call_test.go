package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestTheWebhookOfACollectorIsSetUpOnItsPage(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	c := &models.Collector{Type: models.CollectorEmail, Name: "Customers", Open: true}
	if err := a.store.CreateCollector(t.Context(), a.actor(ada), id, c); err != nil {
		t.Fatal(err)
	}
	at := link.CollectorWebhook(id, c.ID)
	if b.get(link.Collector(id, c.ID)).Find(`a[href="`+at+`"]`).Length() != 1 {
		t.Error("the collector's page does not lead there")
	}
	b.get(at).is(http.StatusOK).says("#log", "Nobody has called yet").says("#parameters", "custom8")
	made := b.post(link.CollectorWebhookToken(id, c.ID)).is(http.StatusOK)
	ready := made.Find("#call-url").AttrOr("value", "")
	token := made.Find("#new-token").AttrOr("value", "")
	if len(token) != 40 || !strings.Contains(ready, token) {
		t.Fatalf("the token is %q, the address %q", token, ready)
	}
	if p := b.get(at); strings.Contains(p.text, token) {
		t.Error("the token is shown again")
	}

	// The address works as it is copied, with its two blanks filled in.
	res, err := http.Get(strings.NewReplacer("EMAIL", "eve%40example.com", "CRK", "order-1").Replace(ready)) //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the address is answered %d", res.StatusCode)
	}

	b.post(at, "email", "nobody", "crk", "k").is(http.StatusUnprocessableEntity).says("#try", "400").says("#call-answer", "Action failed").says("#log", "nobody")
	b.post(at, "email", "bob@example.com", "crk", "k", "custom1", `<b>"x"`).is(http.StatusOK).says("#call-answer", "Action processed correctly").
		says("#log", `custom1=<b>"x"`).says("#log", "Tried on this page").says("#log", "order-1").says("#log", "Webhook of Customers")
	b.post(at, "email", "bob@example.com", "crk", "k", "custom1", `<b>"x"`).says("#log", "The same call again")

	all, err := a.store.Collectors(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	b.get(link.CollectorWebhook(id, all[0].ID)).is(http.StatusOK).says("main", "A public link has no webhook")
	b.get(link.CollectorWebhook(b.survey("Another"), c.ID)).is(http.StatusNotFound)
}

func TestLinksWithDataAreMadeAndTaken(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, _ := a.sample(t, b)
	all, err := a.store.Collectors(t.Context(), a.actor(ada), id)
	if err != nil {
		t.Fatal(err)
	}
	at := link.CollectorData(id, all[0].ID)
	if b.get(link.SurveyCollectors(id)).Find(`a[href="`+at+`"]`).Length() != 1 {
		t.Error("the collectors' page does not lead there")
	}
	b.get(at).is(http.StatusOK).says("#links", "")
	p := b.get(at + "?" + url.Values{"referrer": {"a b/c?&é"}, "custom2": {"2"}}.Encode()).is(http.StatusOK)
	query, pairs := p.Find("#data-query").AttrOr("value", ""), p.Find("#data-pairs").AttrOr("value", "")
	if !strings.HasSuffix(query, "?referrer=a+b%2Fc%3F%26%C3%A9&custom2=2") || !strings.HasSuffix(pairs, "/referrer/a%20b%2Fc%3F&%C3%A9/custom2/2") {
		t.Errorf("the links are %s and %s", query, pairs)
	}
	for _, made := range []string{query, pairs} {
		res, err := http.Get(made) //nolint:noctx // a test's own server
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d", made, res.StatusCode)
		}
	}
}
