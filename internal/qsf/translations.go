package qsf

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// languageMember is where a question has its translations.
const languageMember = "Language"

// place is where the JSON of a question, or of its translation, has a text: a member, or a part of a list.
type place struct{ member, part string }

// placeOf tells where Qualtrics' JSON has a text of a question. What it has no word for stands in our own member.
func placeOf(q *models.Question, part string) (p place, own bool) {
	if part == models.PartQuestionText {
		return place{member: "QuestionText"}, false
	}
	if id, ok := cutPrefix(part, models.PartRow); ok {
		return place{"Choices", id}, false
	}
	if id, ok := cutPrefix(part, models.PartChoice); ok {
		if q.Type.HasRows() {
			return place{"Answers", id}, false
		}
		return place{"Choices", id}, false
	}
	if at := slices.Index([]string{models.PartLow, models.PartHigh}, part); at >= 0 && q.Type == models.QuestionNPS {
		return place{"ColumnLabels", strconv.Itoa(at)}, false
	}
	return place{member: part}, true
}

// textName is what the API calls a text of a definition, such as QID1_QuestionText, QID1_Choice2 or, of a column, QID4_Answer1.
func textName(def *models.SurveyDefinition, t *models.SurveyText) string {
	q := def.Question(t.Question)
	if q == nil {
		return t.Name
	}
	switch p, own := placeOf(q, t.Part); {
	case own || p.part == "":
		return t.Name
	default:
		return q.ID + "_" + strings.TrimSuffix(p.member, "s") + p.part
	}
}

// takeTranslations moves the translations of a question from where Qualtrics' JSON has them to the model. What cannot be used
// stays where it was.
func takeTranslations(q *models.Question) {
	languages, _, _ := mapOf(q.Extra[languageMember])
	if languages == nil {
		return
	}
	texts := q.Texts()
	kept := map[string]json.RawMessage{}
	for _, code := range sortedNames(languages) {
		members, list, ok := mapOf(languages[code])
		tag, known := ParseLanguage(code)
		if !ok || list || !known {
			if !ok || len(members) > 0 || !known {
				kept[code] = languages[code]
			}
			continue
		}
		for i := range texts {
			if text := takeText(members, q, texts[i].Part); text != "" {
				if texts[i].Form == models.TextRich {
					text = richtext.Clean(text)
				}
				texts[i].Translate(tag, text)
			}
		}
		if len(members) > 0 {
			kept[code] = raw(members)
		}
	}
	delete(q.Extra, languageMember)
	if len(kept) > 0 {
		q.Extra[languageMember] = raw(kept)
	}
}

// takeText takes a text out of a translation.
func takeText(members map[string]json.RawMessage, q *models.Question, part string) string {
	p, own := placeOf(q, part)
	if own {
		ours, _, _ := mapOf(members[ownMember])
		text, _ := textOf(ours[p.member])
		remove(members, ownMember, ours, p.member)
		return text
	}
	if p.part == "" {
		text, _ := textOf(members[p.member])
		delete(members, p.member)
		return text
	}
	list, _, _ := mapOf(members[p.member])
	one, _, _ := mapOf(list[p.part])
	text, _ := textOf(one["Display"])
	if text == "" {
		return ""
	}
	delete(one, "Display")
	if len(one) > 0 {
		list[p.part] = raw(one)
		members[p.member] = raw(list)
		return text
	}
	remove(members, p.member, list, p.part)
	return text
}

// remove takes a part out of a member, and the member with its last part.
func remove(members map[string]json.RawMessage, member string, parts map[string]json.RawMessage, part string) {
	if _, there := parts[part]; !there {
		return
	}
	delete(parts, part)
	if len(parts) == 0 {
		delete(members, member)
		return
	}
	members[member] = raw(parts)
}

