package i18n

import (
	"context"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// fieldCodes are language codes of the field's that are no tags.
var fieldCodes = map[string]string{"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}

// ParseTag reads a language code as people and programs write it, in any case, as a BCP 47 tag.
func ParseTag(code string) (string, bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), "_", "-")
	if tag, ok := fieldCodes[strings.ToUpper(code)]; ok {
		return tag, true
	}
	tag, err := language.Parse(code)
	if err != nil || tag == language.Und {
		return "", false
	}
	return tag.String(), true
}

// FieldCode gives a BCP 47 tag as the API writes it: upper case.
func FieldCode(tag string) string {
	for code, t := range fieldCodes {
		if t == tag {
			return code
		}
	}
	return strings.ToUpper(tag)
}

// maxWish is how much of what a browser wishes is read, in bytes.
const maxWish = 500

// Among finds the language that suits a wish best among some (BCP 47): the same one, or one that who wishes for it reads without
// effort, as de for de-AT. A wish is a code in any case, or a whole Accept-Language header. It is false when none suits.
func Among(some []string, wish string) (string, bool) {
	if wish == "" || len(wish) > maxWish {
		return "", false
	}
	for _, one := range some {
		if strings.EqualFold(one, wish) {
			return one, true
		}
	}
	var wishes []language.Tag
	if tag, ok := ParseTag(wish); ok {
		wishes = []language.Tag{language.Make(tag)}
	} else {
		wishes, _, _ = language.ParseAcceptLanguage(wish) // of a broken one nothing is taken
	}
	if len(wishes) == 0 {
		return "", false
	}
	matcher := matcherOf(some)
	for _, tag := range wishes {
		if _, index, confidence := matcher.Match(tag); confidence >= language.High {
			return some[index], true
		}
	}
	return "", false
}

// matchers keeps one for each set of languages: a survey's does not change with every request.
var matchers = struct {
	sync.Mutex
	of map[string]language.Matcher
}{of: map[string]language.Matcher{}}

// maxMatchers bounds how many are kept.
const maxMatchers = 1000

func matcherOf(some []string) language.Matcher {
	key := strings.Join(some, ",")
	matchers.Lock()
	defer matchers.Unlock()
	if m, ok := matchers.of[key]; ok {
		return m
	}
	tags := make([]language.Tag, len(some))
	for i, one := range some {
		tags[i] = language.Make(one)
	}
	if len(matchers.of) >= maxMatchers {
		clear(matchers.of)
	}
	m := language.NewMatcher(tags)
	matchers.of[key] = m
	return m
}

// Speaks reports whether there are sentences for respondents in a language.
func Speaks(lang string) bool {
	tag, err := language.Parse(lang)
	if err != nil {
		return false
	}
	_, _, confidence := loaded().matcher.Match(tag)
	return confidence != language.No
}

// LanguageName gives the name of a language in the reader's; the tag itself when it has none.
func LanguageName(ctx context.Context, lang string) string {
	tag, err := language.Parse(lang)
	if err != nil {
		return lang
	}
	if n := display.Tags(language.Make(from(ctx).speaker.catalogue)); n != nil {
		if name := n.Name(tag); name != "" {
			return name
		}
	}
	return lang
}

// OwnLanguageName gives the name of a language as its speakers write it, its first letter large where they have large ones; the
// tag itself when that is not known.
func OwnLanguageName(lang string) string {
	if name, ok := ownNames.Load(lang); ok {
		return name.(string)
	}
	tag, err := language.Parse(lang)
	if err != nil {
		return lang
	}
	name := display.Self.Name(tag)
	if name == "" {
		return lang
	}
	if first, size := utf8.DecodeRuneInString(name); unicode.In(first, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		name = string(unicode.ToUpper(first)) + name[size:]
	}
	if known(tag) {
		ownNames.Store(lang, name)
	}
	return name
}

var ownNames sync.Map // language → its name in itself, for known ones

// known reports whether a language is one of those that are offered: others are not kept, for there is no end of them.
func known(tag language.Tag) bool { return slices.Contains(offered(), tag.String()) }

// regional are the variants of languages that surveys are translated into beside the languages themselves.
var regional = []string{"en-GB", "en-US", "es-419", "fr-CA", "nb", "pt-BR", "pt-PT", "zh-Hans", "zh-Hant"}

// OfferedLanguages lists the languages that a survey may be chosen to have by name (BCP 47). Others are taken by their tag.
func OfferedLanguages() []string { return slices.Clone(offered()) }

var offered = sync.OnceValue(func() []string {
	var all []string
	for _, tag := range display.Values.Tags() {
		base, _ := tag.Base()
		lang := base.String()
		if lang != "no" && !slices.Contains(all, lang) && display.Self.Name(language.Make(lang)) != "" {
			all = append(all, lang)
		}
	}
	for _, lang := range regional {
		if !slices.Contains(all, lang) {
			all = append(all, lang)
		}
	}
	slices.Sort(all)
	return all
})
