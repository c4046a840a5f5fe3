package handlers_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"surveyflow/internal/account"
	"surveyflow/internal/clock"
	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// invite invites somebody and gives the path of the link.
func (b *browser) invite(email string, role models.Role) string {
	b.app.t.Helper()
	p := b.post(link.SettingsInvites(), "email", email, "role", string(role)).is(http.StatusOK)
	at := p.Find("#invite-link").AttrOr("value", "")
	path, ok := strings.CutPrefix(at, b.app.base.App(""))
	if !ok {
		b.app.t.Fatalf("the link is %q", at)
	}
	return path
}

func TestAnInvitationLetsOnePersonInOnce(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	path := admin.invite("bob@example.com", models.RoleMember)
	if admin.get(link.SettingsUsers()).is(http.StatusOK).Find("#invite-link").Length() != 0 {
		t.Error("the link is shown again")
	}
	bob := a.browser()
	bob.get(path).is(http.StatusOK).says("h1", "Join").says("main", "bob@example.com")
	p := bob.post(path, "firstName", "Bob", "password", "short").is(http.StatusUnprocessableEntity)
	if p.value("firstName") != "Bob" {
		t.Error("what was typed is lost")
	}
	bob.post(path, "firstName", "Bob", "lastName", "Builder", "password", password, "email", "eve@example.com", "role", "brand_admin").to(link.Home())
	bob.get(link.Account()).is(http.StatusOK).says("main", "bob@example.com")
	bob.get(link.SettingsUsers()).is(http.StatusForbidden)

	a.browser().get(path).is(http.StatusNotFound).says("main", "invitation")
	a.browser().post(path, "password", password).is(http.StatusNotFound)
	admin.get(link.SettingsUsers()).says("tbody", "Bob Builder")
	admin.post(link.SettingsInvites(), "email", "BOB@example.com", "role", "member").is(http.StatusConflict).says("main", "belongs to somebody")
}

func TestAnInvitationEndsWhenItIsTakenBackOrMadeAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin := a.person("ada@example.com")
	first := admin.invite("bob@example.com", models.RoleBrandAdmin)
	second := admin.invite("bob@example.com", models.RoleMember)
	a.browser().get(first).is(http.StatusNotFound)
	a.browser().get(second).is(http.StatusOK)
	at := admin.get(link.SettingsUsers()).Find("form[action*='/settings/invitations/']").AttrOr("action", "")
	admin.post(at).to(link.SettingsUsers())
	a.browser().get(second).is(http.StatusNotFound)
	a.browser().get(link.Invitation(models.NewCapability())).is(http.StatusNotFound)
	admin.post(link.SettingsInvites(), "email", "nonsense", "role", "owner").is(http.StatusUnprocessableEntity)
}

func TestRolesAndAccessAreChangedAndSomebodyStaysBrandAdmin(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, bob := a.person("ada@example.com"), a.person("bob@example.com")
	ada, bobID := a.actor("ada@example.com").UserID, a.actor("bob@example.com").UserID

	admin.post(link.SettingsUserRole(ada), "role", "member").is(http.StatusConflict).says("main", "Somebody must stay an administrator")
	admin.post(link.SettingsUserDisable(ada)).is(http.StatusConflict)
	admin.post(link.SettingsUserRole(bobID), "role", "owner").is(http.StatusUnprocessableEntity)
	admin.post(link.SettingsUserRole(bobID), "role", "brand_admin").to(link.SettingsUser(bobID))
	bob.get(link.SettingsUser(ada)).is(http.StatusOK)
	bob.post(link.SettingsUserRole(ada), "role", "member").to(link.SettingsUser(ada))
	admin.get(link.SettingsUser(bobID)).is(http.StatusForbidden)
	bob.post(link.SettingsUserRole(ada), "role", "brand_admin")

	id := bob.survey("Bob’s")
	secret, _, err := a.people.CreateToken(t.Context(), a.actor("bob@example.com"), "script")
	if err != nil || secret == "" {
		t.Fatal(err)
	}
	admin.post(link.SettingsUserTakeOver(bobID)).is(http.StatusConflict)
	admin.post(link.SettingsUserDisable(bobID)).to(link.SettingsUser(bobID))
	bob.get(link.Home()).to(link.SignIn())
	admin.get(link.SettingsUser(bobID)).says("#belongings", "Bob’s").says("#belongings", "1 survey").says("#tokens", "script")
	admin.post(link.SettingsUserForget(bobID)).is(http.StatusConflict)
	admin.post(link.SettingsUserTakeOver(bobID)).to(link.SettingsUser(bobID))
	s, err := a.store.Survey(t.Context(), a.actor("ada@example.com"), id)
	if err != nil || s.OwnerID != ada {
		t.Errorf("the survey belongs to %s, %v", s.OwnerID, err)
	}
	admin.post(link.SettingsUserEnable(bobID)).to(link.SettingsUser(bobID))
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", password).to(link.Home())

	admin.post(link.SettingsUserDisable(bobID))
	admin.post(link.SettingsUserForget(bobID)).to(link.SettingsUsers())
	if text := admin.get(link.SettingsUsers()).words("table"); strings.Contains(text, "bob@") {
		t.Errorf("Bob is still there: %s", text)
	}
	admin.post(link.SettingsUserEnable(bobID)).is(http.StatusNotFound)
	a.browser().post(link.SignIn(), "email", "bob@example.com", "password", password).is(http.StatusUnprocessableEntity)
}

