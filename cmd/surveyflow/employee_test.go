package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/models"
	"surveyflow/views/workflowpages"
)

// TestANewEmployeeIsSurveyedAfterThirtyDays goes the whole way of the starter: a workflow made and put live on its pages, people who
// are added to a list, and the mails that leave thirty days later, with a reminder to who has not answered.
func TestANewEmployeeIsSurveyedAfterThirtyDays(t *testing.T) {
	t.Parallel()
	const day, password = 24 * time.Hour, "correct-horse-battery"
	c, server := clock.NewFake(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailtest.New(t, mailtest.Options{})
	a := startApp(t, c, server)
	owner, err := a.people.AddUser(t.Context(), account.Person{Email: "ada@example.com", Password: password, Role: models.RoleBrandAdmin})
	if err != nil {
		t.Fatal(err)
	}
	i := &storetest.Instance{TB: t, Store: a.store, Clock: c, Actor: owner.Actor(models.ViaWeb)}
	i.Survey, _ = i.NewSurvey(i.Actor)
	l := &models.ContactList{ID: models.NewID(models.PrefixList), Name: "New employees"}
	i.Check(a.store.CreateContactList(t.Context(), i.Actor, l))

	// does asks for a page, or sends a form to it, as a browser without scripts does.
	does := func(who *http.Client, method, at string, form url.Values) answered {
		t.Helper()
		got := fetch(t, who, method, at, form)
		if got.status >= http.StatusBadRequest {
			t.Fatalf("%s %s was answered %d:\n%.2000s", method, at, got.status, got.body)
		}
		return got
	}
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		i.Check(err)
		return &http.Client{Jar: jar}
	}
	admin := browser()
	does(admin, http.MethodPost, a.base.App(link.SignIn()), url.Values{"email": {"ada@example.com"}, "password": {password}})
	at := does(admin, http.MethodPost, a.base.App(link.Workflows()), url.Values{"event": {"surveyResponse"}, "starter": {workflowpages.StarterEmployee}, "surveyId": {i.Survey.ID}})
	id := strings.TrimPrefix(at.path, link.Workflows()+"/")
	w, err := a.store.Workflow(t.Context(), i.Actor, id)
	i.Check(err)
	does(admin, http.MethodPost, a.base.App(link.WorkflowPutLive(id)), url.Values{"revision": {strconv.FormatInt(w.DraftRev, 10)}})
	for _, name := range []string{"bob", "eve"} {
		does(admin, http.MethodPost, a.base.App(link.ContactList(l.ID)), url.Values{"email": {name + "@example.com"}, "firstName": {name}})
	}
	runs := func() []store.RunRow {
		all, _, err := a.store.Runs(t.Context(), i.Actor, store.RunFilter{WorkflowID: id})
		i.Check(err)
		return all
	}
	storetest.Eventually(t, patience, "both runs have asked for their invitations", func() bool {
		all := runs()
		return len(all) == 2 && all[0].Status == models.RunSucceeded && all[1].Status == models.RunSucceeded
	})

	c.Advance(30*day - time.Minute)
	if _, err := a.invitations.Dispatch(t.Context()); err != nil || len(server.Received()) != 0 {
		t.Fatalf("%d mails left before the time, %v", len(server.Received()), err)
	}
	c.Advance(2 * time.Minute)
	letters(t, server, "eve@example.com", 1)
	letters(t, server, "bob@example.com", 1)

	var personal string
	for _, m := range server.Received() {
		if m.To[0] == "bob@example.com" {
			personal = linkIn(t, m, "bob@example.com")
		}
	}
	bob := browser()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(does(bob, http.MethodGet, personal, nil).body))
	i.Check(err)
	form := url.Values{"QID1": {"All well"}}
	page.Find("main form input[type=hidden]").Each(func(_ int, s *goquery.Selection) { form.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	if thanks := does(bob, http.MethodPost, personal, form); !strings.Contains(thanks.body, "Thank you") {
		t.Errorf("after the answer the page says\n%.3000s", thanks.body)
	}
	responses, _, err := a.store.Responses(t.Context(), i.Actor, i.Survey.ID, store.ResponseFilter{})
	if err != nil || len(responses) != 1 || responses[0].Answers.V["QID1"].Text != "All well" {
		t.Errorf("answered is %+v, %v", responses, err)
	}
	storetest.Eventually(t, patience, "a reminder is due", func() bool {
		collectors, err := a.store.Collectors(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		for _, by := range collectors {
			all, _, err := a.store.Invitations(t.Context(), i.Actor, i.Survey.ID, by.ID, store.InvitationFilter{Search: "eve@example.com"})
			i.Check(err)
			if len(all) == 1 && all[0].SentAt != nil && all[0].DueAt != nil {
				return true
			}
		}
		return false
	})
	c.Advance(7*day + time.Minute)
	letters(t, server, "eve@example.com", 2)
	letters(t, server, "bob@example.com", 1)
}
