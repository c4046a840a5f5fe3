// Package template holds the surveys to start from.
package template

import (
	"slices"
	"strconv"

	"surveyflow/internal/survey"
	"surveyflow/models"
)

// Template is a survey to start from.
type Template struct {
	ID      string // in addresses
	Group   string // "customers", "employees", "events" or "research"
	Name    string // what a survey made of it is called at first
	Summary string // what it finds out, in a sentence
	pages   []templatePage
	fields  []models.EmbeddedField
	end     string // what the last page says
	secret  bool   // the survey is anonymous
}

// templatePage is one page of a template.
type templatePage struct {
	title     string
	questions []templateQuestion
}

// templateQuestion is one question of a template. when asks about an earlier one by its tag.
type templateQuestion struct {
	models.Question
	when *templateCondition
}

type templateCondition struct {
	tag      string
	operator models.Operator
	right    string
}

// Find finds a template by its id; nil when there is none.
func Find(id string) *Template {
	i := slices.IndexFunc(All, func(t Template) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &All[i]
}

// Questions counts the questions of the template.
func (t *Template) Questions() int {
	n := 0
	for _, p := range t.pages {
		n += len(p.questions)
	}
	return n
}

// Make gives the draft of a new survey, and the number of its next question.
func (t *Template) Make() (models.SurveyDefinition, int) {
	def := models.SurveyDefinition{
		Language: "en", EmbeddedData: slices.Clone(t.fields), Anonymous: t.secret, End: models.EndOfSurvey{Message: t.end},
	}
	next := 1
	tagged := map[string]*models.Question{}
	for _, p := range t.pages {
		b := models.Block{ID: models.NewID(models.PrefixBlock), Title: p.title, Questions: []models.Question{}}
		for _, tq := range p.questions {
			q := tq.Question
			q.ID = models.QuestionID(next)
			q.Choices, q.Rows = slices.Clone(q.Choices), slices.Clone(q.Rows)
			next++
			if tq.when != nil {
				q.Display = tq.when.condition(tagged[tq.when.tag])
			}
			if q.Tag != "" {
				known := q
				tagged[q.Tag] = &known
			}
			b.Questions = append(b.Questions, q)
		}
		def.Blocks = append(def.Blocks, b)
	}
	return def, next
}

// condition makes the display logic that asks about a question.
func (c *templateCondition) condition(q *models.Question) *models.Condition {
	path := "ChoiceTextEntryValue"
	if len(q.Choices) > 0 {
		path = "ChoiceGroup/SelectedChoices"
	}
	return &models.Condition{All: []models.Condition{{Left: "${q://" + q.ID + "/" + path + "}", Operator: c.operator, Right: c.right}}}
}

// The words in which templates are written.

func page(title string, questions ...templateQuestion) templatePage {
	return templatePage{title, questions}
}

func ask(t models.QuestionType, text string, choices ...string) templateQuestion {
	q := models.Question{Type: t, Text: text}
	for _, c := range choices {
		survey.AddChoice(&q, c)
	}
	return templateQuestion{Question: q}
}

func one(text string, choices ...string) templateQuestion {
	return ask(models.QuestionSingleChoice, text, choices...)
}

func several(text string, choices ...string) templateQuestion {
	return ask(models.QuestionMultipleChoice, text, choices...)
}

// scale is a single choice whose recode values count down to 1, so that more is better.
func scale(text string, choices ...string) templateQuestion {
	q := one(text, choices...)
	for i := range q.Choices {
		q.Choices[i].Recode = strconv.Itoa(len(choices) - i)
	}
	return q
}

func nps(text string) templateQuestion   { return ask(models.QuestionNPS, text) }
func short(text string) templateQuestion { return ask(models.QuestionShortText, text) }
func long(text string) templateQuestion  { return ask(models.QuestionLongText, text) }

func whole(text string, lowest, highest float64) templateQuestion {
	q := ask(models.QuestionNumber, text)
	none := 0
	q.Rules = models.Rules{Min: &lowest, Max: &highest, Decimals: &none}
	return q
}

func (q templateQuestion) must() templateQuestion            { q.Required = true; return q }
func (q templateQuestion) tag(tag string) templateQuestion   { q.Tag = tag; return q }
func (q templateQuestion) hint(text string) templateQuestion { q.Help = text; return q }
func (q templateQuestion) other(text string) templateQuestion {
	return q.add(models.Choice{Text: text, TextEntry: true})
}

func (q templateQuestion) none(text string) templateQuestion {
	return q.add(models.Choice{Text: text, Exclusive: true})
}

func (q templateQuestion) add(c models.Choice) templateQuestion {
	q.Choices = slices.Clone(q.Choices)
	added := survey.AddChoice(&q.Question, c.Text)
	added.TextEntry, added.Exclusive = c.TextEntry, c.Exclusive
	return q
}

// shownWhen shows a question only when an earlier one, named by its tag, has such an answer.
func (q templateQuestion) shownWhen(tag string, operator models.Operator, right string) templateQuestion {
	q.when = &templateCondition{tag, operator, right}
	return q
}