func TestASurveyIsSharedToViewAndToEdit(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("admin@example.com")
	ada, bob := a.person("ada@example.com"), a.person("bob@example.com")
	bobID := a.actor("bob@example.com").UserID
	id := ada.survey("Feedback")

	ada.post(link.SurveyShare(id), "person", "", "access", "view").is(http.StatusUnprocessableEntity).says("#share", "Choose a person")
	ada.post(link.SurveyShare(id), "person", bobID, "access", "").is(http.StatusUnprocessableEntity)
	ada.post(link.SurveyShare(id), "person", bobID, "access", "own").is(http.StatusUnprocessableEntity)
	ada.post(link.SurveyShare(id), "person", bobID, "access", "view").to(link.SurveyShare(id))

	bob.get(link.With(link.Surveys(), "shared", "1")).is(http.StatusOK).says("tbody", "Feedback").says("tbody", "ada@example.com").says("tbody", "May view")
	if ada.get(link.With(link.Surveys(), "shared", "1")).Find("tbody tr").Length() != 0 {
		t.Error("Ada’s own survey is shared with her")
	}
	for _, path := range []string{link.SurveyBuild(id), link.SurveyCollectors(id), link.Responses(id), link.SurveyWorkflows(id), link.SurveyShare(id)} {
		p := bob.get(path).is(http.StatusOK)
		for _, form := range p.Find("main form[method=post]").EachIter() {
			if action := form.AttrOr("action", ""); action != link.SurveyUnshare(id, bobID) {
				t.Errorf("%s has a form that Bob may not send: %s", path, action)
			}
		}
		for _, tab := range p.Find("a").EachIter() {
			if tab.AttrOr("href", "") == link.SurveySettings(id) {
				t.Errorf("%s leads to the settings", path)
			}
		}
	}
	bob.get(link.SurveyBuild(id)).says("main", "shared with you to look at").says("header", "View only")
	bob.get(link.SurveySettings(id)).is(http.StatusForbidden).says("main", "shared with you to look at")
	bob.post(link.SurveyPutLive(id), "revision", "1").is(http.StatusForbidden)

	ada.post(link.SurveyShare(id), "person", bobID, "access", "edit").to(link.SurveyShare(id))
	ada.post(link.SurveyShare(id), "person", bobID, "access", "view").to(link.SurveyShare(id)) // less than he has is no news
	ada.post(link.SurveyShare(id), "person", bobID, "access", "edit").to(link.SurveyShare(id))
	bell := bob.get(link.Notifications()).is(http.StatusOK)
	if got := bell.Find("main li").Length(); got != 3 {
		t.Errorf("Bob was told %d times, not of each time that he got more: %s", got, bell.words("main"))
	}
	bell.says("main li", "ada@example.com shared the survey “Feedback” with you.")
	if m := a.mailed("admin@example.com"); m.Kind != models.MailSurveyShared || !strings.Contains(m.Text, "can change the survey “Feedback”") || !strings.Contains(m.Text, a.base.App(link.SurveyBuild(id))) {
		t.Errorf("the mail is %+v", m)
	}
	bob.get(link.SurveySettings(id)).is(http.StatusOK)
	bob.post(link.SurveyPages(id), "revision", bob.revision(id)).is(http.StatusSeeOther)
	bob.post(link.SurveyDelete(id), "confirm", "Feedback").is(http.StatusForbidden)
	bob.post(link.SurveyShare(id), "person", bobID, "access", "view").is(http.StatusForbidden)
	bob.post(link.SurveyUnshare(id, bobID)).to(link.Surveys())
	bob.get(link.SurveyBuild(id)).is(http.StatusNotFound)
}

