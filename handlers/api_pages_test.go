package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"surveyflow/internal/link"
)

func TestACallIsTriedWithOnesOwnRights(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	things := w.things()
	try := func(who, operation string, form url.Values) *page {
		return w.browsers[who].send(http.MethodPost, link.SettingsAPIDoc(operation), form)
	}
	if p := try("viewer", "whoami", url.Values{}); p.status != http.StatusOK || !strings.Contains(p.words("#answer"), "viewer@example.com") || !strings.Contains(p.words("#answer"), "200 OK") {
		t.Errorf("who asks hears %d %.300s", p.status, p.words("main"))
	}
	of := url.Values{"p.surveyId": {things["surveyId"]}}
	if p := try("viewer", "getSurvey", of); !strings.Contains(p.words("#answer"), things["surveyId"]) {
		t.Errorf("a viewer gets %.300s", p.words("#answer"))
	}
	if p := try("stranger", "getSurvey", of); !strings.Contains(p.words("#answer"), "GSI_2") {
		t.Errorf("a stranger gets %.300s", p.words("#answer"))
	}
	if p := try("viewer", "deleteSurvey", of); !strings.Contains(p.words("#answer"), "SF_FORBIDDEN") {
		t.Errorf("a viewer deletes: %.300s", p.words("#answer"))
	}
	of.Set("token", w.tokens["owner"])
	if p := try("stranger", "getSurvey", of); !strings.Contains(p.words("#answer"), things["surveyId"]) || strings.Contains(p.text, w.tokens["owner"]) {
		t.Errorf("with a token one gets %.300s", p.words("#answer"))
	}
	of.Set("token", strings.Repeat("x", 40))
	if p := try("owner", "getSurvey", of); !strings.Contains(p.words("#answer"), "DCD_7") {
		t.Errorf("with a wrong token one gets %.300s", p.words("#answer"))
	}
	if p := try("owner", "getSurvey", url.Values{"p.surveyId": {".."}}); p.status != http.StatusUnprocessableEntity {
		t.Errorf("a path that leads elsewhere is answered %d", p.status)
	}
	if p := try("owner", "nothing", nil); p.status != http.StatusNotFound {
		t.Errorf("what is no call is answered %d", p.status)
	}
}

func TestCallsOfATokenAreLoggedWhereItsOwnerAskedForIt(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	all, err := w.app.store.APITokens(t.Context(), w.actors["owner"])
	w.Check(err)
	b := w.browsers["owner"]
	if p := b.send(http.MethodPost, link.AccountTokenLog(all[0].ID), url.Values{"on": {"1"}}); p.status != http.StatusSeeOther {
		t.Fatalf("switching it on is answered %d", p.status)
	}
	if p := w.browsers["stranger"].send(http.MethodPost, link.AccountTokenLog(all[0].ID), nil); p.status != http.StatusNotFound {
		t.Errorf("somebody else switches it: %d", p.status)
	}
	w.call(http.MethodGet, "/API/v3/surveys/SV_000000000000000", "owner", "")
	w.tokensService.WriteCalls(t.Context())
	p := b.send(http.MethodGet, link.SettingsAPILog(), nil)
	if text := p.words("main"); !strings.Contains(text, "GET /API/v3/surveys/:surveyId") || !strings.Contains(text, "404 Not Found") || strings.Contains(text, "SV_0000") {
		t.Errorf("the log says %.400s", text)
	}
	if text := w.browsers["stranger"].send(http.MethodGet, link.SettingsAPILog(), nil).words("main"); strings.Contains(text, "/API/v3") {
		t.Errorf("somebody else sees %.300s", text)
	}
}

func TestIDsOfOnesOwnThingsStandOnOnePage(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	other := a.person(ada).survey("Ada's own")
	grace := a.person("grace@example.com")
	survey := grace.survey("Grace's own")
	collectors, err := a.store.Collectors(t.Context(), a.actor("grace@example.com"), survey)
	if err != nil {
		t.Fatal(err)
	}
	page := grace.get(link.SettingsAPIIDs()).is(http.StatusOK).says("main", "Grace's own")
	if !strings.Contains(page.text, survey) || !strings.Contains(page.text, collectors[0].ID) {
		t.Errorf("the page lacks %s or %s", survey, collectors[0].ID)
	}
	if strings.Contains(page.text, other) {
		t.Error("the page shows a survey of somebody else")
	}
}
