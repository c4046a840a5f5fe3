package survey

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"surveyflow/models"
)

// MaxLabel is how long a data label may be, in characters.
const MaxLabel = 100

// otherSuffix is what the name of an "Other" text has more than the label of its question (contract §7, Data labels).
const otherSuffix = "_TEXT"

// Variable is something that a response has a value for: a question that takes an answer, or an embedded data field.
type Variable struct {
	Key      string           // the question's id, or the field's name
	Question *models.Question // nil for embedded data
	Name     string           // what it is called for people: the question's text, or the field's name
	Auto     string           // its automatic label: the name of its column in the response export
	Label    string           // the name under which webhooks send it
	Other    string           // the name under which they send what was typed beside its choices; empty when nothing can be
	Own      bool             // the label is one that the owner chose
}

// Variables lists the variables of a definition in survey order, questions first, each with its label and, where the map has
// one, the owner's. No two have the same name: where an older version has a question whose automatic label is another's own
// label by now, that question goes by its id.
func Variables(def *models.SurveyDefinition, labels models.DataLabels) []Variable {
	all := variablesOf(def)
	n := names{}
	for i := range all {
		v := &all[i]
		if label, ok := labels[v.Key]; ok && n.take(v, label) {
			v.Own = true
		}
	}
	for i := range all {
		v := &all[i]
		if v.Own || n.take(v, v.Auto) || n.take(v, v.Key) {
			continue
		}
		for k := 2; !n.take(v, v.Key+"_"+strconv.Itoa(k)); k++ {
		}
	}
	return all
}

// variablesOf lists the variables of a definition, without labels.
func variablesOf(def *models.SurveyDefinition) []Variable {
	var all []Variable
	for _, q := range def.Questions() {
		if q.Type.Answered() {
			all = append(all, Variable{Key: q.ID, Question: q, Name: ShortText(q.Text), Auto: q.ExportTag()})
		}
	}
	for _, f := range def.EmbeddedData {
		all = append(all, Variable{Key: f.Name, Name: f.Name, Auto: f.Name})
	}
	return all
}

// EveryVariable lists the variables that a draft or the live version of a survey has, for its data labels: those of the
// draft, then those that only respondents still meet. The live version is nil when there is none.
func EveryVariable(draft, live *models.SurveyDefinition, labels models.DataLabels) []Variable {
	return Variables(merged(draft, live), labels)
}

func merged(draft, live *models.SurveyDefinition) *models.SurveyDefinition {
	if live == nil {
		return draft
	}
	both := models.SurveyDefinition{Blocks: draft.Blocks, EmbeddedData: draft.EmbeddedData}
	var gone models.Block
	for _, q := range live.Questions() {
		if draft.Question(q.ID) == nil {
			gone.Questions = append(gone.Questions, *q)
		}
	}
	both.Blocks = append(both.Blocks[:len(both.Blocks):len(both.Blocks)], gone)
	for _, f := range live.EmbeddedData {
		if draft.Field(f.Name) == nil {
			both.EmbeddedData = append(both.EmbeddedData[:len(both.EmbeddedData):len(both.EmbeddedData)], f)
		}
	}
	return &both
}

// names are the names that are taken, without regard to case.
type names map[string]bool

// take gives a variable its label, unless that or the name for its "Other" text is another's.
func (n names) take(v *Variable, label string) bool {
	other := ""
	if takesText(v.Question) {
		other = label + otherSuffix
	}
	if n[foldLabel(label)] || other != "" && n[foldLabel(other)] {
		return false
	}
	v.Label, v.Other = label, other
	n[foldLabel(label)] = true
	if other != "" {
		n[foldLabel(other)] = true
	}
	return true
}

// takesText reports whether something can be typed beside a choice of the question.
func takesText(q *models.Question) bool {
	if q == nil || !q.Type.TakesOther() {
		return false
	}
	for i := range q.Choices {
		if q.Choices[i].TextEntry {
			return true
		}
	}
	return false
}

// foldLabel gives the form in which labels are compared.
func foldLabel(label string) string { return strings.ToLower(norm.NFC.String(label)) }

// Relabel changes the data labels of variables: those that changes names, where nil and the automatic label itself mean
// automatic. All or nothing: models.CodeInvalid, whose fields are the keys of what is refused. Labels of variables that are
// there no more stay, for the day that they are put back.
func Relabel(all []Variable, labels models.DataLabels, changes map[string]*string) (models.DataLabels, error) {
	next := make(models.DataLabels, len(labels)+len(changes))
	for key, label := range labels {
		next[key] = label
	}
	var p problems
	for _, v := range all {
		label, named := changes[v.Key]
		if !named {
			continue
		}
		delete(next, v.Key)
		if label == nil {
			continue
		}
		text := norm.NFC.String(strings.TrimSpace(*label))
		if text == v.Auto {
			continue
		}
		if key, args := labelProblem(text); key != "" {
			p.add(v.Key, key, args...)
			continue
		}
		next[v.Key] = text
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		if find(all, key) == nil {
			p.add(key, unknownVariable(key), "Key", key)
		}
	}
	if len(p) == 0 {
		checkTaken(all, next, changes, &p)
	}
	return next, models.Invalid(p...)
}

func find(all []Variable, key string) *Variable {
	for i := range all {
		if all[i].Key == key {
			return &all[i]
		}
	}
	return nil
}

// unknownVariable says why a key has no label: answer options never have one.
func unknownVariable(key string) string {
	if id, _, part := strings.Cut(key, "_"); part && questionID.MatchString(id) || strings.Contains(key, "-") && likeQuestion.MatchString(key) {
		return "label.error.part"
	}
	return "label.error.unknown"
}

