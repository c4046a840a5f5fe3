package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"surveyflow/handlers/web"
	"surveyflow/internal/link"
)

var parameter = regexp.MustCompile(`:\w+`)

// address fills the parameters of a pattern with ids that exist nowhere.
func address(pattern string) string {
	return strings.TrimSuffix(parameter.ReplaceAllString(pattern, "SV_000000000000000"), "*")
}

func TestEveryRouteHasAGuardAndAnOrigin(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range newApp(t).routes {
		name := r.Method + " " + r.Pattern
		if seen[name] {
			t.Errorf("%s stands twice in the table", name)
		}
		seen[name] = true
		if r.Guard == "" || r.Origin == "" || r.Handler == nil {
			t.Errorf("%s: guard %q, origin %q", name, r.Guard, r.Origin)
		}
		if r.Origin == web.OriginPublic && (r.Guard == web.GuardUser || r.Guard == web.GuardAdmin || r.Guard == web.GuardVisitor) {
			t.Errorf("%s is a page of the app under the public origin", name)
		}
		if r.Method == http.MethodGet && regexp.MustCompile(`/(delete|move|copy|close|reopen|put-live|enable|disable)$`).MatchString(r.Pattern) {
			t.Errorf("%s changes something", name)
		}
	}
}

func TestWhoIsSignedOutIsLedToTheSignInPage(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.person("ada@example.com")
	stranger := a.browser()
	for _, r := range a.routes {
		if r.Guard != web.GuardUser && r.Guard != web.GuardAdmin {
			continue
		}
		answer := stranger.send(r.Method, address(r.Pattern), map[string][]string{})
		if at := answer.header.Get("Location"); answer.status != http.StatusSeeOther || !strings.HasPrefix(at, link.SignIn()) {
			t.Errorf("%s %s: %d to %q", r.Method, r.Pattern, answer.status, at)
		}
	}
}

func TestWhatIsNotThereIs404(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person("ada@example.com")
	for _, r := range a.routes {
		if r.Guard != web.GuardUser || !strings.Contains(r.Pattern, ":") || r.Pattern == link.PatternSurvey || r.Pattern == link.PatternQuestion && r.Method == http.MethodGet {
			continue
		}
		form := map[string][]string{"revision": {"1"}, "confirm": {"x"}, "name": {"x"}, "section": {"name"}, "text": {"x"}, "title": {"x"}}
		if r.Method == http.MethodGet {
			form = nil
		}
		if answer := b.send(r.Method, address(r.Pattern), form); answer.status != http.StatusNotFound {
			t.Errorf("%s %s: %d\n%s", r.Method, r.Pattern, answer.status, answer.words("main"))
		}
	}
	b.get("/nowhere").is(http.StatusNotFound).says("h1", "Not found")
	a.browser().get("/nowhere").is(http.StatusNotFound)
}

func TestASurveyOfSomebodyElseLooksLikeNone(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	admin, ada, bob := a.person("admin@example.com"), a.person("ada@example.com"), a.person("bob@example.com")
	id := ada.survey("Private")
	for _, path := range []string{link.SurveyBuild(id), link.SurveyCollectors(id), link.Responses(id), link.SurveySettings(id)} {
		bob.get(path).is(http.StatusNotFound)
		admin.get(path).is(http.StatusOK)
	}
	bob.post(link.SurveyPutLive(id)).is(http.StatusNotFound)
	bob.post(link.SurveyDelete(id), "confirm", "Private").is(http.StatusNotFound)
	bob.post(link.Question(id, "QID1"), "text", "Mine now").is(http.StatusNotFound)
	if bob.get(link.Surveys()).is(http.StatusOK).Find("tbody tr").Length() != 0 {
		t.Error("Bob sees a survey")
	}
}
