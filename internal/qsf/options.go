package qsf

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
)

// optionsKey is where a definition keeps the options that it came with.
const optionsKey = "options"

// option is one of Qualtrics' survey options that the product has too.
type option struct {
	name  string
	read  func(def *models.SurveyDefinition, value string) bool // false when the value means nothing here
	write func(def *models.SurveyDefinition) any
}

// surveyOptions are they, in the order in which they are written.
var surveyOptions = []option{
	{"SurveyLanguage", readLanguage, func(def *models.SurveyDefinition) any { return LanguageCode(def.Language) }},
	{"BackButton", func(def *models.SurveyDefinition, value string) bool {
		def.NoBack = value != "true"
		return value == "true" || value == "false"
	}, func(def *models.SurveyDefinition) any { return strconv.FormatBool(!def.NoBack) }},
	{"ProgressBarDisplay", func(def *models.SurveyDefinition, value string) bool {
		def.NoProgress = value == "None"
		return value != ""
	}, func(def *models.SurveyDefinition) any {
		return map[bool]string{true: "None", false: "Text"}[def.NoProgress]
	}},
	{"AnonymizeResponse", func(def *models.SurveyDefinition, value string) bool {
		def.Anonymous = value == "Yes"
		return value == "Yes" || value == "No"
	}, func(def *models.SurveyDefinition) any {
		return map[bool]string{true: "Yes", false: "No"}[def.Anonymous]
	}},
	{"PartialData", readPartial, func(def *models.SurveyDefinition) any {
		return "+" + strconv.Itoa(int(def.PartialAfter()/(24*time.Hour))) + " days"
	}},
	{"SurveyTermination", func(_ *models.SurveyDefinition, value string) bool { // decides about the next two
		return slices.Contains([]string{"DefaultMessage", "DisplayMessage", "Redirect"}, value)
	}, func(def *models.SurveyDefinition) any {
		switch {
		case def.End.Redirect != "":
			return "Redirect"
		case def.End.Message != "":
			return "DisplayMessage"
		}
		return "DefaultMessage"
	}},
	{"EOSMessage", func(def *models.SurveyDefinition, value string) bool {
		def.End.Message = value
		return !libraryMessage.MatchString(value)
	}, func(def *models.SurveyDefinition) any { return def.End.Message }},
	{"EOSRedirectURL", func(def *models.SurveyDefinition, value string) bool {
		def.End.Redirect = value
		return true
	}, func(def *models.SurveyDefinition) any { return def.End.Redirect }},
	{"SurveyMetaDescription", func(def *models.SurveyDefinition, value string) bool {
		def.Description = value
		return true
	}, func(def *models.SurveyDefinition) any { return def.Description }},
}

// libraryMessage is the id of a message that stands in a library and not in the survey.
var libraryMessage = regexp.MustCompile(`^MS_[0-9A-Za-z]+$`)

func readLanguage(def *models.SurveyDefinition, value string) bool {
	tag, ok := ParseLanguage(value)
	if ok {
		def.Language = tag
	}
	return ok
}

var partialTime = regexp.MustCompile(`^\+?\s*([0-9]{1,4})\s*(hour|day|week|month|year)s?$`)

