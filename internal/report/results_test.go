package report_test

import (
	"testing"
	"time"

	"surveyflow/internal/report"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// results counts until all is counted.
func (b *bench) results() *report.Results {
	b.Helper()
	var r *report.Results
	storetest.Eventually(b, storetest.Patience, "all is counted", func() bool {
		var err error
		r, err = b.report.Results(b.Context(), b.survey)
		b.Check(err)
		return r.Whole
	})
	return r
}

func question(r *report.Results, id string) report.QuestionResults {
	for _, q := range r.Questions {
		if q.Question.ID == id {
			return q
		}
	}
	return report.QuestionResults{}
}

func counts(all []report.ChoiceResults) []int64 {
	var out []int64
	for _, c := range all {
		out = append(out, c.Count)
	}
	return out
}

func TestResultsSumUpEveryQuestion(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.answers()
		last := b.answer(models.Answers{"QID1": {Choices: []int{1}}, "QID5": {Number: "10"}, "QID6": {Number: "7.5"}, "QID7": {Choices: []int{2}}, "QID3": {Text: "late"}}, nil, models.ResponseCompleted)
		check := func(r *report.Results, completed int64, promoters int64) {
			t.Helper()
			if r.Completed != completed || r.Partial != 1 || r.InProgress != 1 || r.Counted != completed+1 || r.Median != 30*time.Second {
				t.Errorf("the results are %+v", r)
			}
			if n := question(r, "QID5").NPS; n == nil || n.Promoters != promoters || n.Detractors != 1 {
				t.Errorf("the score is %+v", n)
			}
		}
		r := b.results()
		check(r, 2, 2)
		same(t, "single", counts(question(r, "QID1").Choices), []int64{2, 0, 1})
		same(t, "several", counts(question(r, "QID2").Choices), []int64{1, 0, 1})
		same(t, "matrix", counts(question(r, "QID4").Rows[0].Choices), []int64{0, 1})
		same(t, "numbers", *question(r, "QID6").Numbers, report.Numbers{Count: 2, Mean: 2.5, Median: 2.5, Min: -2.5, Max: 7.5})
		same(t, "places", question(r, "QID7").Places, []report.PlaceResults{{Text: "B", Ranked: 2, Mean: 1, First: 2}, {Text: "A", Ranked: 1, Mean: 2}})
		if n := question(r, "QID5").NPS; n.Score != 33 {
			t.Errorf("the score is %d", n.Score)
		}
		texts, next, err := b.report.Texts(t.Context(), b.survey, "QID3", "", 1)
		if err != nil || len(texts) != 1 || texts[0].Lines[0] != "late" || next == "" {
			t.Errorf("the latest texts are %+v, %q, %v", texts, next, err)
		}
		if texts, next, err = b.report.Texts(t.Context(), b.survey, "QID3", next, 10); err != nil || len(texts) != 1 || next != "" {
			t.Errorf("the texts before are %+v, %q, %v", texts, next, err)
		}

		// What comes later is added to what was counted, also by another process; what is deleted is taken out.
		b.clock.Advance(time.Hour)
		b.results()
		b.answer(models.Answers{"QID5": {Number: "9"}}, nil, models.ResponseCompleted)
		b.report = report.New(b.Store, survey.New(b.Store, b.clock), b.clock)
		check(b.results(), 3, 3)
		b.Check(b.Store.DeleteResponse(t.Context(), b.Actor, b.survey.ID, last.ID))
		check(b.results(), 2, 2)
		b.clock.Advance(time.Hour)
		check(b.results(), 2, 2)
	})
}

func TestResultsOfManyNumbersAreRoughButRight(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.NewSQLite(t), definition)
	_, err := b.d.SQL(t).Exec(insertMany(b, 5000))
	b.Check(err)
	_, err = b.d.SQL(t).Exec("INSERT INTO response_counts (survey_id, state, shard, n) VALUES (?, 'completed', 99, 5000)", b.survey.ID)
	b.Check(err)
	n := question(b.results(), "QID6").Numbers
	if n.Count != 5000 || !n.Rough || n.Median < 2475 || n.Median > 2525 || n.Min != 1 || n.Max < 4990 || n.Max > 5010 {
		t.Errorf("the numbers are %+v", n)
	}
}