// labelProblem gives the message key of what is wrong with a label by itself; "" when it is right.
func labelProblem(label string) (string, []any) {
	switch {
	case label == "":
		return "label.error.empty", nil
	case utf8.RuneCountInString(label) > MaxLabel:
		return "label.error.long", []any{"Max", MaxLabel, "Length", utf8.RuneCountInString(label)}
	}
	for _, r := range label {
		if unicode.IsSpace(r) {
			return "label.error.space", nil
		}
		if badInTag(r) {
			return "label.error.character", []any{"Character", character(r)}
		}
	}
	return "", nil
}

// character gives a character as a sentence can name it.
func character(r rune) string {
	if !unicode.IsPrint(r) {
		return "U+" + strings.ToUpper(strconv.FormatInt(int64(r), 16))
	}
	return string(r)
}

// checkTaken tells which changed labels are another variable's label, automatic label, or the name of its "Other" text.
func checkTaken(all []Variable, labels models.DataLabels, changes map[string]*string, p *problems) {
	for i := range all {
		v := &all[i]
		label, own := labels[v.Key]
		if _, changed := changes[v.Key]; !changed || !own {
			continue
		}
		for j := range all {
			o := &all[j]
			if i == j {
				continue
			}
			theirs, ok := labels[o.Key]
			switch {
			case ok && sameLabel(label, theirs):
				p.add(v.Key, "label.error.taken", "Label", label, "Other", o.Name)
			case sameLabel(label, o.Auto):
				p.add(v.Key, "label.error.auto", "Label", label, "Other", o.Name)
			case takesText(o.Question) && (ok && sameLabel(label, theirs+otherSuffix) || sameLabel(label, o.Auto+otherSuffix)):
				p.add(v.Key, "label.error.text", "Label", label, "Other", o.Name)
			case takesText(v.Question) && (ok && sameLabel(label+otherSuffix, theirs) || sameLabel(label+otherSuffix, o.Auto)):
				p.add(v.Key, "label.error.own_text", "Label", label+otherSuffix, "Other", o.Name)
			default:
				continue
			}
			break
		}
	}
}

func sameLabel(a, b string) bool { return foldLabel(a) == foldLabel(b) }

// LabelsFromTexts makes labels for the questions that have none of their own, from their texts: "How satisfied are you?"
// becomes "how_satisfied_are_you". A label that is taken gets a number.
func LabelsFromTexts(all []Variable, labels models.DataLabels) map[string]*string {
	taken := map[string]bool{}
	for _, v := range all {
		for _, label := range []string{v.Auto, labels[v.Key]} {
			if label != "" {
				taken[foldLabel(label)], taken[foldLabel(label+otherSuffix)] = true, true
			}
		}
	}
	changes := map[string]*string{}
	for _, v := range all {
		if _, own := labels[v.Key]; own || v.Question == nil {
			continue
		}
		base := labelFromText(v.Name)
		if base == "" || sameLabel(base, v.Auto) {
			continue
		}
		label := base
		for n := 2; taken[foldLabel(label)] || taken[foldLabel(label+otherSuffix)]; n++ {
			label = base + "_" + strconv.Itoa(n)
		}
		taken[foldLabel(label)], taken[foldLabel(label+otherSuffix)] = true, true
		changes[v.Key] = &label
	}
	return changes
}

// maxFromText is how long a label made from a text is at most, in characters: whole words as far as they fit.
const maxFromText = 40

func labelFromText(text string) string {
	words := strings.FieldsFunc(strings.ToLower(norm.NFC.String(text)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	label := ""
	for _, w := range words {
		next := w
		if label != "" {
			next = label + "_" + w
		}
		if utf8.RuneCountInString(next) > maxFromText {
			break
		}
		label = next
	}
	if label == "" && len(words) > 0 { // a script without spaces, or one very long word
		return string([]rune(words[0])[:maxFromText])
	}
	return label
}

// PastedLabels reads a column that was copied from a spreadsheet: a label a line for the variables in their order, from the
// one of that key on; or two columns, the first naming the variable by its id, automatic label or text. An empty cell leaves its
// variable as it is. It fails with models.CodeInvalid; the field is "paste".
func PastedLabels(all []Variable, text, from string) (map[string]*string, error) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	at := 0
	for i := range all {
		if all[i].Key == from {
			at = i
		}
	}
	changes := map[string]*string{}
	var p problems
	for i, line := range lines {
		name, label, two := strings.Cut(line, "\t")
		label, _, _ = strings.Cut(label, "\t")
		if !two {
			name, label = "", name
		}
		label = strings.TrimSpace(label)
		var v *Variable
		switch {
		case label == "":
			continue
		case two:
			if v = byName(all, strings.TrimSpace(name)); v == nil {
				p.add("paste", "label.paste.unknown", "Line", i+1, "Name", strings.TrimSpace(name))
				continue
			}
		case at+i >= len(all):
			p.add("paste", "label.paste.many", "Count", len(all)-at)
			return nil, models.Invalid(p...)
		default:
			v = &all[at+i]
		}
		changes[v.Key] = &label
	}
	if len(changes) == 0 && len(p) == 0 {
		p.add("paste", "label.paste.empty")
	}
	return changes, models.Invalid(p...)
}

func byName(all []Variable, name string) *Variable {
	for i := range all {
		if v := &all[i]; strings.EqualFold(v.Key, name) || sameLabel(v.Auto, name) {
			return v
		}
	}
	for i := range all {
		if strings.EqualFold(all[i].Name, name) {
			return &all[i]
		}
	}
	return nil
}
