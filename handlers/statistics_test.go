package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestStatisticsLeadFromTheOpenSurveysToWhatBecameOfInvitations(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	viewer, stranger := a.person("grace@example.com"), a.person("bob@example.com")
	id, _ := a.sample(t, b)
	actor := a.actor(ada)
	ends := time.Now().Add(3*time.Hour + time.Minute)
	if err := a.store.SetSurveyDates(t.Context(), actor, id, nil, &ends); err != nil {
		t.Fatal(err)
	}
	b.post(link.SurveyShare(id), "person", a.actor("grace@example.com").UserID, "access", "view").to(link.SurveyShare(id))

	stranger.get(link.Statistics()).is(http.StatusOK).says("main", "No survey is open")
	p := viewer.get(link.Statistics()).is(http.StatusOK).says("td", "How was your visit to the museum?").says("main", "in 3 hours")
	if got := p.Find("tbody tr").Length(); got != 1 {
		t.Errorf("the list has %d lines", got)
	}
	viewer.get(link.With(link.Statistics(), "subscribed", "1")).says("main", "Subscribed to none of them")
	next := link.With(link.Statistics(), "subscribed", "1")
	viewer.post(link.SurveySubscription(id), "on", "true", "next", next).to(next)
	viewer.get(next).says("td", "How was your visit to the museum?").says("main", "Subscribed. You get the figures")
	stranger.post(link.SurveySubscription(id), "on", "true").is(http.StatusNotFound)
	viewer.post(link.SurveySubscription(id), "on", "").to(link.SurveyStatistics(id))
	viewer.get(next).says("main", "Subscribed to none of them")

	viewer.get(link.SurveyStatistics(id)).is(http.StatusOK).says("header", "Closes in 3 hours").says("main", "Completion rate").says("main", "Median time")
	viewer.get(link.SurveyDistributions(id)).is(http.StatusOK).says("main", "Nobody was invited by mail")
	collector := &models.Collector{Type: models.CollectorEmail, Name: "Staff", Open: true}
	if err := a.store.CreateCollector(t.Context(), actor, id, collector); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.Invite(t.Context(), actor, collector.ID, store.InvitationAsk{Person: &models.Person{Email: "x@example.com"}}); err != nil {
		t.Fatal(err)
	}
	p = viewer.get(link.SurveyDistributions(id)).is(http.StatusOK).says("main", "Staff").says("main", "Complaints").says("main", "none planned").says("main", "in 3 hours")
	if p.Find("a[href='"+link.SurveyCollectors(id)+"']").Length() == 0 {
		t.Error("nothing leads to the distributions")
	}
}

func TestPeopleChooseWhatTheyAreToldOfSurveys(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	stranger := a.person("grace@example.com")
	id, _ := a.sample(t, b)
	p := b.get(link.Notices()).is(http.StatusOK).says("main", "Survey about to close")
	if way, digest := p.value("surveyExpires"), p.value("digest"); way != "both" || digest != "" {
		t.Errorf("at first it is %q with the digest %q", way, digest)
	}
	b.post(link.Notices(), "surveyExpires", "sometimes", "digest", "25").is(http.StatusUnprocessableEntity).says(".error-summary", "Choose one of the ways").says(".error-summary", "Choose one of the hours")
	b.post(link.Notices(), "surveyExpires", "bell", "digest", "7").to(link.Notices())
	p = b.get(link.Notices()).says("main", "Your choice was saved.")
	if way, digest := p.value("surveyExpires"), p.value("digest"); way != "bell" || digest != "7" {
		t.Errorf("saved is %q with the digest %q", way, digest)
	}
	p = b.get(link.SurveyNotices(id)).is(http.StatusOK).says("option", "As for all surveys (Bell only)")
	if way := p.value("surveyExpires"); way != "" {
		t.Errorf("of one survey it is %q", way)
	}
	b.post(link.SurveyNotices(id), "surveyExpires", "x").is(http.StatusUnprocessableEntity)
	b.post(link.SurveyNotices(id), "surveyExpires", "none").to(link.SurveyNotices(id))
	b.get(link.Notices()).says("main li", "How was your visit to the museum?")
	stranger.get(link.SurveyNotices(id)).is(http.StatusNotFound)
	stranger.post(link.SurveyNotices(id), "surveyExpires", "none").is(http.StatusNotFound)

	grace := a.actor("grace@example.com").UserID
	b.post(link.SurveySettings(id), "section", "contact", "contact", grace).is(http.StatusUnprocessableEntity).says(".error-summary", "Choose somebody who sees the survey")
	b.post(link.SurveyShare(id), "person", grace, "access", "view").to(link.SurveyShare(id))
	b.post(link.SurveySettings(id), "section", "contact", "contact", grace).to(link.SurveySettings(id))
	if got := b.get(link.SurveySettings(id)).value("contact"); got != grace {
		t.Errorf("the contact is %q", got)
	}
	b.post(link.SurveySettings(id), "section", "contact", "contact", "").to(link.SurveySettings(id))
	stranger.get(link.SurveyNotices(id)).is(http.StatusOK) // it is shared with her
}
