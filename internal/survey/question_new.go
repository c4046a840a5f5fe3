package survey

import (
	"slices"

	"surveyflow/internal/i18n"
	"surveyflow/models"
)

// begin gives a new question what its type begins with, so that there is something to write over: empty choices, or those
// that make its type, in the survey's language.
func begin(q *models.Question, language string) {
	word := func(key string) string { return i18n.Say(language, key) }
	switch q.Type {
	case models.QuestionSingleChoice, models.QuestionMultipleChoice, models.QuestionDropdown:
		AddChoice(q, "")
		AddChoice(q, "")
	case models.QuestionRanking:
		AddChoice(q, "")
		AddChoice(q, "")
		AddChoice(q, "")
	case models.QuestionMatrix, models.QuestionMatrixMultiple:
		AddRow(q, "")
		AddRow(q, "")
		if q.Type == models.QuestionMatrixMultiple {
			AddChoice(q, "")
			AddChoice(q, "")
			return
		}
		for _, key := range agreement {
			AddChoice(q, word(key))
		}
	case models.QuestionSlider:
		AddRow(q, "")
	case models.QuestionYesNo:
		AddChoice(q, word("question.new.yes"))
		AddChoice(q, word("question.new.no")).Recode = "0"
	case models.QuestionConsent:
		AddChoice(q, word("question.new.consent"))
		q.Required = true
	}
}

// agreement is the scale that a new matrix begins with, which is the one that most have.
var agreement = []string{
	"question.new.disagree_strongly", "question.new.disagree", "question.new.neither", "question.new.agree", "question.new.agree_strongly",
}

// Convert makes a question one of another type that can hold its texts and choices: models.CodeInvalid for any other.
// Rules that the new type does not know are dropped, and so is the look that came with a file. One whose choices have no
// words yet can become any, and begins as a new one of that type does, with the text that it has.
func Convert(q *models.Question, t models.QuestionType, language string) error {
	if t == q.Type {
		return nil
	}
	worded := slices.ContainsFunc(q.Choices, func(c models.Choice) bool { return c.Text != "" })
	if !slices.Contains(q.Type.ConvertibleTo(worded), t) {
		return models.Invalid(models.Field("type", "question.error.convert"))
	}
	fresh := !worded && !slices.Contains(q.Type.ConvertibleTo(true), t)
	q.Type = t
	if fresh {
		q.Choices, q.Rows, q.Scale = nil, nil, models.Scale{}
		begin(q, language)
	}
	for i := range q.Choices {
		q.Choices[i].Exclusive = q.Choices[i].Exclusive && t.SeveralChoices()
		q.Choices[i].TextEntry = q.Choices[i].TextEntry && t.TakesOther()
	}
	q.Rules = rulesFor(t, q.Rules)
	for _, look := range []string{"Selector", "SubSelector", "Validation"} {
		delete(q.Extra, look)
	}
	return nil
}

// rulesFor keeps of rules what the type knows.
func rulesFor(t models.QuestionType, r models.Rules) models.Rules {
	kept := models.Rules{Message: r.Message}
	switch t {
	case models.QuestionMultipleChoice, models.QuestionMatrixMultiple, models.QuestionRanking:
		kept.MinChoices, kept.MaxChoices = r.MinChoices, r.MaxChoices
	case models.QuestionShortText, models.QuestionLongText:
		kept.MinLength, kept.MaxLength, kept.Pattern = r.MinLength, r.MaxLength, r.Pattern
	case models.QuestionNumber, models.QuestionSlider:
		kept.Min, kept.Max, kept.Decimals = r.Min, r.Max, r.Decimals
	case models.QuestionDate:
		kept.Earliest, kept.Latest, kept.Day = r.Earliest, r.Latest, r.Day
	}
	return kept
}
