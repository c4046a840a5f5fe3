package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestANewInstanceGoesFromSetUpToALiveSurvey(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	code, err := a.people.SetUpCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := a.browser()
	b.get(link.Surveys()).to(link.SetUp())
	b.get(link.SignIn()).to(link.SetUp())
	b.get(link.SetUp()).is(http.StatusOK).says("h1", "Set up Surveyflow")
	wrong := b.post(link.SetUp(), "code", "nonsense", "organisation", "Acme", "email", "ada@example.com", "password", password)
	wrong.is(http.StatusUnprocessableEntity).says(".error-summary", "code")
	if got := wrong.value("organisation"); got != "Acme" {
		t.Errorf("the organisation's name was forgotten: %q", got)
	}
	b.post(link.SetUp(), "code", code, "organisation", "Acme", "email", "ada@example.com", "firstName", "Ada", "password", password,
		"timeZone", "Europe/Oslo").to(link.Surveys())
	b.get(link.Surveys()).is(http.StatusOK).says("main", "No surveys yet").says("#flashes", "Welcome")
	b.get(link.SetUp()).to(link.Home())
	b.post(link.SignOut()).to(link.SignIn())
	b.get(link.Surveys()).to(link.With(link.SignIn(), "next", link.Surveys()))
	b.post(link.SignIn(), "email", "ada@example.com", "password", "wrong").is(http.StatusUnprocessableEntity).says(".error-summary", "wrong")
	b.post(link.SignIn(), "email", "ADA@example.com", "password", password, "next", link.SurveyNew()).to(link.SurveyNew())

	id := b.survey("Lunch")
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).is(http.StatusUnprocessableEntity).says(".error-summary", "Question 1: Write the question.")
	b.post(link.Question(id, "QID1"), "revision", b.revision(id), "do", "done", "text", "How was lunch?", "required", "on",
		"choices[0].id", "1", "choices[0].text", "Good", "choices[1].id", "2", "choices[1].text", "Bad", "choices[1].recode", "-1").to(link.SurveyBuild(id))
	page := a.draft(id).Blocks[0].ID
	b.post(link.Questions(id), "revision", b.revision(id), "page", page, "type", "number").to(link.SurveyBuild(id) + "?edit=QID2&new=1#QID2")
	b.post(link.Question(id, "QID2"), "revision", b.revision(id), "text", "How many plates?", "rules.min", "0", "rules.max", "9").to(link.SurveyBuild(id))
	b.post(link.SurveyPutLive(id), "revision", b.revision(id)).to(link.SurveyCollectors(id))
	live := b.get(link.SurveyCollectors(id)).is(http.StatusOK).says("h1 + *", "Open").says("#flashes", "Your survey is live")
	if got := live.Find("input[readonly]").AttrOr("value", ""); !strings.Contains(got, "/s/") {
		t.Errorf("the public link is %q", got)
	}
	b.get(link.Surveys()).says("tbody", "Lunch").says("tbody", "Open")
}

// draft gives the stored draft of a survey.
func (a *app) draft(id string) *models.SurveyDefinition {
	a.t.Helper()
	org, err := a.store.TheOrganisation(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	s, err := a.store.Survey(a.t.Context(), models.SystemActor(org.ID), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return &s.Draft.V
}
