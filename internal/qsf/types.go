package qsf

import (
	"encoding/json"
	"regexp"
	"strconv"

	"surveyflow/models"
)

// layout is how a type of question is called in Qualtrics' JSON.
type layout struct{ kind, selector, sub string }

// layouts are the spellings that the product writes.
var layouts = map[models.QuestionType]layout{
	models.QuestionSingleChoice:   {"MC", "SAVR", "TX"},
	models.QuestionMultipleChoice: {"MC", "MAVR", "TX"},
	models.QuestionNPS:            {"MC", "NPS", ""},
	models.QuestionShortText:      {"TE", "SL", ""},
	models.QuestionLongText:       {"TE", "ML", ""},
	models.QuestionNumber:         {"TE", "SL", ""},
}

// selectors are the spellings that are understood: those above, and others that ask the same in another look.
var selectors = map[string]models.QuestionType{
	"MC/SAVR": models.QuestionSingleChoice, "MC/SAHR": models.QuestionSingleChoice, "MC/SACOL": models.QuestionSingleChoice,
	"MC/DL": models.QuestionSingleChoice, "MC/SB": models.QuestionSingleChoice,
	"MC/MAVR": models.QuestionMultipleChoice, "MC/MAHR": models.QuestionMultipleChoice, "MC/MACOL": models.QuestionMultipleChoice,
	"MC/MSB": models.QuestionMultipleChoice,
	"MC/NPS": models.QuestionNPS,
	"TE/SL":  models.QuestionShortText, "TE/ML": models.QuestionLongText, "TE/ESTB": models.QuestionLongText,
}

// typeOf finds the type that a spelling names; "" when the product cannot ask it. number is said of a text field that
// takes numbers only, which is a validation in Qualtrics and a type here.
func typeOf(kind, selector string, number bool) models.QuestionType {
	t := selectors[kind+"/"+selector]
	if number && t == models.QuestionShortText {
		return models.QuestionNumber
	}
	return t
}

// layoutOf gives the spelling of a question: as it came while that still names its type, else the product's own.
func layoutOf(q *models.Question) layout {
	l, known := layouts[q.Type]
	if !known {
		l.kind, _ = textOf(q.Extra["QuestionType"])
	}
	selector, _ := textOf(q.Extra["Selector"])
	if selector != "" && (!known || typeOf(l.kind, selector, q.Type == models.QuestionNumber) == q.Type) {
		l.selector = selector
	}
	if sub, given := q.Extra["SubSelector"]; given {
		l.sub, _ = textOf(sub)
	}
	return l
}

// members are the names in Qualtrics' JSON of the fields that survey.CheckQuestion names.
var members = map[string]string{
	"text": "QuestionText", "tag": "DataExportTag", "type": "QuestionType", "choices": "Choices",
	"rules.min": "Validation.Settings.ValidNumber.Min", "rules.max": "Validation.Settings.ValidNumber.Max",
	"rules.decimals":  "Validation.Settings.ValidNumber.NumDecimals",
	"rules.minLength": "Validation.Settings.MinChars", "rules.maxLength": "Validation.Settings.TotalChars",
	"rules.minChoices": "Validation.Settings.MinChoices", "rules.maxChoices": "Validation.Settings.MaxChoices",
}

var choiceField = regexp.MustCompile(`^choices\[([0-9]+)\]\.(text|recode)$`)

// MemberOf gives the name in Qualtrics' JSON of a field of the question that survey.CheckQuestion names.
func MemberOf(q *models.Question, field string) string {
	if name, ok := members[field]; ok {
		return name
	}
	if m := choiceField.FindStringSubmatch(field); m != nil {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(q.Choices) {
			id := strconv.Itoa(q.Choices[i].ID)
			return map[string]string{"text": "Choices." + id + ".Display", "recode": "RecodeValues." + id}[m[2]]
		}
	}
	return field
}

// keepLayout keeps a spelling that is not the product's own.
func keepLayout(q *models.Question, selector, sub string, given bool) {
	l := layouts[q.Type]
	if selector != l.selector {
		q.Extra["Selector"] = raw(selector)
	}
	if given && sub != l.sub {
		q.Extra["SubSelector"] = raw(sub)
	}
}

// decoder gathers what is wrong with a question.
type decoder struct{ fields []models.FieldError }

func (d *decoder) fail(field, key string, args ...any) {
	d.fields = append(d.fields, models.Field(field, key, args...))
}

// text reads a member that is a text.
func (d *decoder) text(members map[string]json.RawMessage, name string) string {
	text, ok := textOf(members[name])
	if !ok {
		d.fail(name, "qsf.error.text", "Name", name)
	}
	return text
}
