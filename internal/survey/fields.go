package survey

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"surveyflow/models"
)

const (
	maxFields     = 200  // embedded data of a survey or response
	maxFieldName  = 100  // characters
	maxFieldText  = 5000 // characters of a value that a program sends
	maxFieldParam = 1000 // characters of a value that a link passes
	customFields  = 8
)

// linkFields are the names that every link may pass (contract §3).
var linkFields = func() []string {
	names := []string{"referrer"}
	for i := range customFields {
		names = append(names, "custom"+strconv.Itoa(i+1))
	}
	return names
}()

// reserved are the names of metadata, in lower case.
var reserved = []string{
	"startdate", "enddate", "recordeddate", "status", "ipaddress", "progress", "duration", "finished", "_recordid",
	"distributionchannel", "userlanguage", "locationlatitude", "locationlongitude",
}

// likeQuestion matches the names that questions have in the API and in exports.
var likeQuestion = regexp.MustCompile(`(?i)^QID[0-9]`)

// fieldName gives the message key of what is wrong with the name of an embedded data field; "" when it is right.
func fieldName(name string) string {
	switch {
	case name == "":
		return "field.error.no_name"
	case utf8.RuneCountInString(name) > maxFieldName:
		return "field.error.long_name"
	case name != strings.TrimSpace(name) || strings.ContainsFunc(name, badInName):
		return "field.error.name"
	case likeQuestion.MatchString(name):
		return "field.error.question_name"
	case slices.Contains(reserved, strings.ToLower(name)):
		return "field.error.reserved"
	}
	return ""
}

// FieldNameProblem gives the message key of what keeps embedded data from being called so; "" when nothing does.
func FieldNameProblem(name string) string { return fieldName(name) }

// badInName tells the characters that no name has: piped text could not name it otherwise.
func badInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_-. ", r)
}

// LinkFields keeps, of the parameters of a link, those that it may set: the embedded data fields marked for it, referrer
// and custom1 to custom8 (data-model §5). Values are cut to 1,000 characters.
func LinkFields(def *models.SurveyDefinition, values map[string][]string) map[string]string {
	fields := map[string]string{}
	keep := func(name string) {
		if all := values[name]; len(all) > 0 && name != models.FieldTerminated && name != models.FieldQuota { // which the product sets
			if text := cutText(line(all[0]), maxFieldParam); text != "" {
				fields[name] = text
			}
		}
	}
	for _, f := range def.EmbeddedData {
		if f.FromLink {
			keep(f.Name)
		}
	}
	for _, name := range linkFields {
		keep(name)
	}
	return fields
}

// LinkPairs reads the pairs of a name and a value that follow a link as path segments: "referrer/VALUE/custom1/VALUE".
// The segments are decoded already.
func LinkPairs(segments []string) map[string][]string {
	values := map[string][]string{}
	for i := 0; i+1 < len(segments); i += 2 {
		values[segments[i]] = append(values[segments[i]], segments[i+1])
	}
	return values
}

// withDefaults adds the defaults of embedded data that nobody set.
func withDefaults(def *models.SurveyDefinition, fields map[string]string) map[string]string {
	for _, f := range def.EmbeddedData {
		if _, set := fields[f.Name]; !set && f.Default != "" {
			fields[f.Name] = f.Default
		}
	}
	return fields
}
