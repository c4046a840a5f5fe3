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
	models.QuestionDropdown:       {"MC", "DL", "TX"},
	models.QuestionYesNo:          {"MC", "SAHR", "TX"},
	models.QuestionRating:         {"MC", "SAHR", "TX"},
	models.QuestionConsent:        {"MC", "SAVR", "TX"},
	models.QuestionNPS:            {"MC", "NPS", ""},
	models.QuestionMatrix:         {"Matrix", "Likert", "SingleAnswer"},
	models.QuestionMatrixMultiple: {"Matrix", "Likert", "MultipleAnswer"},
	models.QuestionRanking:        {"RO", "DND", "TX"},
	models.QuestionSlider:         {"Slider", "HSLIDER", ""},
	models.QuestionShortText:      {"TE", "SL", ""},
	models.QuestionLongText:       {"TE", "ML", ""},
	models.QuestionNumber:         {"TE", "SL", ""},
	models.QuestionEmail:          {"TE", "SL", ""},
	models.QuestionPhone:          {"TE", "SL", ""},
	models.QuestionDate:           {"TE", "SL", ""},
	models.QuestionURL:            {"TE", "SL", ""},
	models.QuestionStatement:      {"DB", "TB", ""},
}

// Kind gives what Qualtrics calls a type of question, such as "MC".
func Kind(t models.QuestionType) string { return layouts[t].kind }

// selectors are the spellings that are understood: those above, and others that ask the same in another look.
var selectors = map[string]models.QuestionType{
	"MC/SAVR": models.QuestionSingleChoice, "MC/SAHR": models.QuestionSingleChoice, "MC/SACOL": models.QuestionSingleChoice,
	"MC/SB": models.QuestionSingleChoice, "MC/DL": models.QuestionDropdown,
	"MC/MAVR": models.QuestionMultipleChoice, "MC/MAHR": models.QuestionMultipleChoice, "MC/MACOL": models.QuestionMultipleChoice,
	"MC/MSB": models.QuestionMultipleChoice,
	"MC/NPS": models.QuestionNPS,
	"TE/SL":  models.QuestionShortText, "TE/ML": models.QuestionLongText, "TE/ESTB": models.QuestionLongText,
	"DB/TB":  models.QuestionStatement,
	"RO/DND": models.QuestionRanking, "RO/TE": models.QuestionRanking, "RO/RB": models.QuestionRanking, "RO/SB": models.QuestionRanking,
	"Slider/HSLIDER": models.QuestionSlider, "Slider/HBAR": models.QuestionSlider, "Slider/STAR": models.QuestionSlider,
	"Matrix/Likert/SingleAnswer": models.QuestionMatrix, "Matrix/Likert/DL": models.QuestionMatrix,
	"Matrix/Likert/MultipleAnswer": models.QuestionMatrixMultiple,
}

// contentTypes are the types that are a text field with a validation in Qualtrics.
var contentTypes = map[models.QuestionType]string{
	models.QuestionNumber: "ValidNumber", models.QuestionEmail: "ValidEmail", models.QuestionPhone: "ValidPhone", models.QuestionDate: "ValidDate",
}

// plainTypes say as what Qualtrics knows a type that it lacks or that is a validation there.
var plainTypes = map[models.QuestionType]models.QuestionType{
	models.QuestionNumber: models.QuestionShortText, models.QuestionEmail: models.QuestionShortText, models.QuestionPhone: models.QuestionShortText,
	models.QuestionDate: models.QuestionShortText, models.QuestionURL: models.QuestionShortText,
	models.QuestionYesNo: models.QuestionSingleChoice, models.QuestionRating: models.QuestionSingleChoice, models.QuestionConsent: models.QuestionSingleChoice,
}

func plainType(t models.QuestionType) models.QuestionType {
	if plain, ok := plainTypes[t]; ok {
		return plain
	}
	return t
}

// typeNamed finds the type of a spelling as Qualtrics knows it; "" when there is none. Of a matrix the sub-selector decides.
func (l layout) typeNamed() models.QuestionType {
	name := l.kind + "/" + l.selector
	if l.kind == "Matrix" {
		name += "/" + l.sub
	}
	return selectors[name]
}

// typeOf finds the type that a spelling names; "" when the product cannot ask it. content is the validation of a text
// field's content, and own the type that the product itself noted: it counts while the spelling fits it.
func typeOf(l layout, content string, own models.QuestionType) models.QuestionType {
	t := l.typeNamed()
	if own != "" && t != "" && plainType(own) == t {
		return own
	}
	if t == models.QuestionShortText {
		for valid, name := range contentTypes {
			if name == content {
				return valid
			}
		}
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
	kept := l
	if selector != "" {
		kept.selector = selector
	}
	if sub, given := q.Extra["SubSelector"]; given {
		kept.sub, _ = textOf(sub)
	}
	if !known || kept.typeNamed() == plainType(q.Type) {
		return kept
	}
	return l
}

// members are the names in Qualtrics' JSON of the fields that survey.CheckQuestion names.
var members = map[string]string{
	"text": "QuestionText", "tag": "DataExportTag", "type": "QuestionType", "choices": "Choices", "rows": "Choices",
	"rules.min": "Validation.Settings.ValidNumber.Min", "rules.max": "Validation.Settings.ValidNumber.Max",
	"rules.decimals":  "Validation.Settings.ValidNumber.NumDecimals",
	"rules.minLength": "Validation.Settings.MinChars", "rules.maxLength": "Validation.Settings.TotalChars",
	"scale.shape": ownMember + ".scale.shape", "scale.low": ownMember + ".scale.low", "scale.high": ownMember + ".scale.high",
	"scale.step": ownMember + ".scale.step", "rules.earliest": ownMember + ".rules.earliest", "rules.latest": ownMember + ".rules.latest",
	"rules.day":    ownMember + ".rules.day",
	"scale.points": "Choices", "rules.pattern": ownMember + ".rules.pattern", "help": ownMember + ".help", "rules.message": ownMember + ".rules.message",
	"rules.minChoices": "Validation.Settings.MinChoices", "rules.maxChoices": "Validation.Settings.MaxChoices",
}

var choiceField = regexp.MustCompile(`^(choices|rows)\[([0-9]+)\]\.(text|recode)$`)

// MemberOf gives the name in Qualtrics' JSON of a field of the question that survey.CheckQuestion names.
func MemberOf(q *models.Question, field string) string {
	if field == "choices" && q.Type.HasRows() {
		return "Answers"
	}
	if name, ok := members[field]; ok {
		return name
	}
	if m := choiceField.FindStringSubmatch(field); m != nil {
		parts, name := q.Choices, "Choices"
		if m[1] == "rows" {
			parts = q.Rows
		} else if len(q.Rows) > 0 {
			name = "Answers"
		}
		if i, err := strconv.Atoi(m[2]); err == nil && i < len(parts) {
			id := strconv.Itoa(parts[i].ID)
			return map[string]string{"text": name + "." + id + ".Display", "recode": "RecodeValues." + id}[m[3]]
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
