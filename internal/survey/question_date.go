package survey

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"surveyflow/models"
)

// date is a day of the calendar, kept as YYYY-MM-DD.
type date struct{ formatted }

func newDate() date {
	return date{formatted{
		kind: models.QuestionDate, canonical: dayOf,
		required: "answer.error.required_date", wrong: "answer.error.date", refused: "response.error.date",
	}}
}

// written are the spellings that browsers without a field for dates send as they were typed, and that mean one day only.
// Days and months separated by slashes do not: 01/02 is one day here and another there.
var written = regexp.MustCompile(`^(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}))$`)

func dayOf(text string) (string, bool) {
	m := written.FindStringSubmatch(strings.Map(plainDigit, text))
	if m == nil {
		return text, false
	}
	y, mo, d := m[1], m[2], m[3]
	if y == "" {
		y, mo, d = m[6], m[5], m[4]
	}
	at, err := time.Parse("2006-1-2", y+"-"+mo+"-"+d)
	if err != nil || at.Year() < 1 {
		return text, false
	}
	return at.Format(time.DateOnly), true
}

func (date) check(q *models.Question, p *problems) {
	r := q.Rules
	if !slices.Contains(models.DayRules, r.Day) {
		p.add("rules.day", "question.error.day", "Value", string(r.Day))
	}
	for field, text := range map[string]string{"rules.earliest": r.Earliest, "rules.latest": r.Latest} {
		if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
			p.add(field, "question.error.date")
		}
	}
	if r.Earliest != "" && r.Latest != "" && r.Earliest > r.Latest {
		p.add("rules.latest", "question.error.min_over_max")
	}
}

func (t date) parse(q *models.Question, form url.Values, p *problems) models.Answer {
	return t.formatted.parse(q, form, p)
}

// validate compares as text, which for days written like this is the order of days.
func (t date) validate(q *models.Question, a models.Answer, p *problems) {
	day, ok := dayOf(a.Text)
	if !ok {
		t.formatted.validate(q, a, p)
		return
	}
	r := q.Rules
	early, late := r.Earliest != "" && day < r.Earliest, r.Latest != "" && day > r.Latest
	switch {
	case (early || late) && r.Earliest != "" && r.Latest != "":
		broken(q, p, "answer.error.date_range", "Earliest", r.Earliest, "Latest", r.Latest)
	case early:
		broken(q, p, "answer.error.earliest", "Earliest", r.Earliest)
	case late:
		broken(q, p, "answer.error.latest", "Latest", r.Latest)
	}
}
