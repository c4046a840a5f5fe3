package survey

import (
	"time"

	"surveyflow/models"
)

// FieldToday is the field of a form in which a browser says which day it is where the respondent is, as YYYY-MM-DD.
const FieldToday = "today"

// days are those that can be today for a respondent. It is not the same day everywhere, and a respondent who says the truth
// must not be refused; so without word from their browser it is every day that it is somewhere on earth.
type days struct{ first, last string }

// anyDay holds nobody to the rules of days.
var anyDay days

// The clocks that are farthest behind and ahead of UTC.
const (
	farthestBehind = -12 * time.Hour
	farthestAhead  = 14 * time.Hour
)

// daysAt gives the days that can be today. said is what the browser says; it is believed where it can be true.
func daysAt(now time.Time, said string) days {
	at := func(offset time.Duration) string { return now.UTC().Add(offset).Format(time.DateOnly) }
	d := days{at(farthestBehind), at(farthestAhead)}
	if day, ok := dayOf(said); ok && day >= d.first && day <= d.last {
		return days{day, day}
	}
	return d
}

// validate tells when a date is on the wrong side of today. A question that has another problem is left with that one.
func (d days) validate(q *models.Question, a models.Answer, p *problems) {
	if d == anyDay || q.Type != models.QuestionDate || len(*p) > 0 {
		return
	}
	day, ok := dayOf(a.Text)
	switch {
	case !ok:
	case q.Rules.Day == models.DayNotFuture && day > d.last:
		broken(q, p, "answer.error.not_future")
	case q.Rules.Day == models.DayNotPast && day < d.first:
		broken(q, p, "answer.error.not_past")
	}
}
