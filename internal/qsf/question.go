package qsf

import (
	"cmp"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"surveyflow/models"
)

// derived are the members that are made of others, or say nothing that has to be kept.
var derived = []string{
	"QuestionText", "QuestionText_Unsafe", "QuestionText_Safe", "DataExportTag", "QuestionType", "Selector", "SubSelector", "Choices", "ChoiceOrder",
	"RecodeValues", "Validation", "QuestionID", "NextChoiceId", "revision", ownMember,
}

// DecodeQuestion reads a question as the API and files bring it. Its id is the one that it names, if any. A question of a type
// that the product cannot ask has the type "" and all of its members in Extra.
//
// It fails with models.CodeInvalid; the fields are paths in the question's JSON, such as "Choices.2.Display".
func DecodeQuestion(question json.RawMessage) (models.Question, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(question, &members) != nil || members == nil {
		return models.Question{}, models.Invalid(models.Field("", "qsf.error.object"))
	}
	var d decoder
	q := models.Question{Extra: models.RawFields{}}
	kind, selector, sub := d.text(members, "QuestionType"), d.text(members, "Selector"), d.text(members, "SubSelector")
	q.ID, q.Text, q.Tag = d.text(members, "QuestionID"), d.text(members, "QuestionText"), d.text(members, "DataExportTag")
	if kind == "" && len(d.fields) == 0 {
		d.fail("QuestionType", "qsf.error.missing", "Name", "QuestionType")
	}
	v := d.validation(members["Validation"])
	o := d.own(members[ownMember])
	q.Type = typeOf(layout{kind, selector, sub}, v.content(), o.Type)
	if q.Type == "" {
		q.Extra = models.RawFields(members)
		return q, models.Invalid(slices.DeleteFunc(d.fields, func(f models.FieldError) bool { return strings.HasPrefix(f.Field, "Validation") })...)
	}
	for name, value := range members {
		if !slices.Contains(derived, name) {
			q.Extra[name] = value
		}
	}
	_, given := members["SubSelector"]
	keepLayout(&q, selector, sub, given)
	d.parts(&q, members)
	d.rules(&q, v)
	d.scale(&q, members)
	o.apply(&q)
	takeTranslations(&q)
	return q, models.Invalid(d.fields...)
}

// Keep takes over what a question has that its new description in Qualtrics' JSON cannot say.
func Keep(q *models.Question, old *models.Question) {
	if _, came := q.Extra[displayLogic]; !came && q.Display == nil {
		q.Display = old.Display
		if logic, known := old.Extra[knownLogic]; known && q.Extra != nil {
			q.Extra[knownLogic] = logic
		}
	}
	q.Help = cmp.Or(q.Help, old.Help)
	q.Rules.Pattern, q.Rules.Message = cmp.Or(q.Rules.Pattern, old.Rules.Pattern), cmp.Or(q.Rules.Message, old.Rules.Message)
	if q.Type == old.Type {
		q.Rules.Earliest, q.Rules.Latest = cmp.Or(q.Rules.Earliest, old.Rules.Earliest), cmp.Or(q.Rules.Latest, old.Rules.Latest)
		q.Rules.Day = cmp.Or(q.Rules.Day, old.Rules.Day)
		q.Scale.Shape, q.Scale.Low, q.Scale.High = cmp.Or(q.Scale.Shape, old.Scale.Shape), cmp.Or(q.Scale.Low, old.Scale.Low), cmp.Or(q.Scale.High, old.Scale.High)
	}
	q.NextChoiceID = max(q.NextChoiceID, old.NextChoiceID)
	for _, c := range old.Choices {
		q.NextChoiceID = max(q.NextChoiceID, c.ID+1)
	}
	q.NextRowID = max(q.NextRowID, old.NextRowID)
	for _, r := range old.Rows {
		q.NextRowID = max(q.NextRowID, r.ID+1)
	}
	if q.Tag == "" {
		q.Tag = old.Tag
	}
	keepTranslations(q, old)
}

