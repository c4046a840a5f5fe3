package handlers

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/richtext"
	"surveyflow/models"
	"surveyflow/views/surveypages"
)

// questionFormOf gives the form of a question as it is in the draft.
func questionFormOf(q *models.Question) *surveypages.QuestionForm {
	untagged := *q
	untagged.Tag = ""
	f := &surveypages.QuestionForm{
		ID: q.ID, Type: q.Type, Text: q.Text, Help: q.Help, Tag: q.Tag, AutoTag: untagged.ExportTag(), Required: q.Required,
		Min: decimalText(q.Rules.Min), Max: decimalText(q.Rules.Max), MinLength: countText(q.Rules.MinLength), MaxLength: countText(q.Rules.MaxLength),
		MinChoices: countText(q.Rules.MinChoices), MaxChoices: countText(q.Rules.MaxChoices), Pattern: q.Rules.Pattern, Message: q.Rules.Message,
		Earliest: q.Rules.Earliest, Latest: q.Rules.Latest, Day: string(q.Rules.Day), Display: q.Display,
	}
	if q.Rules.Decimals != nil {
		f.Decimals = strconv.Itoa(*q.Rules.Decimals)
	}
	fillScale(f, q)
	f.Choices, f.Rows = partForms("", q.Choices), partForms(surveypages.GroupRows, q.Rows)
	return f
}

func decimalText(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// readQuestionForm reads what the form of a question sent.
func readQuestionForm(q *models.Question, in url.Values) *surveypages.QuestionForm {
	f := questionFormOf(q)
	text := func(name string) string { return strings.TrimSpace(in.Get(name)) }
	f.Text, f.Help, f.Tag, f.Required = text("text"), text("help"), text("tag"), in.Get("required") != ""
	f.Min, f.Max, f.Decimals = text("rules.min"), text("rules.max"), text("rules.decimals")
	f.MinLength, f.MaxLength = text("rules.minLength"), text("rules.maxLength")
	f.MinChoices, f.MaxChoices = text("rules.minChoices"), text("rules.maxChoices")
	f.Pattern, f.Message = text("rules.pattern"), text("rules.message")
	f.Earliest, f.Latest, f.Day = text("rules.earliest"), text("rules.latest"), text("rules.day")
	readScale(f, text)
	f.Choices, f.Rows = readParts("", in), readParts(surveypages.GroupRows, in)
	return f
}

var rowName = regexp.MustCompile(`^(\w+)\[(\d{1,6})\]\.\w+$`)

// mostRows bounds how many rows of a form are looked at; the rules of what they hold are stricter.
const mostRows = 1000

// rowsOf gives the numbers of the rows of a repeated group of fields, in order.
func rowsOf(in url.Values, group string) []int {
	seen := map[int]bool{}
	for name := range in {
		if m := rowName.FindStringSubmatch(name); m != nil && m[1] == group {
			n, _ := strconv.Atoi(m[2])
			seen[n] = true
		}
	}
	rows := make([]int, 0, len(seen))
	for n := range seen {
		rows = append(rows, n)
	}
	slices.Sort(rows)
	return rows[:min(len(rows), mostRows)]
}

// applyQuestionForm puts a form into a question and tells which of its numbers are none. The other rules are survey.CheckQuestion's.
// Choices that are new get their ids, in the form too.
func applyQuestionForm(f *surveypages.QuestionForm, q *models.Question) []models.FieldError {
	var wrong []models.FieldError
	count := func(field, text string) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			wrong = append(wrong, models.Field(field, "error.whole_number"))
		}
		return n
	}
	decimal := func(field, text string) *float64 {
		if text == "" {
			return nil
		}
		n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil {
			wrong = append(wrong, models.Field(field, "question.error.number"))
		}
		return &n
	}
	q.Text, q.Help, q.Tag, q.Required = richtext.Clean(f.Text), richtext.Clean(f.Help), f.Tag, f.Required
	q.Rules = models.Rules{
		Min: decimal("rules.min", f.Min), Max: decimal("rules.max", f.Max),
		MinLength: count("rules.minLength", f.MinLength), MaxLength: count("rules.maxLength", f.MaxLength),
		MinChoices: count("rules.minChoices", f.MinChoices), MaxChoices: count("rules.maxChoices", f.MaxChoices),
		Pattern: f.Pattern, Message: f.Message, Earliest: f.Earliest, Latest: f.Latest, Day: models.DayRule(f.Day),
	}
	q.Scale = models.Scale{Points: count("scale.points", f.Points), Shape: models.Shape(f.Shape), Low: f.Low, High: f.High}
	if step := decimal("scale.step", f.Step); step != nil {
		q.Scale.Step = *step
	}
	if f.Decimals != "" {
		n := count("rules.decimals", f.Decimals)
		q.Rules.Decimals = &n
	}
	applyParts(f, q)
	return wrong
}

// fieldFormsOf gives the rows of the form of embedded data, as the draft has them.
func fieldFormsOf(fields []models.EmbeddedField) []surveypages.FieldForm {
	out := make([]surveypages.FieldForm, len(fields))
	for i, f := range fields {
		out[i] = surveypages.FieldForm{Row: i, Name: f.Name, Default: f.Default, FromLink: f.FromLink}
	}
	return out
}

// readFieldForms reads the form of embedded data.
func readFieldForms(in url.Values) []surveypages.FieldForm {
	var out []surveypages.FieldForm
	for _, row := range rowsOf(in, "embeddedData") {
		at := func(field string) string {
			return strings.TrimSpace(in.Get("embeddedData[" + strconv.Itoa(row) + "]." + field))
		}
		out = append(out, surveypages.FieldForm{Row: row, Name: at("name"), Default: at("default"), FromLink: at("fromLink") != ""})
	}
	return out
}
