package respond_test

import (
	"testing"
	"time"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/link"
	"surveyflow/models"
)

func TestRespondentsInARealBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.New(t)
	for _, view := range []browsertest.View{
		{Width: 1280}, {Width: 1280, Dark: true}, {Width: 375, NoScript: true}, {Width: 375, Dark: true}, {Width: 320, NoScript: true},
	} {
		st := newSite(t, threePages())
		st.rename(t, "Customer feedback 2026")
		p := b.Open(st.URL+link.Respond(st.slug), view)
		look := func(name string) {
			t.Helper()
			p.CheckFits()
			p.CheckAccessibility()
			p.Screenshot("respond-" + name)
		}
		look("1-page")
		p.Follow("form button")
		p.Wait(".error-summary")
		p.Complaints() // the browser tells of every answer 422
		look("2-errors")
		p.Click("input[name=QID1][value='9']")
		p.Fill("#f-QID2_3_TEXT", "a poster in the street")
		p.Follow("form button")
		p.Wait("#f-QID4")
		look("3-page")
		p.Click("input[name=QID3][value='1']")
		p.Fill("#f-QID4", "12")
		p.Follow("button.back")
		p.Wait("input[name=QID1]:checked")
		look("4-back")
		p.Follow("form button")
		p.Follow("form button")
		p.Fill("#f-QID5", "Friendly")
		look("5-last")
		p.Follow("form button")
		p.Wait(".reference")
		look("6-thanks")
		p.Reload()
		p.Wait(".reference")
		if all := st.responses(t, models.ResponseCompleted); len(all) != 1 || all[0].Answers.V["QID2"].Other[3] != "a poster in the street" {
			t.Errorf("got %v", all)
		}
		if err := st.store.SetSurveyState(t.Context(), st.actor, st.survey.ID, models.SurveyClosed); err != nil {
			t.Fatal(err)
		}
		st.clock.Advance(time.Second)
		p.Goto(st.URL + link.Respond("nowhere"))
		p.Complaints()
		look("7-unknown")
	}
}

func TestTheBrowserFollowsTheEndToAnotherSite(t *testing.T) {
	t.Parallel()
	other := newSite(t, onePage())
	def := onePage()
	def.End.Redirect = other.URL + link.Respond(other.slug)
	st := newSite(t, def)
	p := browsertest.New(t).Open(st.URL+link.Respond(st.slug), browsertest.View{NoScript: true})
	p.Click("input[value='9']")
	p.Click("form button")
	p.Wait("form[action='" + link.Respond(other.slug) + "']")
}

// rename gives the survey a name that one would meet.
func (st *site) rename(t testing.TB, name string) {
	t.Helper()
	if err := st.store.RenameSurvey(t.Context(), st.actor, st.survey.ID, name); err != nil {
		t.Fatal(err)
	}
	st.clock.Advance(time.Second)
}

func TestAPageFromRightToLeft(t *testing.T) {
	t.Parallel()
	def := threePages()
	def.Language = "ar"
	def.Blocks[0].Title = "عنّا"
	q := def.Blocks[0].Questions
	q[0].Text, q[1].Text, q[1].Choices[0].Text = "هل توصي بنا؟", "كيف وجدتنا؟", "عن طريق البحث"
	st := newSite(t, def)
	p := browsertest.New(t).Open(st.URL+link.Respond(st.slug), browsertest.View{Width: 375, NoScript: true})
	p.CheckFits()
	p.CheckAccessibility()
	p.Screenshot("respond-8-rtl")
	// The scale follows the reading direction: 0 is at the right.
	if !browsertest.Eval[bool](p, "document.querySelector('#f-QID1').getBoundingClientRect().x > document.querySelector('#f-QID1-5').getBoundingClientRect().x") {
		t.Error("the scale runs from left to right")
	}
}
