package qsf

import (
	"strings"

	"golang.org/x/text/language"
)

// chinese are the codes of the field's that are no language tags.
var chinese = map[string]string{"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}

// ParseLanguage reads a language code of the API, in any case (contract §7, Writes), as a BCP 47 tag.
func ParseLanguage(code string) (string, bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), "_", "-")
	if tag, ok := chinese[strings.ToUpper(code)]; ok {
		return tag, true
	}
	tag, err := language.Parse(code)
	if err != nil || tag == language.Und {
		return "", false
	}
	return tag.String(), true
}

// LanguageCode gives a BCP 47 tag as the API writes it: upper case.
func LanguageCode(tag string) string {
	for code, t := range chinese {
		if t == tag {
			return code
		}
	}
	return strings.ToUpper(tag)
}