// EncodeQuestion writes a question in Qualtrics' JSON.
func EncodeQuestion(q *models.Question) Object {
	if q.Type == "" {
		return encodeOther(q)
	}
	l := layoutOf(q)
	o := make(Object, 0, 20)
	o.add("QuestionText", q.Text, "DefaultChoices", orElse(q.Extra, "DefaultChoices", "false"), "DataExportTag", q.ExportTag(),
		"QuestionType", l.kind, "Selector", l.selector)
	if l.sub != "" {
		o.add("SubSelector", l.sub)
	}
	o.add("DataVisibility", orElse(q.Extra, "DataVisibility", `{"Private":false,"Hidden":false}`),
		"Configuration", configuration(q),
		"QuestionDescription", description(q))
	next := encodeChoices(q, &o)
	o.add("Validation", encodeValidation(q), "GradingData", orElse(q.Extra, "GradingData", "[]"),
		languageMember, encodeTranslations(q), "NextChoiceId", next, "NextAnswerId", nextAnswer(q),
		"QuestionID", q.ID)
	if own := ownOf(q); !own.empty() {
		o.add(ownMember, own)
	}
	o.addExtra(q.Extra, "Choices", "Answers", "Selector", "SubSelector", "Validation", languageMember, knownLogic)
	o.add("QuestionText_Unsafe", q.Text)
	return o
}

// encodeOther writes a question of a type that the product cannot ask, as it came.
func encodeOther(q *models.Question) Object {
	var o Object
	o.addExtra(q.Extra, "QuestionID", "revision", "DataExportTag")
	o.add("DataExportTag", q.ExportTag(), "QuestionID", q.ID)
	return o
}

func orElse(extra models.RawFields, name, fallback string) json.RawMessage {
	if value, ok := extra[name]; ok {
		return value
	}
	return json.RawMessage(fallback)
}

// maxDescription is how many characters Qualtrics makes of a question's text for its description.
const maxDescription = 100

// description gives the question's short name: the one that it came with, or the beginning of its text.
func description(q *models.Question) any {
	if own, ok := q.Extra["QuestionDescription"]; ok {
		return own
	}
	text := Plain(q.Text)
	if utf8.RuneCountInString(text) > maxDescription {
		text = string([]rune(text)[:maxDescription])
	}
	return text
}

var (
	breaks = regexp.MustCompile(`(?i)</?(?:br|p|div|li|ul|ol|h[1-6]|tr|td|table|hr)\b[^<>]*>`)
	tags   = regexp.MustCompile(`<[^<>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// Plain gives a rich text without its markup, in one line.
func Plain(s string) string {
	if strings.ContainsAny(s, "<&") {
		s = html.UnescapeString(tags.ReplaceAllString(breaks.ReplaceAllString(s, " "), ""))
	}
	return strings.TrimSpace(spaces.ReplaceAllString(s, " "))
}

// harmless are kept parts that change nothing for respondents or in exports.
var harmless = []string{
	"Configuration", "QuestionDescription", "NextAnswerId", "DefaultChoices", "SubSelector", "SearchSource", "DataVisibility", "IsAutoNamed", knownLogic,
}

// Unused names the parts of a question that are kept but not used yet (contract §7, Writes), such as "DisplayLogic".
func Unused(q *models.Question) []string {
	if q.Type == "" {
		kind, _ := textOf(q.Extra["QuestionType"])
		selector, _ := textOf(q.Extra["Selector"])
		return []string{"QuestionType " + strings.TrimSuffix(kind+"/"+selector, "/")}
	}
	var names []string
	for _, name := range sortedNames(q.Extra) {
		value := q.Extra[name]
		switch {
		case slices.Contains(harmless, name) || blank(value) || name == displayLogic && q.Display != nil:
		case name == "Choices" || name == "Answers":
			names = append(names, unusedOfChoices(name, value)...)
		case name == "Validation":
			names = append(names, unusedOfValidation(value)...)
		case name == "Selector":
			if selector, _ := textOf(value); layoutOf(q).selector == selector {
				names = append(names, "Selector "+selector)
			}
		default:
			names = append(names, name)
		}
	}
	return names
}

func unusedOfChoices(member string, kept json.RawMessage) []string {
	var names []string
	byID, _, _ := mapOf(kept)
	for _, id := range sortedNames(byID) {
		parts, _, _ := mapOf(byID[id])
		for _, part := range sortedNames(parts) {
			if !blank(parts[part]) {
				names = append(names, member+"."+id+"."+part)
			}
		}
	}
	return names
}

// choiceID reads the id of a choice.
func choiceID(name string) (int, bool) {
	id, err := strconv.Atoi(name)
	return id, err == nil && id > 0 && id <= 1_000_000
}
