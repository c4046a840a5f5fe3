package apiv3

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/models"
)

func TestWhoamiTellsWhoTheTokenBelongsTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.get(b.admin, "/whoami").golden("whoami")
}

func TestATokenComesInEitherHeaderAndAnyCase(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, value := range map[string]string{
		"X-API-TOKEN": b.ada, "x-api-token": b.ada, "X-API-Token": b.ada, "Authorization": "Bearer " + b.ada, "authorization": "bearer " + b.ada,
	} {
		r := b.do("", "GET", "/whoami", "", name, value)
		if r.status != 200 {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

func TestWithoutAGoodTokenNothingIsAnswered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.do("", "GET", "/whoami", "").fails(400, "400 - Bad Request", "ATP_2", "Expected authorization in headers, but none provided.")
	b.do("", "GET", "/whoami", "", "Authorization", "Basic YWRhOng=").fails(400, "400 - Bad Request", "ATP_2", "Expected authorization")
	b.do("", "GET", "/whoami", "", "Cookie", "surveyflow="+b.ada).fails(400, "400 - Bad Request", "ATP_2", "Expected authorization")
	for _, token := range []string{"x", strings.Repeat("a", 40), b.ada + "a"} {
		b.do(token, "GET", "/whoami", "").fails(401, "401 - Unauthorized", "DCD_7", "Unrecognized X-API-TOKEN.")
	}
	b.check(b.store.SetUserDisabled(t.Context(), b.users["admin"].Actor(models.ViaWeb), b.users["bob"].ID, true))
	b.do(b.bob, "GET", "/whoami", "").fails(401, "401 - Unauthorized", "DCD_7", "Unrecognized X-API-TOKEN.")
}

func TestATokenOfOneCollectorDoesNotOpenTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	made := b.newSurvey(b.ada)
	all, err := b.store.Collectors(t.Context(), b.users["ada"].Actor(models.ViaWeb), made.id)
	b.check(err)
	limited := &models.APIToken{ID: models.NewID(models.PrefixToken), Name: "one collector", Scope: all[0].ID, Hash: hashOf(strings.Repeat("b", 40))}
	b.check(b.store.CreateAPIToken(t.Context(), b.users["ada"].Actor(models.ViaWeb), limited))
	b.do(strings.Repeat("b", 40), "GET", "/whoami", "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "one collector")
}

func TestATokenHasItsOwnRate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	slow := &models.APIToken{
		ID: models.NewID(models.PrefixToken), Name: "slow", Scope: models.TokenScopeAll, Hash: hashOf(strings.Repeat("b", 40)),
		TokenLimits: models.TokenLimits{RatePerSecond: 1, Burst: 2},
	}
	b.check(b.store.CreateAPIToken(t.Context(), b.users["ada"].Actor(models.ViaWeb), slow))
	for range 2 {
		b.do(strings.Repeat("b", 40), "GET", "/whoami", "").ok()
	}
	b.do(strings.Repeat("b", 40), "GET", "/whoami", "").fails(429, "429 - Too Many Requests", "SF_THROTTLED", "1 a second")
	b.do(b.ada, "GET", "/whoami", "").ok()
}

func TestPathsAreFoldedBeforeRouting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{
		"/API/v3/whoami", "/API/V3/whoami", "/api/v3/whoami", "/Api/V3/whoami/", "/API/v3//whoami", "//API//v3//whoami//", "/API/v3/whoami?x=1",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://survey.example.com"+path, nil)
		r.Header.Set("X-API-TOKEN", b.ada)
		b.send(r).ok()
	}
}

func TestAnyNameOfTheHostIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, host := range []string{"survey.example.com", "answers.example.com", "az1.qualtrics.com", "surveyflow:8080", "10.1.2.3"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/API/v3/whoami", nil)
		r.Host = host
		r.Header.Set("X-API-TOKEN", b.ada)
		b.send(r).ok()
	}
}

