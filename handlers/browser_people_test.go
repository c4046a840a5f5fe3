package handlers_test

import (
	"strings"
	"testing"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

// lookAt checks pages in every view.
func lookAt(t *testing.T, a *app, chromium *browsertest.Browser, pages map[string]string) {
	t.Helper()
	for _, view := range pageViews {
		p := chromium.Open(a.server.URL+link.Home(), view)
		for name, path := range pages {
			p.Goto(a.server.URL + path)
			p.Screenshot(name)
			p.CheckAccessibility()
			p.CheckFits()
		}
		for _, complaint := range p.Complaints() {
			t.Errorf("%s: %s", view, complaint)
		}
	}
}

func TestAnInvitedPersonSeesWhatIsSharedAndChangesNothing(t *testing.T) {
	a := newApp(t)
	admin := a.person("ada@example.com")
	survey, response := a.sample(t, admin)
	path := admin.invite("bob@example.com", models.RoleMember)

	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+path, pageViews[0])
	p.Screenshot("invitation")
	p.CheckAccessibility()
	p.Fill("#f-firstName", "Bob")
	p.Fill("#f-lastName", "Builder")
	p.Fill("#f-password", "short")
	p.Follow("form button.btn-primary")
	p.CheckAccessibility()
	p.Fill("#f-password", password)
	p.Follow("form button.btn-primary")
	if text := p.Text("main"); !strings.Contains(text, "Welcome") {
		t.Errorf("after joining the page says %q", text)
	}

	bob := a.actor("bob@example.com").UserID
	admin.post(link.SurveyShare(survey), "person", bob, "access", "view").to(link.SurveyShare(survey))
	p.Goto(a.server.URL + link.With(link.Surveys(), "shared", "1"))
	p.Follow("tbody a")
	if text := p.Text("main"); !strings.Contains(text, "View only") || !strings.Contains(text, "How did you like the exhibition?") {
		t.Errorf("the shared survey says %q", text)
	}
	if n := browsertest.Eval[int](p, `document.querySelectorAll('main form[method=post]').length`); n != 0 {
		t.Errorf("there are %d forms that would be refused", n)
	}
	lookAt(t, a, chromium, map[string]string{
		"shared-list": link.With(link.Surveys(), "shared", "1"), "shared-survey": link.SurveyBuild(survey), "shared-collectors": link.SurveyCollectors(survey),
		"shared-responses": link.Responses(survey), "shared-response": link.Response(survey, response), "shared-workflows": link.SurveyWorkflows(survey),
		"shared-with": link.SurveyShare(survey), "shared-refused": link.SurveySettings(survey),
	})
}

func TestPagesAboutPeopleInABrowser(t *testing.T) {
	a := newApp(t)
	admin := a.person("ada@example.com")
	for _, email := range []string{"bob@example.com", "a.person.with.a.rather.long.address@department.example.com", "eve@example.com"} {
		a.person(email)
	}
	survey := admin.survey("How was your visit?")
	bob, eve := a.actor("bob@example.com"), a.actor("eve@example.com")
	admin.post(link.SurveyShare(survey), "person", bob.UserID, "access", "edit").to(link.SurveyShare(survey))
	a.people.CreateToken(t.Context(), eve, "Nightly export") //nolint:errcheck // one more line on a page
	if err := a.store.CreateReceiver(t.Context(), eve, &models.Receiver{ID: models.NewID(models.PrefixReceiver), Name: "Eve’s", Token: models.NewCapability(), Status: 200}); err != nil {
		t.Fatal(err)
	}
	admin.invite("new@example.com", models.RoleMember)
	admin.post(link.SettingsUserDisable(eve.UserID)).to(link.SettingsUser(eve.UserID))
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", "wrong")

	chromium := browsertest.New(t)
	p := chromium.Open(a.server.URL+link.SignIn(), pageViews[0])
	signInPage(a, p)
	p.Goto(a.server.URL + link.SettingsUsers())
	p.Fill("#f-email", "carl@example.com")
	p.Choose("#f-role", string(models.RoleBrandAdmin))
	p.Follow("#invite form button.btn-primary")
	p.Wait("#invite-link")
	p.CheckAccessibility()
	p.Screenshot("users-invited")
	lookAt(t, a, chromium, map[string]string{
		"users": link.SettingsUsers(), "user": link.SettingsUser(bob.UserID), "user-disabled": link.SettingsUser(eve.UserID), "audit": link.SettingsAudit(),
		"share": link.SurveyShare(survey), "account": link.Account(), "survey-actions": link.SurveyBuild(survey),
	})
}
