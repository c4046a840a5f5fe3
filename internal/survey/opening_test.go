package survey_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"surveyflow/internal/clock"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

func TestDatesOpenAndCloseASurveyOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		c := clock.NewFake(time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
		s := d.Open(t, storetest.Options{Clock: c})
		i := storetest.NewInstance(t, s, c)
		nodes := []*survey.Service{survey.New(s, c)}
		if d.Shared() {
			nodes = append(nodes, survey.New(d.Open(t, storetest.Options{Clock: c}), c))
		}
		w := listensTo(i, nil, models.OnActivated, models.OnClosed)
		look := func(want ...string) {
			t.Helper()
			var looking sync.WaitGroup
			for _, n := range append(nodes, nodes...) {
				looking.Go(func() {
					if err := n.TellDates(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			looking.Wait()
			slices.Sort(want)
			if got := changes(i, w); !slices.Equal(got, want) {
				t.Errorf("at %s it was started by %v; want %v", c.Now(), got, want)
			}
		}
		at := func(h int) *time.Time { a := time.Date(2026, 11, 26, h, 0, 0, 0, time.UTC); return &a }
		change := survey.Change{Actor: i.Actor, SurveyID: i.Survey.ID}
		dates := func(opens, closes *time.Time) {
			t.Helper()
			i.Check(survey.SetDates(t.Context(), s, change, opens, closes))
		}
		activated, closed := models.OnActivated, models.OnClosed

		dates(at(10), at(12)) // it was open, and is not until ten
		look(closed)
		c.Set(*at(10))
		look(closed, activated)
		look(closed, activated)
		c.Set(*at(13)) // nobody worked at twelve
		look(closed, activated, closed)
		dates(nil, at(14)) // and it is open again
		look(closed, activated, closed, activated)
		i.Check(survey.SetState(t.Context(), s, change, models.SurveyClosed))
		look(closed, activated, closed, activated, closed)
		c.Set(*at(15)) // of a survey that somebody closed a date closes nothing
		look(closed, activated, closed, activated, closed)
		i.Check(survey.SetState(t.Context(), s, change, models.SurveyOpen)) // nor is it opened in spite of its dates
		look(closed, activated, closed, activated, closed)
		dates(at(16), at(18))
		c.Set(*at(20)) // both have passed, and nobody has told of them yet
		dates(nil, nil)
		look(closed, activated, closed, activated, closed, activated, closed, activated)
		dates(at(21), nil)
		_, err := s.DeleteSurvey(t.Context(), i.Actor, i.Survey.ID)
		i.Check(err)
		c.Set(*at(22))
		for _, n := range nodes {
			i.Check(n.TellDates(t.Context()))
		}
	})
}
