package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/survey"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// partForms gives the rows of a form for choices or rows as the draft has them.
func partForms(group string, parts []models.Choice) []surveypages.ChoiceForm {
	var out []surveypages.ChoiceForm
	for i, c := range parts {
		out = append(out, surveypages.ChoiceForm{Group: group, Row: i, ID: c.ID, Text: c.Text, Recode: c.Recode, TextEntry: c.TextEntry, Exclusive: c.Exclusive})
	}
	return out
}

// readParts reads what the form of a question sent of its choices or rows.
func readParts(group string, in url.Values) []surveypages.ChoiceForm {
	var out []surveypages.ChoiceForm
	fields := group
	if fields == "" {
		fields = "choices"
	}
	for _, row := range rowsOf(in, fields) {
		at := func(field string) string {
			return strings.TrimSpace(in.Get(fields + "[" + strconv.Itoa(row) + "]." + field))
		}
		id, _ := strconv.Atoi(at("id")) // anything else is a new one
		out = append(out, surveypages.ChoiceForm{
			Group: group, Row: row, ID: id, Text: at("text"), Recode: at("recode"), TextEntry: at("textEntry") != "", Exclusive: at("exclusive") != "",
		})
	}
	return out
}

// partsOf gives the list of a form that a button is about.
func partsOf(f *surveypages.QuestionForm, group string) *[]surveypages.ChoiceForm {
	if group == surveypages.GroupRows {
		return &f.Rows
	}
	return &f.Choices
}

// dropBlank leaves out the choices and rows in which nothing was written: new ones, and those that were always empty.
func dropBlank(f *surveypages.QuestionForm, q *models.Question) {
	dropParts(f, func(c surveypages.ChoiceForm) bool {
		old := savedPart(q, c)
		return old == nil || old.Text == ""
	})
	numberRows(f)
}

// dropNewBlank leaves out new choices and rows in which nothing was written yet, but keeps the numbers of the others.
func dropNewBlank(f *surveypages.QuestionForm, q *models.Question) {
	dropParts(f, func(c surveypages.ChoiceForm) bool { return savedPart(q, c) == nil })
}

// dropParts leaves out blank parts. A slider keeps its first row: one slider needs no text.
func dropParts(f *surveypages.QuestionForm, drop func(c surveypages.ChoiceForm) bool) {
	blank := func(c surveypages.ChoiceForm) bool { return c.Text == "" && c.Recode == "" && drop(c) }
	f.Choices = slices.DeleteFunc(f.Choices, blank)
	first := surveypages.ChoiceForm{Group: surveypages.GroupRows}
	if len(f.Rows) > 0 {
		first = f.Rows[0]
	}
	f.Rows = slices.DeleteFunc(f.Rows, blank)
	if len(f.Rows) == 0 && f.Type == models.QuestionSlider {
		f.Rows = []surveypages.ChoiceForm{first}
	}
}

// savedPart gives what the draft has of a choice or row; nil for a new one.
func savedPart(q *models.Question, c surveypages.ChoiceForm) *models.Choice {
	if c.Group == surveypages.GroupRows {
		return q.Row(c.ID)
	}
	return q.Choice(c.ID)
}

func numberRows(f *surveypages.QuestionForm) {
	for _, parts := range [][]surveypages.ChoiceForm{f.Choices, f.Rows} {
		for i := range parts {
			parts[i].Row = i
		}
	}
}

// movePart swaps a choice or row with its neighbour.
func movePart(parts []surveypages.ChoiceForm, row int, up bool) {
	i := slices.IndexFunc(parts, func(c surveypages.ChoiceForm) bool { return c.Row == row })
	j := i + 1
	if up {
		j = i - 1
	}
	if i < 0 || j < 0 || j >= len(parts) {
		return
	}
	parts[i], parts[j] = parts[j], parts[i]
}

// applyParts puts the choices and rows of a form into a question. New ones get their ids, in the form too.
func applyParts(f *surveypages.QuestionForm, q *models.Question) {
	if q.Type.HasChoices() {
		survey.SetChoices(q, partsFrom(f.Choices, q.Type))
		for i := range f.Choices {
			f.Choices[i].ID = q.Choices[i].ID
		}
	}
	if q.Type.HasRows() {
		survey.SetRows(q, partsFrom(f.Rows, q.Type))
		for i := range f.Rows {
			f.Rows[i].ID = q.Rows[i].ID
		}
	}
}

// partsFrom makes the choices or rows of a question of what was typed, with what its type knows of them.
func partsFrom(forms []surveypages.ChoiceForm, t models.QuestionType) []models.Choice {
	parts := make([]models.Choice, len(forms))
	for i, c := range forms {
		parts[i] = models.Choice{ID: c.ID, Text: c.Text, Recode: c.Recode}
		if c.Group != surveypages.GroupRows {
			parts[i].TextEntry, parts[i].Exclusive = c.TextEntry && t.TakesOther(), c.Exclusive && t.SeveralChoices()
		}
	}
	return parts
}