func TestABrowserIsSignedOutFromAnotherOne(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	desk := a.person("ada@example.com")
	phone := a.browser()
	phone.post(link.SignIn(), "email", "ada@example.com", "password", password).to(link.Home())
	other := a.person("bob@example.com")

	forms := desk.get(link.Account()).is(http.StatusOK).Find("#sessions li form")
	if forms.Length() != 2 {
		t.Fatalf("%d browsers can be signed out", forms.Length())
	}
	phoneRow := desk.get(link.Account()).Find("#sessions li").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return !strings.Contains(s.Text(), "this one")
	})
	at := phoneRow.Find("form").AttrOr("action", "")
	other.post(at).is(http.StatusNotFound)
	desk.post(at).to(link.Account() + "#sessions")
	phone.get(link.Account()).to("")
	desk.get(link.Account()).is(http.StatusOK)
	desk.post(at).is(http.StatusNotFound)
}

func TestAServiceAccountIsForAProgramAlone(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, ada := a.person("admin@example.com"), a.person("ada@example.com")
	mine, theirs := ada.survey("Shared with HR"), ada.survey("Ada’s own")
	ada.post(link.SettingsServices(), "service", "HR dashboards").is(http.StatusForbidden)
	admin.post(link.SettingsServices(), "service", " ").is(http.StatusUnprocessableEntity)
	p := admin.post(link.SettingsServices(), "service", "HR dashboards").is(http.StatusOK).says("#service", "HR dashboards is ready")
	first := p.Find("#service-token").AttrOr("value", "")
	path := p.Find("#service a[href^='/settings/users/UR_']").AttrOr("href", "")
	id := strings.TrimPrefix(path, link.SettingsUser(""))
	admin.post(link.SettingsServices(), "service", "hr: Dashboards").is(http.StatusConflict)
	p = admin.get(link.SettingsUsers()).is(http.StatusOK).says("tbody", "Service account")
	if len(first) != 40 || strings.Contains(p.text, first) {
		t.Errorf("the token %q is shown again", first)
	}

	// A new token takes the place of the first. The old one was never used: what was lately is known for a second.
	p = admin.post(link.SettingsUserToken(id)).is(http.StatusOK)
	token := p.Find("#service-token").AttrOr("value", "")
	admin.post(link.SettingsUserToken(a.actor("ada@example.com").UserID)).is(http.StatusNotFound)
	call := func(token, path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.server.URL+"/API/v3"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Token", token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	has := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s is not in %s", part, text)
			}
		}
	}
	has(call(first, "/whoami"), `"errorCode":"DCD_7"`)
	has(call(token, "/whoami"), `"userId":"`+id+`"`, `"accountType":"UT_SERVICE"`, `"email":""`)
	has(call(token, "/users"), `"username":"hr-dashboards@service.invalid","firstName":"HR dashboards","lastName":"","userType":"UT_SERVICE","email":"","accountStatus":"active"`)

	// It sees what is shared with it, which is told to nobody by mail.
	ada.get(link.SurveyShare(mine)).says("main", "HR dashboards (service account)")
	ada.post(link.SurveyShare(mine), "person", id, "access", "view").to(link.SurveyShare(mine))
	if all := call(token, "/surveys"); !strings.Contains(all, mine) || strings.Contains(all, theirs) {
		t.Errorf("it sees %s", all)
	}
	has(call(token, "/surveys?scope=organization"), `"httpStatus":"403 - Forbidden"`)
	mails, _, err := a.store.Mails(t.Context(), a.actor("admin@example.com"), store.MailFilter{}, store.Page{})
	if err != nil || len(mails) != 0 {
		t.Errorf("there are the mails %+v, %v", mails, err)
	}

	// Nobody comes in with it, and it stays what it is.
	admin.post(link.SettingsUserRole(id), "role", "brand_admin").is(http.StatusConflict)
	admin.post(link.SettingsUserReset(id)).is(http.StatusConflict)
	a.browser().post(link.SignIn(), "email", "hr-dashboards@service.invalid", "password", "").is(http.StatusUnprocessableEntity)
	u, err := a.store.User(t.Context(), a.actor("admin@example.com"), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.people.BeginSession(t.Context(), u, account.Client{}); models.ErrorCode(err) != models.CodeForbidden {
		t.Errorf("a session begins: %v", err)
	}
	p = admin.get(link.SettingsUser(id)).is(http.StatusOK)
	if p.Find("#role, #reset").Length() != 0 {
		t.Error("its page offers a role or a password")
	}
	admin.post(link.SettingsUserDisable(id)).to(link.SettingsUser(id))
	_, err = account.NewTokens(a.store, clock.System{}, slog.New(slog.DiscardHandler)).Authenticate(t.Context(), token)
	if !errors.Is(err, account.ErrTokenDisabled) {
		t.Errorf("the token of a disabled account: %v", err)
	}
	admin.post(link.SettingsUserToken(id)).is(http.StatusNotFound)
	admin.get(link.SettingsAudit()).says("table", "hr-dashboards@service.invalid").says("table", "token")
}
