package models

import (
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
)

// Translations are texts of a part of a survey in other languages than its own: by language (BCP 47), then by the name that
// the text has within the part.
type Translations map[string]map[string]Translation

// Translation is a text in another language.
type Translation struct {
	Text string `json:"text"`
	Of   string `json:"of,omitempty"` // the sum of the text that it translates: while that is another, it has to be checked
}

// TextForm says how a text is written.
type TextForm string

// The forms of texts.
const (
	TextLine TextForm = "line" // one line, as it is
	TextRich TextForm = "rich" // may be formatted
)

// TextState says how far a text is translated.
type TextState string

// The states of a translation. Optional is a text that nobody wrote, for which there is one of the product's.
const (
	TextMissing    TextState = "missing"
	TextStale      TextState = "stale" // the text changed since
	TextTranslated TextState = "translated"
	TextOptional   TextState = "optional"
)

// SurveyText is a text of a survey that respondents read.
type SurveyText struct {
	Name     string // within the survey, as the API calls it: QID1_QuestionText
	Part     string // within its part: QuestionText
	Question string // id of the question that it belongs to; empty for none
	Block    string // id of the page that it stands on; empty for what belongs to the survey
	Quota    string // name of the quota whose message it is; empty for none
	Form     TextForm
	BuiltIn  string // key of the message that is shown where nobody wrote one; empty for none
	Value    *string
	in       *Translations
}

// The names of texts within their parts. Choices and rows count by their ids: Choice2, Row1.
const (
	PartSurveyName   = "SurveyName"
	PartDescription  = "SurveyDescription"
	PartEnd          = "EndOfSurvey"
	PartNext         = "NextButton"
	PartBack         = "BackButton"
	PartSubmit       = "SubmitButton"
	PartTitle        = "PageTitle"
	PartQuestionText = "QuestionText"
	PartHelp         = "Help"
	PartChoice       = "Choice"
	PartRow          = "Row"
	PartLow          = "Low"
	PartHigh         = "High"
	PartMessage      = "ValidationMessage"
	PartQuota        = "QuotaMessage"
)

// Texts lists all texts of a definition that respondents read, in survey order, also those that are empty where the product
// has words of its own; the first is the survey's name. Values may be changed through them, the name's
// and those of quotas' messages to no effect.
func (d *SurveyDefinition) Texts(name string) []SurveyText {
	l := textList{in: &d.Translations}
	l.add(PartSurveyName, TextLine, &name)
	l.add(PartDescription, TextRich, &d.Description)
	for i := range d.Blocks {
		b := &d.Blocks[i]
		l.block, l.prefix, l.in = b.ID, b.ID+"_", &b.Translations
		l.add(PartTitle, TextLine, &b.Title)
		for j := range b.Questions {
			l.question(&b.Questions[j])
		}
	}
	l.id, l.block, l.prefix, l.in = "", "", "", &d.Translations
	l.add(PartEnd, TextRich, &d.End.Message)
	for _, q := range d.quotaTexts() {
		l.quota = q.Name
		l.add(QuotaMessage(q.ID), TextRich, &q.Own.Message)
	}
	l.quota = ""
	l.builtIn(PartNext, "respond.next", &d.Buttons.Next)
	l.builtIn(PartBack, "respond.back", &d.Buttons.Back)
	l.builtIn(PartSubmit, "respond.submit", &d.Buttons.Submit)
	return l.all
}

// Texts lists the texts of a question.
func (q *Question) Texts() []SurveyText {
	var l textList
	l.question(q)
	return l.all
}

type textList struct {
	all               []SurveyText
	id, block, prefix string
	quota             string
	in                *Translations
}

