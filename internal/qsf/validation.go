package qsf

import (
	"encoding/json"
	"strconv"
	"strings"

	"surveyflow/models"
)

// validation is the member Validation of a question while it is read.
type validation struct {
	settings map[string]json.RawMessage
	others   map[string]json.RawMessage // beside Settings
	used     map[string]bool
}

func (d *decoder) validation(value json.RawMessage) *validation {
	v := &validation{used: map[string]bool{}}
	members, _, ok := mapOf(value)
	if !ok {
		d.fail("Validation", "qsf.error.map", "Name", "Validation")
		return v
	}
	if v.settings, _, ok = mapOf(members["Settings"]); !ok {
		d.fail("Validation.Settings", "qsf.error.map", "Name", "Validation.Settings")
	}
	delete(members, "Settings")
	v.others = members
	return v
}

// take reads a setting and notes that it is used.
func (v *validation) take(name string) string {
	v.used[name] = true
	text, _ := textOf(v.settings[name])
	return text
}

func (v *validation) peek(name string) string {
	text, _ := textOf(v.settings[name])
	return text
}

// content gives the validation of a text field's content, such as ValidNumber; "" for none.
func (v *validation) content() string {
	if v.peek("Type") != "ContentType" {
		return ""
	}
	return v.peek("ContentType")
}

// rules reads what limits the answers. Settings of another validation type than the chosen one are left over from editing
// and mean nothing; they are kept like all that is not used.
func (d *decoder) rules(q *models.Question, v *validation) {
	if force := v.peek("ForceResponse"); force == "ON" || force == "OFF" || force == "" {
		v.used["ForceResponse"] = true
		q.Required = force == "ON"
	}
	chosen := v.peek("Type")
	switch {
	case chosen == "" || chosen == "None":
		v.used["Type"] = true
	case contentTypes[q.Type] != "":
		v.used["Type"], v.used["ContentType"] = true, true
		if q.Type == models.QuestionNumber {
			d.limits(q, v)
		}
	case chosen == "MinChar" && isText(q):
		v.used["Type"] = true
		q.Rules.MinLength = d.count(v, "MinChars")
	case (chosen == "TotalChar" || chosen == "MaxChar") && isText(q):
		v.used["Type"] = true
		q.Rules.MaxLength = d.count(v, chosen+"s")
	case strings.HasSuffix(chosen, "Choices") || chosen == "ChoiceRange":
		if q.Type == models.QuestionMultipleChoice {
			v.used["Type"] = true
			q.Rules.MinChoices, q.Rules.MaxChoices = d.count(v, "MinChoices"), d.count(v, "MaxChoices")
		}
	}
	v.keep(q)
}

func isText(q *models.Question) bool {
	return q.Type == models.QuestionShortText || q.Type == models.QuestionLongText
}

// count reads a setting that is a whole number; an empty one means no limit.
func (d *decoder) count(v *validation, name string) int {
	text := v.take(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		d.fail("Validation.Settings."+name, "qsf.error.whole", "Name", name)
	}
	return n
}

// limits reads the limits of a number: texts or numbers, empty for none.
func (d *decoder) limits(q *models.Question, v *validation) {
	v.used["ValidNumber"] = true
	at := "Validation.Settings.ValidNumber"
	members, _, ok := mapOf(v.settings["ValidNumber"])
	if !ok {
		d.fail(at, "qsf.error.map", "Name", at)
		return
	}
	limit := func(name string) *float64 {
		text, ok := textOf(members[name])
		if ok && text == "" {
			return nil
		}
		f, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			d.fail(at+"."+name, "qsf.error.number", "Name", name)
			return nil
		}
		return &f
	}
	q.Rules.Min, q.Rules.Max = limit("Min"), limit("Max")
	if text, ok := textOf(members["NumDecimals"]); !ok {
		d.fail(at+".NumDecimals", "qsf.error.whole", "Name", "NumDecimals")
	} else if text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			d.fail(at+".NumDecimals", "qsf.error.whole", "Name", "NumDecimals")
		}
		q.Rules.Decimals = &n
	}
}

// keep puts what was not used beside the question.
func (v *validation) keep(q *models.Question) {
	left := models.RawFields{}
	for name, value := range v.settings {
		if !v.used[name] {
			left[name] = value
		}
	}
	all := models.RawFields{}
	for name, value := range v.others {
		all[name] = value
	}
	if len(left) > 0 {
		all["Settings"] = raw(left)
	}
	if len(all) > 0 {
		q.Extra["Validation"] = raw(all)
	}
}

// encodeValidation writes what limits the answers, with what was kept.
func encodeValidation(q *models.Question) Object {
	others, _, _ := mapOf(q.Extra["Validation"])
	kept, _, _ := mapOf(others["Settings"])
	var s Object
	force := "OFF"
	if q.Required {
		force = "ON"
	} else if text, _ := textOf(kept["ForceResponse"]); text != "" {
		force = text
	}
	s.add("ForceResponse", force, "ForceResponseType", orElse(kept, "ForceResponseType", `"ON"`))
	encodeRules(q, &s, kept)
	s.addExtra(kept)
	o := Object{{"Settings", s}}
	o.addExtra(others, "Settings")
	return o
}

func encodeRules(q *models.Question, s *Object, kept models.RawFields) {
	r := q.Rules
	switch {
	case q.Type == models.QuestionNumber:
		decimals := ""
		if r.Decimals != nil {
			decimals = strconv.Itoa(*r.Decimals)
		}
		s.add("Type", "ContentType", "ContentType", "ValidNumber",
			"ValidNumber", Object{{"Min", limitText(r.Min)}, {"Max", limitText(r.Max)}, {"NumDecimals", decimals}})
	case contentTypes[q.Type] != "":
		s.add("Type", "ContentType", "ContentType", contentTypes[q.Type])
		if q.Type == models.QuestionDate {
			s.add("ValidDateType", orElse(kept, "ValidDateType", `"DateWithFormat"`))
		}
	case q.Type == models.QuestionMultipleChoice && (r.MinChoices > 0 || r.MaxChoices > 0):
		most := r.MaxChoices
		if most == 0 {
			most = len(q.Choices)
		}
		s.add("Type", "ChoiceRange", "MinChoices", strconv.Itoa(r.MinChoices), "MaxChoices", strconv.Itoa(most))
	case isText(q) && r.MinLength > 0:
		s.add("Type", "MinChar", "MinChars", strconv.Itoa(r.MinLength))
	case isText(q) && r.MaxLength > 0:
		s.add("Type", "TotalChar", "TotalChars", strconv.Itoa(r.MaxLength))
	default:
		s.add("Type", orElse(kept, "Type", `"None"`))
	}
}

func limitText(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// unusedOfValidation names the kept settings that would limit answers.
func unusedOfValidation(kept json.RawMessage) []string {
	var names []string
	members, _, _ := mapOf(kept)
	settings, _, _ := mapOf(members["Settings"])
	if text, _ := textOf(settings["ForceResponse"]); text != "" {
		names = append(names, "Validation.Settings.ForceResponse "+text)
	}
	if text, _ := textOf(settings["Type"]); text != "" && text != "None" {
		if content, _ := textOf(settings["ContentType"]); text == "ContentType" && content != "" {
			text = content
		}
		names = append(names, "Validation.Settings.Type "+text)
	}
	return names
}
