package handlers_test

import (
	"net/http"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/internal/store"
	"surveyflow/models"
)

func TestAQuestionIsCopiedToASurveyThatOneMayEdit(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	from, _ := a.sample(t, b)
	to := b.survey("Another")
	s, err := a.store.Survey(t.Context(), a.actor(ada), from)
	if err != nil {
		t.Fatal(err)
	}
	q := s.Draft.V.Questions()[0]
	b.get(link.SurveyBuild(from)).says("main", "Copy to another survey")
	b.get(link.QuestionCopyTo(from, q.ID)).is(http.StatusOK).says("form", "Another")
	b.post(link.QuestionCopyTo(from, q.ID), "to", from+"x").is(http.StatusUnprocessableEntity).says("form", "Choose a survey that you may edit.")
	b.get(b.post(link.QuestionCopyTo(from, q.ID), "to", to).to("")).says("#flashes", "The question was copied from")
	copied, err := a.store.Survey(t.Context(), a.actor(ada), to)
	if err != nil {
		t.Fatal(err)
	}
	all := copied.Draft.V.Questions()
	if last := all[len(all)-1]; last.Text != q.Text || last.Type != q.Type {
		t.Errorf("the last question is %+v; want %+v", last, q)
	}
}

func TestEverySurveyCanBeChosenHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	from, _ := a.sample(t, b)
	b.survey("The first of many")
	for range store.MaxPage {
		v := &models.Survey{ID: models.NewID(models.PrefixSurvey), OwnerID: a.actor(ada).UserID, Name: "One of many", NextQID: 1}
		c := &models.Collector{ID: models.NewID(models.PrefixCollector), Type: models.CollectorLink, Name: "Link", Slug: models.NewCapability(), Open: true, IsDefault: true}
		if err := a.store.CreateSurvey(t.Context(), a.actor(ada), v, c); err != nil {
			t.Fatal(err)
		}
	}
	s, err := a.store.Survey(t.Context(), a.actor(ada), from)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{link.QuestionCopyTo(from, s.Draft.V.Questions()[0].ID), link.WorkflowNew(), link.WorkflowImport()} {
		b.get(form).says("main select", "The first of many")
	}
}