func (l *textList) question(q *Question) {
	l.id, l.prefix, l.in = q.ID, q.ID+"_", &q.Translations
	l.add(PartQuestionText, TextRich, &q.Text)
	l.add(PartHelp, TextRich, &q.Help)
	for i := range q.Rows {
		l.add(PartRow+strconv.Itoa(q.Rows[i].ID), TextLine, &q.Rows[i].Text)
	}
	for i := range q.Choices {
		l.add(PartChoice+strconv.Itoa(q.Choices[i].ID), TextLine, &q.Choices[i].Text)
	}
	l.add(PartLow, TextLine, &q.Scale.Low)
	l.add(PartHigh, TextLine, &q.Scale.High)
	l.add(PartMessage, TextLine, &q.Rules.Message)
	l.id = ""
}

func (l *textList) add(part string, form TextForm, value *string) {
	if *value != "" {
		l.all = append(l.all, SurveyText{Name: l.prefix + part, Part: part, Question: l.id, Block: l.block, Quota: l.quota, Form: form, Value: value, in: l.in})
	}
}

func (l *textList) builtIn(part, key string, value *string) {
	l.all = append(l.all, SurveyText{Name: l.prefix + part, Part: part, Form: TextLine, BuiltIn: key, Value: value, in: l.in})
}

// Translation gives the text in a language; the zero value when there is none.
func (t *SurveyText) Translation(language string) Translation { return (*t.in)[language][t.Part] }

// Translate sets the text in a language, as one of what it is now; an empty one takes it away.
func (t *SurveyText) Translate(language, text string) {
	if text == "" {
		delete((*t.in)[language], t.Part)
		if len((*t.in)[language]) == 0 {
			delete(*t.in, language)
		}
		return
	}
	if *t.in == nil {
		*t.in = Translations{}
	}
	if (*t.in)[language] == nil {
		(*t.in)[language] = map[string]Translation{}
	}
	(*t.in)[language][t.Part] = Translation{Text: text, Of: textSum(*t.Value)}
}

// State tells how far the text is translated.
func (t *SurveyText) State(language string) TextState {
	switch is := t.Translation(language); {
	case is.Text == "" && *t.Value == "":
		return TextOptional
	case is.Text == "":
		return TextMissing
	case is.Of != textSum(*t.Value):
		return TextStale
	}
	return TextTranslated
}

// textSum tells whether a text is the one that was translated.
func textSum(text string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(text)) // cannot fail
	return strconv.FormatUint(sum.Sum64(), 36)
}

// AllLanguages lists the languages of a survey (BCP 47), its own first.
func (d *SurveyDefinition) AllLanguages() []string {
	return append([]string{d.Language}, d.Languages...)
}

// Title gives the name of the survey in a language.
func (d *SurveyDefinition) Title(name, language string) string {
	if text := d.Translations[language][PartSurveyName].Text; text != "" && language != d.Language {
		return text
	}
	return name
}

// QuotaMessage gives the message of a quota in the language in which the definition speaks; message is that in its own.
func (d *SurveyDefinition) QuotaMessage(quotaID, message string) string {
	if text := d.Translations[d.Language][QuotaMessage(quotaID)].Text; text != "" && message != "" {
		return text
	}
	return message
}

// In gives the definition as respondents of a language read it: what is not translated stays in the survey's own. It is the
// definition itself when that is the language, or none of the survey's; else a copy whose Language it is.
func (d *SurveyDefinition) In(language string) *SurveyDefinition {
	if language == d.Language || !slices.Contains(d.Languages, language) {
		return d
	}
	out := *d
	out.Language = language
	out.Blocks = slices.Clone(d.Blocks)
	for i := range out.Blocks {
		b := &out.Blocks[i]
		b.Questions = slices.Clone(b.Questions)
		for j := range b.Questions {
			q := &b.Questions[j]
			q.Choices, q.Rows = slices.Clone(q.Choices), slices.Clone(q.Rows)
		}
	}
	for _, t := range out.Texts("") {
		if text := t.Translation(language).Text; text != "" {
			*t.Value = text
		}
	}
	return &out
}

// Clone gives translations that share nothing that is changed in place.
func (t Translations) Clone() Translations {
	if t == nil {
		return nil
	}
	out := make(Translations, len(t))
	for language, texts := range t {
		out[language] = maps.Clone(texts)
	}
	return out
}
