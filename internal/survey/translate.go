package survey

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"surveyflow/internal/i18n"
	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// maxLanguages is into how many languages a survey is translated beside its own.
const maxLanguages = 60

// checkLanguages finds what is wrong with the languages of a definition.
func checkLanguages(def *models.SurveyDefinition, p *problems) {
	if len(def.Languages) > maxLanguages {
		p.add("languages", "translation.error.too_many", "Max", maxLanguages)
	}
	for i, tag := range def.Languages {
		if _, err := language.Parse(tag); err != nil {
			p.add("languages", "survey.error.language", "Value", tag)
		} else if tag == def.Language || slices.Contains(def.Languages[:i], tag) {
			p.add("languages", "translation.error.twice", "Language", i18n.OwnLanguageName(tag))
		}
	}
}

// AddLanguage adds a language (a code in any case) to those that a draft is translated into, and gives its tag. What was
// translated into it before is there again.
func AddLanguage(s *models.Survey, code string) (string, error) {
	d := &s.Draft.V
	tag, ok := i18n.ParseTag(code)
	switch {
	case !ok:
		return "", models.Invalid(models.Field("language", "translation.error.unknown", "Value", code))
	case slices.Contains(d.AllLanguages(), tag):
		return "", models.Invalid(models.Field("language", "translation.error.twice", "Language", i18n.OwnLanguageName(tag)))
	case len(d.Languages) >= maxLanguages:
		return "", models.Invalid(models.Field("language", "translation.error.too_many", "Max", maxLanguages))
	}
	d.Languages = append(slices.Clone(d.Languages), tag)
	return tag, nil
}

// RemoveLanguage takes a language out of those that a draft is translated into. Its texts are kept, for when it is added again.
func RemoveLanguage(s *models.Survey, tag string) error {
	d := &s.Draft.V
	at := slices.Index(d.Languages, tag)
	if at < 0 {
		return models.NotFound("translation.error.no_language")
	}
	d.Languages = slices.Delete(slices.Clone(d.Languages), at, at+1)
	return nil
}

// FindText gives a text of a draft by its name; nil when it has none.
func FindText(s *models.Survey, name string) *models.SurveyText {
	all := s.Draft.V.Texts(s.Name)
	if i := slices.IndexFunc(all, func(t models.SurveyText) bool { return t.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// SetTranslation cleans a text in a language of the draft and keeps it; an empty one takes it away.
//
// models.CodeNotFound when the draft has no such language or text; models.CodeInvalid, with the field "text", when it is too long.
func SetTranslation(s *models.Survey, tag, name, text string) error {
	if !slices.Contains(s.Draft.V.Languages, tag) {
		return models.NotFound("translation.error.no_language")
	}
	t := FindText(s, name)
	if t == nil {
		return models.NotFound("translation.error.no_text")
	}
	if t.Form == models.TextRich {
		text = richtext.Clean(text)
	} else {
		text = line(text)
	}
	if most := maxOf(t); utf8.RuneCountInString(text) > most {
		return models.Invalid(models.Field("text", "question.error.too_long", "Max", most))
	}
	t.Translate(tag, text)
	return nil
}

// maxOf gives how many characters a text may have.
func maxOf(t *models.SurveyText) int {
	switch {
	case t.BuiltIn != "":
		return maxButton
	case t.Form == models.TextRich || t.Part == models.PartMessage:
		return maxQuestion
	}
	return maxTitle
}

// ConfirmTranslation says that a translation is right although the text that it translates was changed.
func ConfirmTranslation(s *models.Survey, tag, name string) error {
	t := FindText(s, name)
	if t == nil || !slices.Contains(s.Draft.V.Languages, tag) || t.Translation(tag).Text == "" {
		return models.NotFound("translation.error.no_text")
	}
	t.Translate(tag, t.Translation(tag).Text)
	return nil
}

// TranslationProgress says how far a survey is translated into a language.
type TranslationProgress struct {
	Language string
	Total    int // texts that somebody wrote
	Missing  int
	Stale    int // the text changed since it was translated
}

// Done gives how many texts are translated and need no check.
func (p TranslationProgress) Done() int { return p.Total - p.Missing - p.Stale }

// ProgressOf counts what is translated into a language.
func ProgressOf(def *models.SurveyDefinition, name, tag string) TranslationProgress {
	p := TranslationProgress{Language: tag}
	for _, t := range def.Texts(name) {
		switch state := t.State(tag); {
		case *t.Value == "": // the product's own words: nobody has to translate them
			continue
		case state == models.TextMissing:
			p.Missing++
		case state == models.TextStale:
			p.Stale++
		}
		p.Total++
	}
	return p
}

// tokensMissing lists the piped text of a text that its translation lacks.
func tokensMissing(text, translation string) []string {
	var missing []string
	for _, token := range tokens(text) {
		if !strings.Contains(translation, token) && !slices.Contains(missing, token) {
			missing = append(missing, token)
		}
	}
	return missing
}

// tokens lists the piped text of a text as it is written.
func tokens(text string) []string {
	var all []string
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return all
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return all
		}
		all = append(all, "${"+inner+"}")
		text = after
	}
}

// warnTranslations tells what is not translated, may be translated wrongly, or loses what was put in.
func warnTranslations(name string, def *models.SurveyDefinition, p *problems) {
	for _, tag := range def.Languages {
		language := i18n.OwnLanguageName(tag)
		is := ProgressOf(def, name, tag)
		if is.Missing > 0 {
			p.add("languages", "survey.warning.translation_missing", "Language", language, "Count", is.Missing)
		}
		if is.Stale > 0 {
			p.add("languages", "survey.warning.translation_stale", "Language", language, "Count", is.Stale)
		}
		for _, t := range def.Texts(name) {
			text := t.Translation(tag).Text
			if text == "" {
				continue
			}
			for _, token := range tokensMissing(*t.Value, text) {
				p.add(cmp.Or(t.Question, t.Block, "languages"), "survey.warning.translation_token", "Language", language, "Token", token)
			}
		}
	}
}
