package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestTheSettingsOfTheOrganisationHoldForEverybody(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	admin.get(link.Settings()).to(link.SettingsOrganisation())
	p := admin.get(link.SettingsOrganisation()).is(http.StatusOK)
	if p.value("timeZone") != "UTC" || p.value("retention") != "" {
		t.Errorf("zone %q, retention %q", p.value("timeZone"), p.value("retention"))
	}
	admin.post(link.SettingsOrganisation(), "name", "Acme <b>", "timeZone", "Asia/Tokyo", "language", "en", "retention", "30").to(link.SettingsOrganisation())
	admin.get(link.SettingsOrganisation()).says("#flashes", "saved").says("nav", "Acme <b>")
	org, err := a.store.TheOrganisation(t.Context())
	if err != nil || org.RetentionDays != 30 {
		t.Fatalf("%+v, %v", org, err)
	}
	bob.get(link.Account()).is(http.StatusOK).says("select[name=timeZone]", "Asia/Tokyo")
}

func TestTheSettingsOfTheOrganisationAreChecked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	for name, form := range map[string][]string{
		"no name":           {"name", " ", "timeZone", "UTC", "language", "en"},
		"unknown zone":      {"name", "Acme", "timeZone", "Mars/Olympus", "language", "en"},
		"no zone":           {"name", "Acme", "language", "en"},
		"unknown language":  {"name", "Acme", "timeZone", "UTC", "language", "tlh"},
		"too many days":     {"name", "Acme", "timeZone", "UTC", "language", "en", "retention", "366"},
		"no days":           {"name", "Acme", "timeZone", "UTC", "language", "en", "retention", "0"},
		"words":             {"name", "Acme", "timeZone", "UTC", "language", "en", "retention", "a week"},
		"more than a cell":  {"name", strings.Repeat("x", 101), "timeZone", "UTC", "language", "en"},
		"more than numbers": {"name", "Acme", "timeZone", "UTC", "language", "en", "retention", "99999999999999999999"},
	} {
		p := admin.post(link.SettingsOrganisation(), form...)
		if p.status != http.StatusUnprocessableEntity || p.Find(".error-summary a").Length() != 1 {
			t.Errorf("%s: %d, %q", name, p.status, p.words(".error-summary"))
		}
	}
	org, err := a.store.TheOrganisation(t.Context())
	if err != nil || org.Name == "Acme" || org.RetentionDays != 0 {
		t.Errorf("%+v, %v", org, err)
	}
}

func TestMembersSeeOnlyTheSettingsThatAreTheirs(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("ada@example.com")
	bob := a.person("bob@example.com")
	bob.get(link.Settings()).to(link.SettingsAPI())
	p := bob.get(link.SettingsAPI()).is(http.StatusOK)
	if tabs := p.words(".sf-tabs"); tabs != "API" {
		t.Errorf("the tabs are %q", tabs)
	}
	if p.Find("#api-user").AttrOr("value", "") != a.actor("bob@example.com").UserID || p.Find("#api-base").AttrOr("value", "") != a.base.API("") {
		t.Error("the ids are not there")
	}
	bob.get(link.SettingsOrganisation()).is(http.StatusForbidden)
	bob.post(link.SettingsOrganisation(), "name", "Mine", "timeZone", "UTC").is(http.StatusForbidden)
	err := a.people.SaveOrganisation(t.Context(), a.actor("bob@example.com"), models.Organisation{Name: "Mine", TimeZone: "UTC", Language: "en"})
	if models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("the engine says %v", err)
	}
}