func TestAPOSTKeepsItsBodyOverDoubleSlashes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/API/V3//surveys/"+s.id+"//responses/", strings.NewReader(someValues))
	r.Header.Set("x-api-token", b.ada)
	b.send(r).ok()
}

func TestFoldingLeavesOtherPathsAlone(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "": "", "/surveys//x/": "/surveys//x/", "//evil.example/": "//evil.example/", "/api.php": "/api.php", "/apis//x": "/apis//x",
		"/api": "/API", "/API/V2/x/": "/API/V2/x", "/api/v3": "/API/v3", "/API/v3/a%2Fb/": "/API/v3/a%2Fb",
	} {
		if got := foldPath(path); got != want {
			t.Errorf("%q became %q, want %q", path, got, want)
		}
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/nothing", "/surveys/x/y/z", ""} {
		b.do(b.ada, "GET", path, "").fails(404, "404 - Not Found", "", "The requested resource does not exist.")
	}
	r := b.do(b.ada, "PATCH", "/surveys", "").fails(405, "405 - Method Not Allowed", "SF_METHOD", "kind of request")
	if r.header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow is %q", r.header.Get("Allow"))
	}
	r = b.do(b.ada, "OPTIONS", "/whoami", "", "Origin", "https://elsewhere.example")
	for name := range r.header {
		if strings.HasPrefix(name, "Access-Control") {
			t.Errorf("the API says %s", name)
		}
	}
}

func TestBrokenBodiesAreToldByPositionAndName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	send := func(body string, headers ...string) *reply {
		return b.do(b.ada, "POST", "/survey-definitions", body, headers...)
	}
	send("{\"SurveyName\":\n \"x\",}").fails(400, "400 - Bad Request", "SF_INVALID", "byte 21 (line 2, column 6)")
	send(`{"SurveyName":`).fails(400, "400 - Bad Request", "SF_INVALID", "not valid JSON")
	send(`[1]`).fails(400, "400 - Bad Request", "SF_INVALID", "A JSON object is expected")
	send(`"x"`).fails(400, "400 - Bad Request", "SF_INVALID", "A JSON object is expected")
	send(`{"SurveyName":7}`).invalid("SurveyName")
	send(`{"Language":["EN"],"SurveyName":"x"}`).invalid("Language")
	send(`{}`).invalid("SurveyName")
	send(`{"SurveyName":"x","Language":"klingon!"}`).invalid("Language")
	send(`{"SurveyName":"` + strings.Repeat("x", 201) + `"}`).invalid("SurveyName")
	send(`{"a":`+strings.Repeat("[", 64)+strings.Repeat("]", 64)+`,"SurveyName":"x"}`).fails(400, "400 - Bad Request", "SF_INVALID", "64 levels")
	send(" ").fails(400, "400 - Bad Request", "SF_INVALID", "empty")
	send("\xef\xbb\xbf" + `{"SurveyName":"x","unknown":{"a":[1]}}`).ok()
	send(`{"SurveyName":"x"}`, "Content-Type", "application/vnd.api+json; charset=UTF-8").ok()
	for _, kind := range []string{"text/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonp", "x"} {
		send(`{"SurveyName":"x"}`, "Content-Type", kind).fails(415, "415 - Unsupported Media Type", "SF_MEDIA_TYPE", "must be JSON")
	}
	send(`{"SurveyName":"`+strings.Repeat("x", 1<<20)+`"}`).fails(413, "413 - Request Entity Too Large", "SF_TOO_LARGE", "1024 KB")
}

func TestABodyOfUnsaidLengthIsLimitedToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/API/v3/surveys/"+s.id+"/responses", strings.NewReader(`{"values":{"a":"`+strings.Repeat("x", 2<<20)+`"}}`))
	r.ContentLength = -1
	r.Header.Set("X-API-TOKEN", b.ada)
	b.send(r).fails(413, "413 - Request Entity Too Large", "SF_TOO_LARGE", "1024 KB")
}

func TestWrongParametersAreNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for path, name := range map[string]string{
		"/surveys?pageSize=0": "pageSize", "/surveys?pageSize=501": "pageSize", "/surveys?pageSize=x": "pageSize", "/surveys?offset=-1": "offset",
		"/surveys?skipToken=nonsense": "skipToken", "/whoami?scope=world": "scope", "/runs?status=done": "status", "/runs?from=yesterday": "from",
		"/runs?to=2026-13-40": "to", "/runs?q=ab": "q",
	} {
		b.do(b.admin, "GET", path, "").invalid(name)
	}
	b.get(b.admin, "/surveys?unknown=1&format=x")
}

func TestOthersThingsLookAsIfTheyWereNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	var w struct{ ID string }
	b.newWorkflow(b.ada, s.id, "").into(&w)
	response := b.post(b.ada, "/surveys/"+s.id+"/responses", someValues).text("responseId")
	run := b.finishRun(models.RunFailed)
	type request struct{ method, path, body string }
	for _, r := range []request{
		{"GET", "/surveys/" + s.id, ""},
		{"PUT", "/surveys/" + s.id, `{"name":"mine"}`},
		{"DELETE", "/surveys/" + s.id, ""},
		{"GET", "/survey-definitions/" + s.id, ""},
		{"GET", "/survey-definitions/" + s.id + "/questions", ""},
		{"POST", "/survey-definitions/" + s.id + "/questions", everyType[0]},
		{"GET", "/survey-definitions/" + s.id + "/questions/QID1", ""},
		{"PUT", "/survey-definitions/" + s.id + "/questions/QID1", everyType[0]},
		{"DELETE", "/survey-definitions/" + s.id + "/questions/QID1", ""},
		{"POST", "/survey-definitions/" + s.id + "/versions", `{"Published":true}`},
		{"POST", "/surveys/" + s.id + "/responses", someValues},
		{"GET", "/surveys/" + s.id + "/responses/" + response, ""},
		{"DELETE", "/surveys/" + s.id + "/responses/" + response, ""},
		{"GET", "/workflows/" + w.ID, ""},
		{"PUT", "/workflows/" + w.ID, `{"name":"mine"}`},
		{"DELETE", "/workflows/" + w.ID, ""},
		{"POST", "/workflows/" + w.ID + "/enable", ""},
		{"POST", "/workflows/" + w.ID + "/disable", ""},
		{"POST", "/workflows/" + w.ID + "/test", `{"responseId":"` + response + `"}`},
		{"GET", "/workflows/" + w.ID + "/runs", ""},
		{"GET", "/runs/" + run, ""},
		{"POST", "/runs/" + run + "/replay", "{}"},
		{"POST", "/runs/" + run + "/cancel", ""},
		{"POST", "/runs/" + run + "/play", ""},
	} {
		for _, token := range []string{b.bob, b.admin} { // brand admins have to ask for the organisation
			got := b.do(token, r.method, r.path, r.body)
			if got.status != http.StatusNotFound || got.Meta.HTTPStatus != "404 - Not Found" || got.Meta.Error.Code == "" {
				t.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.body)
			}
		}
	}
	for _, list := range []string{"/surveys", "/workflows", "/runs", "/runs?workflowId=" + w.ID, "/workflows?surveyId=" + s.id} {
		for _, token := range []string{b.bob, b.admin} {
			if got := string(b.get(token, list).Result); got != `{"elements":[],"nextPage":null}` {
				t.Errorf("%s: %s", list, got)
			}
		}
	}
	b.do(b.bob, "POST", "/workflows", `{"name":"x","surveyId":"`+s.id+`","event":{"type":"surveyResponse"},"tasks":[]}`).invalid("surveyId")
}

func TestBrandAdminsAskForTheWholeOrganisation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	if got := string(b.get(b.admin, "/surveys?scope=organization").Result); !strings.Contains(got, s.id) {
		t.Errorf("the list has no %s: %s", s.id, got)
	}
	b.get(b.admin, "/surveys/"+s.id+"?scope=organization")
	b.do(b.bob, "GET", "/surveys?scope=organization", "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "Only administrators")
}
