package handlers_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/settingspages"
)

func TestBrandAdminsSearchTheAuditLog(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	id := bob.survey("=HYPERLINK(evil)")
	if _, err := a.store.PutSurveyLive(t.Context(), a.actor("bob@example.com"), id, 0); err != nil {
		t.Fatal(err)
	}
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", "wrong").is(http.StatusUnprocessableEntity)

	bob.get(link.SettingsAudit()).is(http.StatusForbidden)
	p := admin.get(link.SettingsAudit()).is(http.StatusOK)
	p.says("tbody", "Put a survey live").says("tbody", "Sign-in failed").says("tbody", "127.0.0.1")

	p = admin.get(link.With(link.SettingsAudit(), "person", "bob", "action", string(models.AuditSurveyLive))).is(http.StatusOK)
	if rows := p.Find("tbody tr"); rows.Length() != 1 || rows.Find("a").AttrOr("href", "") != link.Survey(id) {
		t.Errorf("found %q", p.words("tbody"))
	}
	admin.get(link.With(link.SettingsAudit(), "object", "nothing like it")).is(http.StatusOK).says("main", "Nothing found")
	admin.get(link.With(link.SettingsAudit(), "from", "yesterday")).is(http.StatusOK).says("form", "day")

	bob.get(link.SettingsAuditFile()).is(http.StatusForbidden)
	file := admin.get(link.With(link.SettingsAuditFile(), "action", string(models.AuditSurveyLive))).is(http.StatusOK)
	records, err := csv.NewReader(strings.NewReader(file.text)).ReadAll()
	if err != nil || len(records) != 2 || records[1][2] != "bob@example.com" || records[1][7] != "'=HYPERLINK(evil)" {
		t.Errorf("the file is %q, %v", records, err)
	}
	admin.get(link.SettingsAudit()).says("tbody", "Exported data")
}

func TestTheAuditLogIsKeptAsLongAsSaid(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	if got := admin.get(link.SettingsAudit()).value("days"); got != "365" {
		t.Errorf("kept for %q days", got)
	}
	for _, days := range []string{"7", "99999999999", "-1", "x"} {
		if p := admin.post(link.SettingsAudit(), "days", days).is(http.StatusUnprocessableEntity); p.value("days") != days {
			t.Errorf("%q became %q", days, p.value("days"))
		}
	}
	admin.post(link.SettingsAudit(), "days", "").to(link.SettingsAudit())
	if got := admin.get(link.SettingsAudit()).value("days"); got != "" {
		t.Errorf("kept for %q days", got)
	}
}

func TestEveryActionOfTheAuditLogHasWords(t *testing.T) {
	t.Parallel()
	seen := map[models.AuditAction]bool{}
	for _, action := range models.AuditActions {
		if seen[action] {
			t.Errorf("%s stands twice", action)
		}
		seen[action] = true
		if words := settingspages.AuditActionWords(t.Context(), action); !i18n.Has("audit.action." + string(action)) {
			t.Errorf("%s has no words: %q", action, words)
		}
	}
}