// readPartial reads after what time without activity an answer counts as partial, such as "+1 week". Days are the least.
func readPartial(def *models.SurveyDefinition, value string) bool {
	m := partialTime.FindStringSubmatch(strings.ToLower(strings.TrimSpace(value)))
	if m == nil {
		return false
	}
	n, _ := strconv.Atoi(m[1])
	hours := n * map[string]int{"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24, "year": 365 * 24}[m[2]]
	if hours%24 != 0 || hours == 0 {
		return false
	}
	def.PartialDays = hours / 24
	if def.PartialDays == models.DefaultPartialDays {
		def.PartialDays = 0
	}
	return true
}

// SetOptions gives a definition the options that survey options of Qualtrics say. What they leave out stays as it is; all
// of them are kept.
func SetOptions(def *models.SurveyDefinition, value json.RawMessage) error {
	members, list, ok := mapOf(value)
	if !ok || list && len(members) > 0 {
		return models.Invalid(models.Field("", "qsf.error.map", "Name", "SurveyOptions"))
	}
	kept := models.RawFields{}
	before, _, _ := mapOf(orElse(def.Extra, optionsKey, "{}"))
	for _, all := range []map[string]json.RawMessage{before, members} {
		for name, member := range all {
			kept[name] = member
		}
	}
	delete(kept, "revision")
	if def.Extra == nil {
		def.Extra = models.RawFields{}
	}
	def.Extra[optionsKey] = raw(kept)
	setLanguages(def, members)
	if len(def.Blocks) > 0 { // else what it says is read when the pages are there
		delete(kept, ownMember)
		def.Extra[optionsKey] = raw(kept)
	}
	termination, _ := textOf(members["SurveyTermination"])
	for _, o := range surveyOptions {
		member, given := members[o.name]
		text, scalar := textOf(member)
		if !given || !scalar {
			continue
		}
		probe := *def
		if o.read(&probe, text) {
			*def = probe
		}
	}
	def.Languages = slices.DeleteFunc(def.Languages, func(tag string) bool { return tag == def.Language })
	if termination == "DefaultMessage" { // what else is written is left over
		def.End = models.EndOfSurvey{}
	} else if termination == "DisplayMessage" {
		def.End.Redirect = ""
	}
	if libraryMessage.MatchString(def.End.Message) {
		def.End.Message = ""
	}
	return nil
}

// EncodeOptions writes the options of a definition: those that the product has as they are now, and the others as they came.
func EncodeOptions(def *models.SurveyDefinition) Object {
	kept, _, _ := mapOf(orElse(def.Extra, optionsKey, "{}"))
	var came models.SurveyDefinition
	if len(kept) > 0 {
		if err := SetOptions(&came, raw(kept)); err != nil {
			kept = nil
		}
	}
	o := Object{}
	for _, option := range surveyOptions {
		value := option.write(def)
		if member, given := kept[option.name]; given && option.write(&came) == value {
			o.add(option.name, member)
		} else {
			o.add(option.name, value)
		}
		if option.name == "SurveyLanguage" {
			o.add(availableMember, languagesOf(def, kept))
		}
	}
	for _, more := range []Member{{"SaveAndContinue", "true"}, {"SurveyProtection", "PublicSurvey"}, {"SurveyExpiration", "None"}} {
		if value, given := kept[more.Name]; given {
			more.Value = value
		}
		o = append(o, more)
	}
	if own := ownOfSurvey(def); own != nil {
		o.add(ownMember, own)
	}
	o.addExtra(kept, ownMember)
	return o
}

// setLanguages reads into which languages a survey is translated, when its options say it. Those that it has keep their order.
func setLanguages(def *models.SurveyDefinition, members map[string]json.RawMessage) {
	value, given := members[availableMember]
	languages, list, ok := mapOf(value)
	if !given || !ok {
		return
	}
	var named []string
	for _, code := range sortedNames(languages) {
		if list {
			code, _ = textOf(languages[code])
		}
		if tag, ok := ParseLanguage(code); ok && !slices.Contains(named, tag) {
			named = append(named, tag)
		}
	}
	var tags []string
	for _, tag := range slices.Concat(def.Languages, named) {
		if slices.Contains(named, tag) && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	def.Languages = tags
}

// availableMember is the option that names the languages of a survey.
const availableMember = "AvailableLanguages"

// languagesOf gives the languages of a survey by their codes: its own first, which is always there. What is no language comes last.
func languagesOf(def *models.SurveyDefinition, kept map[string]json.RawMessage) Object {
	came := map[string]json.RawMessage{}
	languages, list, _ := mapOf(kept[availableMember])
	for _, code := range sortedNames(languages) {
		value := languages[code]
		if list {
			code, _ = textOf(languages[code])
			value = raw([]any{})
		}
		came[code] = value
	}
	o := Object{}
	for _, tag := range def.AllLanguages() {
		code, value := LanguageCode(tag), any([]any{})
		if was, there := came[code]; there {
			value = was
		}
		o.add(code, value)
	}
	for _, code := range sortedNames(came) {
		if _, ok := ParseLanguage(code); !ok && code != "" {
			o.add(code, came[code])
		}
	}
	return o
}

// Languages lists the codes of a definition's languages, its own first.
func Languages(def *models.SurveyDefinition) []string {
	kept, _, _ := mapOf(orElse(def.Extra, optionsKey, "{}"))
	var codes []string
	for _, m := range languagesOf(def, kept) {
		codes = append(codes, m.Name)
	}
	return codes
}

// SetLanguages says into which languages a survey is translated beside its own.
func SetLanguages(def *models.SurveyDefinition, codes []string) error {
	var tags []string
	for _, code := range codes {
		tag, ok := ParseLanguage(code)
		if !ok {
			return models.Invalid(models.Field(availableMember, "qsf.error.language", "Value", code))
		}
		if tag != def.Language && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	def.Languages = tags
	Adopt(def)
	return nil
}

// plainOptions change nothing for respondents, or say what is so here anyway.
var plainOptions = []string{
	availableMember, ownMember, "SaveAndContinue", "SkinLibrary", "SkinType", "SkinQuestionWidth", "NoIndex", "SecureResponseFiles", "SurveyName", "ProjectCategory",
	"ActiveResponseSet", "EOSMessageLibrary", "newScoring", "SurveyCreationDate", "libraryId", "surveyMetaDescription", "PartialDataCloseAfter",
}

// UnusedOptions names the options that are kept but not used yet.
func UnusedOptions(def *models.SurveyDefinition) []string {
	kept, _, _ := mapOf(orElse(def.Extra, optionsKey, "{}"))
	var names []string
	for _, name := range sortedNames(kept) {
		text, _ := textOf(kept[name])
		i := slices.IndexFunc(surveyOptions, func(o option) bool { return o.name == name })
		switch {
		case i >= 0:
			var probe models.SurveyDefinition
			if text != "" && !surveyOptions[i].read(&probe, text) {
				names = append(names, "SurveyOptions."+name)
			}
		case blank(kept[name]) || slices.Contains(plainOptions, name) || name == "SurveyProtection" && text == "PublicSurvey":
		default:
			names = append(names, "SurveyOptions."+name)
		}
	}
	for _, code := range Languages(def)[1+len(def.Languages):] {
		names = append(names, "AvailableLanguages "+code)
	}
	return names
}
