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

// EncodeEntry writes what a survey is, beside what it asks: the head of its file.
func EncodeEntry(s Survey) Object {
	def := s.Definition
	entry, _, _ := mapOf(orElse(def.Extra, entryKey, "{}"))
	status := "Inactive"
	if Active(s.Survey) {
		status = "Active"
	}
	head := Object{
		{"SurveyID", s.ID},
		{"SurveyName", s.Name},
		{"SurveyDescription", orElse(entry, "SurveyDescription", "null")},
		{"SurveyOwnerID", s.OwnerID},
		{"SurveyBrandID", s.OrgID},
		{"DivisionID", orElse(entry, "DivisionID", "null")},
		{"SurveyLanguage", LanguageCode(def.Language)},
		{"SurveyActiveResponseSet", orElse(entry, "SurveyActiveResponseSet", `"RS_`+s.ID[min(3, len(s.ID)):]+`"`)},
		{"SurveyStatus", status},
		{"SurveyStartDate", entryTime(s.OpensAt)},
		{"SurveyExpirationDate", entryTime(s.ClosesAt)},
		{"SurveyCreationDate", entryTime(&s.CreatedAt)},
		{"CreatorID", s.OwnerID},
		{"LastModified", entryTime(&s.UpdatedAt)},
		{"LastAccessed", entryTime(nil)},
		{"LastActivated", entryTime(s.LiveAt)},
		{"Deleted", orElse(entry, "Deleted", "null")},
	}
	head.addExtra(entry)
	return head
}

// EncodeFile writes a survey as a QSF file.
func EncodeFile(s Survey) ([]byte, error) {
	def, head := s.Definition, EncodeEntry(s)
	structure := StructureOf(def)
	all := AllQuestions(def)
	elements := []Object{
		elementOf(s.ID, "BL", "Survey Blocks", nil, nil, structure.Blocks),
		elementOf(s.ID, "FL", "Survey Flow", nil, nil, structure.Flow),
		elementOf(s.ID, "SO", "Survey Options", nil, nil, EncodeOptions(def)),
	}
	var kept []element
	if json.Unmarshal(orElse(def.Extra, elementsKey, "[]"), &kept) != nil {
		kept = nil
	}
	has := func(kind string) bool {
		return slices.ContainsFunc(kept, func(e element) bool { return e.Element == kind })
	}
	for _, e := range kept {
		elements = append(elements, elementOf(s.ID, e.Element, e.PrimaryAttribute, e.SecondaryAttribute, e.TertiaryAttribute, e.Payload))
	}
	if !has("PROJ") {
		elements = append(elements, elementOf(s.ID, "PROJ", "CORE", nil, "1.1.0", Object{{"ProjectCategory", orElse(def.Extra, "ProjectCategory", `"CORE"`)}, {"SchemaVersion", "1.1.0"}}))
	}
	if !has("RS") {
		elements = append(elements, elementOf(s.ID, "RS", "RS_"+s.ID[min(3, len(s.ID)):], "Default Response Set", nil, nil))
	}
	elements = append(elements, elementOf(s.ID, "QC", "Survey Question Count", strconv.Itoa(len(all)), nil, nil))
	for _, q := range all {
		payload := EncodeQuestionOf(def, q)
		text := Plain(q.Text)
		if q.Type == "" {
			text, _ = textOf(q.Extra["QuestionText"])
			text = Plain(text)
		}
		if r := []rune(text); len(r) > maxDescription-1 {
			text = string(r[:maxDescription-1])
		}
		elements = append(elements, elementOf(s.ID, "SQ", q.ID, text, nil, payload))
	}
	for _, quota := range QuotasOf(def) {
		elements = append(elements, elementOf(s.ID, "QO", quotaID(quota), nil, nil, quota))
	}
	for _, group := range QuotaGroupsOf(def) {
		elements = append(elements, elementOf(s.ID, "QG", quotaID(group), nil, nil, group))
	}
	return models.MarshalJSON(Object{{"SurveyEntry", head}, {"SurveyElements", elements}})
}

func elementOf(surveyID, kind string, primary, secondary, tertiary, payload any) Object {
	return Object{
		{"SurveyID", surveyID}, {"Element", kind}, {"PrimaryAttribute", primary}, {"SecondaryAttribute", secondary}, {"TertiaryAttribute", tertiary}, {"Payload", payload},
	}
}

// entryTime writes a time as the head of a file does.
func entryTime(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "0000-00-00 00:00:00"
	}
	return t.UTC().Format(time.DateTime)
}

// ContentType is what files are served as.
const ContentType = "application/vnd.qualtrics.survey.qsf"

var notInFileNames = regexp.MustCompile(`[^\pL\pN._ -]+`)

// FileName gives what the file of a survey is called.
func FileName(name string) string {
	name = strings.Trim(notInFileNames.ReplaceAllString(name, "_"), ". ")
	if r := []rune(name); len(r) > 100 {
		name = string(r[:100])
	}
	if name == "" {
		name = "survey"
	}
	return name + ".qsf"
}
