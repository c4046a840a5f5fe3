package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/models"
)

// receiver makes a receiver through the pages and gives its id. Of a field that is given twice the first counts.
func (b *browser) receiver(pairs ...string) string {
	b.app.t.Helper()
	at := b.post(link.Receivers(), append(pairs, "name", "Try out", "status", "200", "delay", "0", "contentType", "text/plain")...).to("")
	id := strings.TrimPrefix(at, link.Receivers()+"/")
	if !models.ValidID(models.PrefixReceiver, id) {
		b.app.t.Fatalf("the new receiver is at %s", at)
	}
	return id
}

// arrives records a request as the public address does.
func (a *app) arrives(receiver string, r models.ReceivedRequest) string {
	a.t.Helper()
	r.ID, r.ReceiverID = models.NewOrderedID(models.PrefixRequest, r.At), receiver
	if err := a.store.RecordRequests(a.t.Context(), []models.ReceivedRequest{r}); err != nil {
		a.t.Fatal(err)
	}
	return r.ID
}

func TestAReceiverShowsWhatArrivesWhileItsPageIsOpen(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	b.get(link.Receivers()).is(http.StatusOK).says("main", "No receivers yet")
	id := b.receiver()
	p := b.get(link.Receiver(id)).is(http.StatusOK).says("#requests", "Waiting for the first request")
	if address := p.Find("#receiver-url").AttrOr("value", ""); !strings.HasPrefix(address, a.server.URL+"/receiver/") {
		t.Errorf("the address is %q", address)
	}
	poll := p.Find("#requests").AttrOr("hx-get", "")
	if p.Find("#requests").AttrOr("hx-trigger", "") != "every 2s" {
		t.Error("the list does not refresh itself")
	}
	b.header.Set("HX-Request", "true")
	b.get(poll).is(http.StatusNoContent)

	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	first := a.arrives(id, models.ReceivedRequest{
		Method: "POST", Path: "/tickets?a=1", Body: `{"a":{"b":1}}`, Size: 13, At: at, IP: "192.0.2.1",
		Headers: models.JSON[[]models.Header]{V: []models.Header{{Name: "X-Surveyflow-Run", Value: "RN_0123456789abcde"}, {Name: "X-It's", Value: "it's"}}},
	})
	news := b.get(poll).is(http.StatusOK).says("#requests", "/tickets?a=1").says("#request code#request-body", `"b": 1`)
	if news.Find("#request").AttrOr("hx-swap-oob", "") != "true" {
		t.Error("the first request is not shown in full beside the list")
	}
	b.header.Del("HX-Request")
	full := b.get(link.ReceiverRequest(id, first)).is(http.StatusOK).says("#request", "192.0.2.1").says("#request-curl", `'X-It'\''s: it'\''s'`)
	if full.Find("#request a[href='"+link.Run("RN_0123456789abcde")+"']").Length() != 1 {
		t.Error("the request does not lead to the run that sent it")
	}
	b.get(link.ReceiverRequest(id, "RQ_0123456789abcde")).is(http.StatusNotFound)
	b.get(link.Receivers()).says("td", "Try out").says("td", "1")

	b.post(link.ReceiverClear(id)).to(link.Receiver(id))
	b.get(link.Receiver(id)).says("#requests", "Waiting for the first request")
	b.post(link.ReceiverDelete(id)).to(link.Receivers())
	b.get(link.Receiver(id)).is(http.StatusNotFound)
}

func TestWhatAReceiverRecordsStaysText(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id := b.receiver("name", nasty, "body", nasty)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	request := a.arrives(id, models.ReceivedRequest{
		Method: nasty, Path: nasty, Body: "</textarea>" + nasty, IP: nasty, At: at,
		Headers: models.JSON[[]models.Header]{V: []models.Header{{Name: nasty, Value: nasty}, {Name: "Content-Type", Value: nasty}, {Name: "X-Surveyflow-Run", Value: nasty}}},
	})
	for _, path := range []string{link.Receivers(), link.Receiver(id), link.ReceiverRequest(id, request), link.With(link.ReceiverRequests(id), "newest", "x")} {
		if path == link.With(link.ReceiverRequests(id), "newest", "x") {
			b.header.Set("HX-Request", "true")
		}
		p := b.get(path).is(http.StatusOK)
		noScripts(t, p)
		if !strings.Contains(p.text, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("%s does not show what was recorded", path)
		}
	}
}

func TestAReceiversFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	bad := []string{"name", "", "status", "99", "delay", "soon", "contentType", "text/html", "body", strings.Repeat("x", models.ReceiverMaxAnswer+1)}
	p := b.post(link.Receivers(), bad...).is(http.StatusUnprocessableEntity)
	for _, field := range []string{"name", "status", "delay", "contentType", "body"} {
		if p.Find("#f-"+field+"-error").Length() != 1 {
			t.Errorf("nothing is said about %s", field)
		}
	}
	if p.value("status") != "99" || p.value("delay") != "soon" || len(p.value("body")) != models.ReceiverMaxAnswer+1 {
		t.Error("the form lost what was typed")
	}
	id := b.receiver()
	for _, status := range []string{"100", "600", "abc", ""} {
		b.post(link.Receiver(id), "name", "x", "status", status, "contentType", "text/plain").is(http.StatusUnprocessableEntity)
	}
	b.post(link.Receiver(id), "name", "Slow", "status", "503", "delay", "60000", "contentType", "application/xml", "body", "<busy/>\r\n").to(link.Receiver(id))
	r, err := a.store.Receiver(t.Context(), a.actor(ada), id)
	if err != nil || r.Name != "Slow" || r.Status != 503 || r.DelayMS != 60000 || r.ContentType != "application/xml" || r.Body != "<busy/>\n" {
		t.Errorf("saved %+v, %v", r, err)
	}
	b.get(link.Receiver(id)).says("summary", "503 Service Unavailable, application/xml, after 1 min 0 s")
}

func TestReceiversAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("admin@example.com")
	owner, other := a.person(ada), a.person(bob)
	id := owner.receiver()
	request := a.arrives(id, models.ReceivedRequest{Method: "GET", At: time.Now().UTC()})
	for _, path := range []string{link.Receiver(id), link.ReceiverRequests(id), link.ReceiverRequest(id, request)} {
		other.get(path).is(http.StatusNotFound)
	}
	for _, path := range []string{link.Receiver(id), link.ReceiverClear(id), link.ReceiverDelete(id)} {
		other.post(path, "name", "Mine", "status", "200", "contentType", "text/plain").is(http.StatusNotFound)
	}
	if mine := other.receiver(); mine == id {
		t.Fatal("two receivers have one id")
	} else {
		other.get(link.ReceiverRequest(mine, request)).is(http.StatusNotFound)
	}
}
