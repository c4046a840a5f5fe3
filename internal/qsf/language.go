package qsf

import "surveyflow/internal/i18n"

// ParseLanguage reads a language code of the API, in any case (contract §7, Writes), as a BCP 47 tag.
func ParseLanguage(code string) (string, bool) { return i18n.ParseTag(code) }

// LanguageCode gives a BCP 47 tag as the API writes it: upper case.
func LanguageCode(tag string) string { return i18n.FieldCode(tag) }
