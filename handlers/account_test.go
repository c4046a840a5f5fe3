package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
)

func TestTheProfileIsSavedAndUsed(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	b.post(link.AccountPreferences(), "firstName", "Ada", "language", "en", "timeZone", "Mars/Olympus", "theme", "dark").
		is(http.StatusUnprocessableEntity).says("#profile .error-summary", "time zone")
	b.post(link.AccountPreferences(), "firstName", "Ada", "lastName", "Lovelace", "language", "en", "timeZone", "Asia/Tokyo", "theme", "dark").to(link.Account())
	p := b.get(link.Account()).is(http.StatusOK).says("#flashes", "saved").says("#navigation", "Ada Lovelace")
	if p.Find("html").AttrOr("data-theme", "") != "dark" || p.value("timeZone") != "Asia/Tokyo" {
		t.Errorf("theme %q, zone %q", p.Find("html").AttrOr("data-theme", ""), p.value("timeZone"))
	}
	if p := b.get(link.Account()); p.Find("#flashes > *").Length() != 0 {
		t.Error("the message is shown twice")
	}
	id, response := a.sample(t, b)
	b.get(link.Response(id, response)).says("h1", "18:00")
}

func TestANewPasswordSignsOtherBrowsersOut(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	here := a.person("ada@example.com")
	there := a.browser()
	there.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	here.post(link.AccountPassword(), "current", "wrong", "password", "a new and longer one").is(http.StatusUnprocessableEntity).says("#password .error-summary", "password")
	here.post(link.AccountPassword(), "current", password, "password", "short").is(http.StatusUnprocessableEntity)
	here.post(link.AccountPassword(), "current", password, "password", "a new and longer one").to(link.Account())
	here.get(link.Surveys()).is(http.StatusOK)
	there.get(link.Surveys()).to(link.With(link.SignIn(), "next", link.Surveys()))
	a.browser().post(link.SignIn(), "email", "ada@example.com", "password", "a new and longer one").to(link.Home())
}

func TestOtherBrowsersCanBeSignedOut(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	here := a.person("ada@example.com")
	there, bob := a.browser(), a.person("bob@example.com")
	there.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	there.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	here.get(link.Account()).is(http.StatusOK).says("#sessions", "Firefox · Linux").says("#sessions", "(this one)")
	here.post(link.AccountSessions()).to(link.Account())
	here.get(link.Account()).is(http.StatusOK)
	there.get(link.Account()).to(link.With(link.SignIn(), "next", link.Account()))
	bob.get(link.Account()).is(http.StatusOK)
}
