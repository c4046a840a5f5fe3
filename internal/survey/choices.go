package survey

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"surveyflow/models"
)

const (
	// MaxChoices is how many choices a question may have.
	MaxChoices = 500
	// maxOther is the longest text beside a choice, in characters.
	maxOther = 1000
)

// otherField names the text beside a choice: "QID1_3_TEXT".
func otherField(q *models.Question, choice int) string {
	return q.ID + "_" + strconv.Itoa(choice) + "_TEXT"
}

// parseChoices reads the chosen choices of a form, in the question's order.
func parseChoices(q *models.Question, form url.Values, p *problems) models.Answer {
	var a models.Answer
	for _, value := range form[q.ID] {
		if value == "" { // the first line of a dropdown
			continue
		}
		id, err := strconv.Atoi(value)
		if err != nil || q.Choice(id) == nil {
			p.add(q.ID, "answer.error.choice")
			continue
		}
		a.Choices = append(a.Choices, id)
	}
	sortChoices(q, &a)
	return a
}

// sortChoices puts the choices into the question's order, each once.
func sortChoices(q *models.Question, a *models.Answer) {
	place := func(id int) int {
		return slices.IndexFunc(q.Choices, func(c models.Choice) bool { return c.ID == id })
	}
	slices.SortFunc(a.Choices, func(x, y int) int { return place(x) - place(y) })
	a.Choices = slices.Compact(a.Choices)
}

// parseOther reads the texts beside the chosen choices.
func parseOther(q *models.Question, form url.Values, a *models.Answer, p *problems) {
	for _, c := range q.Choices {
		if !c.TextEntry || !a.Has(c.ID) {
			continue
		}
		text := line(form.Get(otherField(q, c.ID)))
		if n := utf8.RuneCountInString(text); n > maxOther {
			p.add(otherField(q, c.ID), "answer.error.max_length", "Count", maxOther, "Length", n)
			text = cutText(text, maxOther)
		}
		setOther(a, c.ID, text)
	}
}

func setOther(a *models.Answer, choice int, text string) {
	if text == "" {
		return
	}
	if a.Other == nil {
		a.Other = map[int]string{}
	}
	a.Other[choice] = text
}

// typedOther lists the choices beside which something was typed. Without scripts nothing ticks the choice for who types.
func typedOther(q *models.Question, form url.Values) []int {
	var ids []int
	for _, c := range q.Choices {
		if c.TextEntry && strings.TrimSpace(form.Get(otherField(q, c.ID))) != "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func fillChoices(q *models.Question, a models.Answer, form url.Values) {
	for _, id := range a.Choices {
		form.Add(q.ID, strconv.Itoa(id))
	}
	for id, text := range a.Other {
		form.Set(otherField(q, id), text)
	}
}

// validateOther asks for the text beside a choice of a required question.
func validateOther(q *models.Question, a models.Answer, p *problems) {
	if !q.Required {
		return
	}
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil && c.TextEntry && a.Other[id] == "" {
			p.add(otherField(q, id), "answer.error.other", "Choice", c.Text)
		}
	}
}

// checkChoices tells what is wrong with the choices of a question.
func checkChoices(q *models.Question, p *problems) {
	switch {
	case len(q.Choices) == 0:
		p.add("choices", "question.error.no_choices")
	case len(q.Choices) > MaxChoices:
		p.add("choices", "question.error.too_many_choices", "Max", MaxChoices)
		return
	}
	seen := map[int]bool{}
	for i, c := range q.Choices {
		at := "choices[" + strconv.Itoa(i) + "]"
		if c.ID < 1 || seen[c.ID] {
			p.add(at+".id", "question.error.choice_id", "ID", c.ID)
		}
		seen[c.ID] = true
		if strings.TrimSpace(c.Text) == "" {
			p.add(at+".text", "question.error.choice_text", "Number", i+1)
		}
		if utf8.RuneCountInString(c.Text) > maxOther {
			p.add(at+".text", "question.error.too_long", "Max", maxOther)
		}
		if utf8.RuneCountInString(c.Recode) > 100 {
			p.add(at+".recode", "question.error.too_long", "Max", 100)
		}
	}
}

// choiceFromAPI finds the choice that a program names by its recode value or its id.
func choiceFromAPI(q *models.Question, value string) *models.Choice {
	for i := range q.Choices {
		if q.Choices[i].Recode == value {
			return &q.Choices[i]
		}
	}
	id, err := strconv.Atoi(value)
	if err != nil {
		return nil
	}
	return q.Choice(id)
}

// choicesFromAPI reads the choices that a program sends as one value or as an array, and the texts beside them.
func choicesFromAPI(q *models.Question, in *apiInput) models.Answer {
	var a models.Answer
	values, sent := in.list(q.ID)
	for _, value := range values {
		if value == "" {
			continue
		}
		c := choiceFromAPI(q, value)
		if c == nil {
			in.problem(q.ID, "response.error.choice", "Value", value, "Question", q.ID)
			continue
		}
		a.Choices = append(a.Choices, c.ID)
	}
	for _, c := range q.Choices {
		text, ok := in.text(otherField(q, c.ID), maxOther)
		if !ok || text == "" {
			continue
		}
		if !c.TextEntry {
			in.problem(otherField(q, c.ID), "response.error.no_text", "Question", q.ID, "Value", c.ID)
			continue
		}
		if !sent {
			a.Choices = append(a.Choices, c.ID)
		}
		if a.Has(c.ID) {
			setOther(&a, c.ID, text)
		}
	}
	sortChoices(q, &a)
	return a
}

// exportOther gives the texts beside choices.
func exportOther(q *models.Question, a models.Answer, out *Export) {
	for id, text := range a.Other {
		out.Values[otherField(q, id)] = text
	}
}

// displayedChoices lists the values of all choices, as the export says what a respondent could choose from.
func displayedChoices(q *models.Question) []any {
	all := make([]any, len(q.Choices))
	for i := range q.Choices {
		all[i] = exportNumber(q.Choices[i].RecodeValue())
	}
	return all
}
