package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestResponsesAreListedPageByPageWithTheirAnswers(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, _ := a.sample(t, b)
	first := b.get(link.Responses(id)).is(http.StatusOK).says("thead", "How did you like the exhibition?").
		says("tbody", "Something else: I fell asleep").says("tbody", "Painting, Photography, Café")
	if n := first.Find("tbody tr").Length(); n != 50 {
		t.Errorf("the first page has %d rows", n)
	}
	if got := first.words("nav[aria-label=Status]"); got != "Recorded 54Complete 48Partial 6In progress 6" {
		t.Errorf("the filters say %q", got)
	}
	older := first.Find("a[rel=next]").AttrOr("href", "")
	second := b.get(older).is(http.StatusOK)
	if n := second.Find("tbody tr").Length(); n != 4 {
		t.Errorf("the second page has %d rows", n)
	}
	if back := second.Find("a[rel=prev]").AttrOr("href", ""); back != link.Responses(id) {
		t.Errorf("newer leads to %q", back)
	}
	if n := b.get(link.With(link.Responses(id), "state", "in progress")).is(http.StatusOK).Find("tbody tr").Length(); n != 6 {
		t.Errorf("%d are in progress", n)
	}
	b.get(link.With(link.Responses(id), "state", "nonsense")).is(http.StatusOK)
	b.get(link.With(link.Responses(id), "after", "nonsense")).is(http.StatusUnprocessableEntity).says("main", "does not exist")
}

func TestAResponseIsShownWithEverythingAndDeleted(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, response := a.sample(t, b)
	p := b.get(link.Response(id, response)).is(http.StatusOK).says("h1", "Response of 1 Nov 2026").
		says("main", "The blue one").says("main", "not answered").says("main", "Public link").says("main", "gold").says("main", "newsletter")
	if p.Find(`a[href="`+link.With(link.Runs(), "response", response)+`"]`).Length() != 1 {
		t.Error("nothing leads to the runs of the response")
	}
	b.post(link.ResponseDelete(id, response)).to(link.Responses(id))
	b.get(link.Response(id, response)).is(http.StatusNotFound)
	b.post(link.ResponseDelete(id, response)).is(http.StatusNotFound)
	b.get(link.Responses(id)).says("nav[aria-label=Status]", "Recorded 53")
}

func TestASurveyWithoutResponsesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id := b.survey("Lunch")
	b.get(link.Responses(id)).is(http.StatusOK).says("main", "Put it live and share its link")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "text", "How?", "choices[0].text", "Well").to("")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to("")
	if got := b.get(link.Responses(id)).is(http.StatusOK).Find("#public-url").AttrOr("value", ""); !strings.HasPrefix(got, a.server.URL+"/s/") {
		t.Errorf("the link is %q", got)
	}
}

func TestTheListAsksForNewResponsesAndStaysWhenThereAreNone(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	id, response := a.sample(t, b)
	refresh := b.get(link.Responses(id)).is(http.StatusOK).Find("#responses").AttrOr("hx-get", "")
	b.header.Set("HX-Request", "true")
	b.get(refresh).is(http.StatusNoContent)
	b.post(link.ResponseDelete(id, response))
	b.get(refresh).is(http.StatusOK).says("#responses nav", "Recorded 53")
}

func TestTheListSaysWhomAFullQuotaEnded(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	id, response := a.sample(t, b)
	r, err := a.store.Response(t.Context(), a.actor(ada), id, response)
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.State = models.NewID(models.PrefixResponse), models.ResponseCompleted
	r.Fields.V = map[string]string{models.FieldTerminated: models.QuotaMet, models.FieldQuota: "QO_1"}
	live, err := a.store.LiveSurvey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.store.Accept(acceptance(r, live.Survey.LiveRev)); err != nil {
		t.Fatal(err)
	}
	b.get(link.Responses(id)).says("tbody", "Complete, over quota")
	b.get(link.Response(id, r.ID)).says("main", "Complete, over quota")
}