// encodeTranslations writes the translations of a question, with what was kept of others.
func encodeTranslations(q *models.Question) json.RawMessage {
	if len(q.Translations) == 0 {
		return orElse(q.Extra, languageMember, "[]")
	}
	languages, _, _ := mapOf(q.Extra[languageMember])
	if languages == nil {
		languages = map[string]json.RawMessage{}
	}
	for _, tag := range slices.Sorted(maps.Keys(q.Translations)) {
		code := LanguageCode(tag)
		members, _, _ := mapOf(languages[code])
		if members == nil {
			members = map[string]json.RawMessage{}
		}
		for part, is := range q.Translations[tag] {
			p, own := placeOf(q, part)
			switch {
			case own:
				ours, _, _ := mapOf(members[ownMember])
				members[ownMember] = with(ours, p.member, raw(is.Text))
			case p.part == "":
				members[p.member] = raw(is.Text)
			default:
				list, _, _ := mapOf(members[p.member])
				one, _, _ := mapOf(list[p.part])
				members[p.member] = with(list, p.part, with(one, "Display", raw(is.Text)))
			}
		}
		languages[code] = raw(members)
	}
	return raw(languages)
}

func with(members map[string]json.RawMessage, name string, value json.RawMessage) json.RawMessage {
	out := map[string]json.RawMessage{}
	maps.Copy(out, members)
	out[name] = value
	return raw(out)
}

// keepTranslations takes over the translations of a question that its new description does not name, and of which text each of
// the others is one: a text that only came back is not checked by that.
func keepTranslations(q, old *models.Question) {
	if q.Translations == nil {
		q.Translations = old.Translations.Clone()
		return
	}
	for tag, texts := range q.Translations {
		for part, is := range texts {
			if was := old.Translations[tag][part]; was.Text == is.Text {
				texts[part] = was
			}
		}
	}
}

// ownTexts are the translations that belong to no question, by code and name: our own member of the survey's options.
type ownTexts struct {
	Language map[string]map[string]string `json:"Language,omitempty"`
	Buttons  models.Buttons               `json:"Buttons,omitzero"`
}

// ownOfSurvey gathers what Qualtrics' options have no word for; nil when there is nothing.
func ownOfSurvey(def *models.SurveyDefinition) any {
	o := ownTexts{Buttons: def.Buttons}
	for _, t := range def.Texts(" ") {
		if t.Question != "" {
			continue
		}
		for _, tag := range def.Languages {
			if text := t.Translation(tag).Text; text != "" {
				code := LanguageCode(tag)
				if o.Language == nil {
					o.Language = map[string]map[string]string{}
				}
				if o.Language[code] == nil {
					o.Language[code] = map[string]string{}
				}
				o.Language[code][t.Name] = text
			}
		}
	}
	if len(o.Language) == 0 && o.Buttons == (models.Buttons{}) {
		return nil
	}
	return o
}

// applyOwnTexts gives a definition what our own member of its options says, once it has its pages.
func applyOwnTexts(def *models.SurveyDefinition, name string) {
	options, _, _ := mapOf(orElse(def.Extra, optionsKey, "{}"))
	var o ownTexts
	if len(options[ownMember]) == 0 || json.Unmarshal(options[ownMember], &o) != nil {
		return
	}
	delete(options, ownMember)
	def.Extra[optionsKey] = raw(options)
	def.Buttons = o.Buttons
	for code, texts := range o.Language {
		tag, ok := ParseLanguage(code)
		if !ok {
			continue
		}
		for _, t := range def.Texts(name) {
			if text := models.CleanText(texts[t.Name]); text != "" && t.Question == "" {
				if t.Form == models.TextRich {
					text = richtext.Clean(text)
				}
				t.Translate(tag, text)
			}
		}
	}
}

// Adopt takes over translations that came before the product could use them.
func Adopt(def *models.SurveyDefinition) {
	for _, q := range def.Questions() {
		takeTranslations(q)
	}
}

