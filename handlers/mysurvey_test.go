package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestMySurveysShowsWhatWasSentToMeAndNothingElse(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	grace := a.person("grace@example.com")
	survey, _ := a.sample(t, b)
	actor := a.actor(ada)
	collector := &models.Collector{Type: models.CollectorEmail, Name: "Staff", Open: true}
	if err := a.store.CreateCollector(t.Context(), actor, survey, collector); err != nil {
		t.Fatal(err)
	}
	ends := time.Now().Add(50 * time.Hour)
	if err := a.store.SetSurveyDates(t.Context(), actor, survey, nil, &ends); err != nil {
		t.Fatal(err)
	}
	invite := func(email string) models.Invitation {
		t.Helper()
		out, err := a.store.Invite(t.Context(), actor, collector.ID, store.InvitationAsk{Person: &models.Person{Email: email}})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Invitation
	}
	grace.get(link.MySurveys()).is(http.StatusOK).says("main", "Nothing to answer")
	mine, hers := invite("  Ada@Example.com"), invite("grace@example.com")

	p := b.get(link.MySurveys()).is(http.StatusOK).says("td", "How was your visit to the museum?").says("main", "Not started").says("main", "in 2 days")
	if got := p.Find("tbody tr").Length(); got != 1 {
		t.Errorf("the list has %d lines", got)
	}
	b.get(link.MySurvey(hers.ID)).is(http.StatusNotFound) // although the survey is ada's
	grace.get(link.MySurvey(mine.ID)).is(http.StatusNotFound)

	p = b.get(link.MySurvey(mine.ID)).is(http.StatusOK).says("main", "2 pages").says("main", "kept together with your name")
	href := p.Find("main a[target=_blank]").AttrOr("href", "")
	if !strings.Contains(href, "crk="+mine.Crk) || !strings.Contains(href, "t="+mine.Token) {
		t.Fatalf("the button leads to %q", href)
	}
	b.get(link.With(link.MySurveys(), "show", "answered")).says("main", "Nothing answered yet")

	if err := a.store.SetCollectorOpen(t.Context(), actor, survey, collector.ID, false); err != nil {
		t.Fatal(err)
	}
	b.get(link.MySurveys()).says("main", "Nothing to answer")
}