// Translation gives the texts of a definition in a language by their names, such as QID1_QuestionText and QID1_Choice2; in
// the survey's own language those that are asked. It is false for a language that the survey does not have. name is the survey's.
func Translation(def *models.SurveyDefinition, name, code string) (Object, bool) {
	if !slices.Contains(Languages(def), code) {
		return nil, false
	}
	tag, _ := ParseLanguage(code)
	o := Object{}
	for _, t := range def.Texts(name) {
		text := *t.Value
		if tag != def.Language {
			text = t.Translation(tag).Text
		}
		if text != "" {
			o.add(textName(def, &t), text)
		}
	}
	for _, other := range Others(def) {
		value := raw(EncodeQuestion(&other.Question))
		if tag != def.Language {
			languages, _, _ := mapOf(other.Question.Extra[languageMember])
			value = languages[code]
		}
		addTexts(&o, other.Question.ID, value)
	}
	return o, true
}

// translatedLists are the lists of a question whose parts are translated, and how their texts are called.
var translatedLists = []struct{ member, name string }{{"Choices", "Choice"}, {"Answers", "Answer"}, {"ColumnLabels", "ColumnLabel"}, {"Labels", "Label"}}

func addTexts(o *Object, id string, value json.RawMessage) {
	members, _, ok := mapOf(value)
	if !ok || members == nil {
		return
	}
	if text, _ := textOf(members["QuestionText"]); text != "" {
		o.add(id+"_QuestionText", text)
	}
	for _, list := range translatedLists {
		parts, _, _ := mapOf(members[list.member])
		for _, name := range sortedNames(parts) {
			part, _, ok := mapOf(parts[name])
			if text, _ := textOf(part["Display"]); ok && text != "" {
				o.add(id+"_"+list.name+name, text)
			}
		}
	}
}

// SetTranslation replaces texts of a definition in a language that is not its own; those that are not named stay. It fails
// with models.CodeInvalid for a name that is no text of the survey. name is the survey's.
func SetTranslation(def *models.SurveyDefinition, name, code string, texts map[string]string) error {
	tag, _ := ParseLanguage(code)
	all := def.Texts(name)
	known := make(map[string]*models.SurveyText, len(all))
	for i := range all {
		known[textName(def, &all[i])] = &all[i]
	}
	others := Others(def)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := models.CleanText(texts[name])
		if t := known[name]; t != nil {
			if t.Form == models.TextRich {
				text = richtext.Clean(text)
			}
			t.Translate(tag, text)
			continue
		}
		id, part, ok := strings.Cut(name, "_")
		at := slices.IndexFunc(others, func(o Other) bool { return o.Question.ID == id })
		if !ok || at < 0 || !translateOther(&others[at].Question, code, part, text) {
			return models.Invalid(models.Field(name, "qsf.error.no_text", "Name", name))
		}
	}
	SetOthers(def, others)
	return nil
}

// translateOther notes a text of a question that cannot be asked yet; false when it is none of its texts.
func translateOther(q *models.Question, code, part, text string) bool {
	if q.Extra == nil {
		q.Extra = models.RawFields{}
	}
	languages, _, _ := mapOf(q.Extra[languageMember])
	members, _, _ := mapOf(languages[code])
	if part == "QuestionText" {
		q.Extra[languageMember] = with(languages, code, with(members, part, raw(text)))
		return true
	}
	for _, list := range translatedLists {
		if number, ok := cutPrefix(part, list.name); ok {
			parts, _, _ := mapOf(members[list.member])
			one, _, _ := mapOf(parts[number])
			q.Extra[languageMember] = with(languages, code, with(members, list.member, with(parts, number, with(one, "Display", raw(text)))))
			return true
		}
	}
	return false
}

// cutPrefix gives the number behind a name.
func cutPrefix(part, name string) (string, bool) {
	number, ok := strings.CutPrefix(part, name)
	return number, ok && isNumber(number)
}
