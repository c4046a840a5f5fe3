package qsf

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"time"

	"surveyflow/models"
)

// othersKey is where a definition keeps the questions that cannot be asked yet.
const othersKey = "questions"

// Other is a question of a type that the product cannot ask. It is kept with its place and shown to programs alone.
type Other struct {
	Block    string          `json:"block"`
	After    string          `json:"after,omitempty"` // the question of the block that it follows; empty at the beginning
	Question models.Question `json:"question"`
}

// Others gives the questions of a definition that cannot be asked yet.
func Others(def *models.SurveyDefinition) []Other {
	var all []Other
	if json.Unmarshal(orElse(def.Extra, othersKey, "[]"), &all) != nil {
		return nil
	}
	return all
}

// SetOthers replaces the questions of a definition that cannot be asked yet.
func SetOthers(def *models.SurveyDefinition, all []Other) {
	if len(all) == 0 {
		delete(def.Extra, othersKey)
		return
	}
	if def.Extra == nil {
		def.Extra = models.RawFields{}
	}
	def.Extra[othersKey] = raw(all)
}

// UnusedOf names the parts of a definition that are kept but not used yet, each with its question.
func UnusedOf(def *models.SurveyDefinition) []string {
	var names []string
	for _, q := range AllQuestions(def) {
		for _, name := range Unused(q) {
			names = append(names, q.ID+"."+name)
		}
	}
	return slices.Concat(names, UnusedStructure(def), UnusedOptions(def))
}

// AllQuestions lists the questions of a definition in survey order, with those that cannot be asked yet in their places.
// The latter are copies.
func AllQuestions(def *models.SurveyDefinition) []*models.Question {
	others := Others(def)
	var all []*models.Question
	for i := range def.Blocks {
		b := &def.Blocks[i]
		for _, id := range elements(b, others) {
			if q := def.Question(id); q != nil {
				all = append(all, q)
			} else {
				all = append(all, other(others, id))
			}
		}
	}
	for i := range others { // whose block is gone
		if def.Block(others[i].Block) == nil {
			all = append(all, &others[i].Question)
		}
	}
	return all
}

func other(others []Other, id string) *models.Question {
	i := slices.IndexFunc(others, func(o Other) bool { return o.Question.ID == id })
	return &others[i].Question
}

// elements lists the ids of a block's questions in their order.
func elements(b *models.Block, others []Other) []string {
	var ids []string
	placed := map[string]bool{}
	follow := func(after string) {
		for _, o := range others {
			if o.Block == b.ID && o.After == after {
				ids, placed[o.Question.ID] = append(ids, o.Question.ID), true
			}
		}
	}
	follow("")
	for i := range b.Questions {
		ids = append(ids, b.Questions[i].ID)
		follow(b.Questions[i].ID)
	}
	for _, o := range others { // whose neighbour is gone
		if o.Block == b.ID && !placed[o.Question.ID] {
			ids = append(ids, o.Question.ID)
		}
	}
	return ids
}

// Survey is a survey with the definition that is to be written, which may be its draft or a version.
type Survey struct {
	*models.Survey
	Definition *models.SurveyDefinition
	BaseURL    string                         // where the instance is reached
	Counts     map[models.ResponseState]int64 // for [EncodeLegacy]
	Deleted    int64                          // responses that were deleted, for [EncodeLegacy]
}

// Active reports whether a survey takes answers, as clients mean it: start and expiry are said beside it.
func Active(s *models.Survey) bool { return s.State == models.SurveyOpen }

// EncodeSurvey writes a survey as GET /survey-definitions does (reference §4.4).
func EncodeSurvey(s Survey) Object {
	questions := Object{}
	all := AllQuestions(s.Definition)
	for _, q := range all {
		questions.add(q.ID, EncodeQuestionOf(s.Definition, q))
	}
	status := "Inactive"
	if Active(s.Survey) {
		status = "Active"
	}
	structure := StructureOf(s.Definition)
	return Object{
		{"SurveyID", s.ID},
		{"SurveyName", s.Name},
		{"SurveyStatus", status},
		{"OwnerID", s.OwnerID},
		{"CreatorID", s.OwnerID},
		{"BrandID", s.OrgID},
		{"BrandBaseURL", s.BaseURL},
		{"LastModified", stamp(&s.UpdatedAt)},
		{"LastAccessed", stamp(&s.UpdatedAt)},
		{"LastActivated", stamp(s.LiveAt)},
		{"QuestionCount", strconv.Itoa(len(all))},
		{"Questions", questions},
		{"Blocks", blocksObject(structure.Blocks)},
		{"SurveyFlow", structure.Flow},
		{"SurveyOptions", EncodeOptions(s.Definition)},
		{"ResponseSets", Object{{"RS_" + s.ID[min(3, len(s.ID)):], "Default Response Set"}}},
		{"Scoring", Object{}},
		{"ProjectInfo", Object{
			{"SurveyID", s.ID},
			{"ProjectCategory", orElse(s.Definition.Extra, "ProjectCategory", `"CORE"`)},
			{"ProjectType", nil},
			{"CompositionType", nil},
			{"ContentBundle", nil},
		}},
		{"revision", s.DraftRev},
	}
}

// stamp writes a time as the API does: ISO 8601 in UTC, without fractions; null for none.
func stamp(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// defaultName are the names that blocks have of themselves.
var defaultName = regexp.MustCompile(`^(?:Default Question Block|Block [0-9]+)$`)

// blockName gives what a block is called among its authors: respondents see the title of a page alone.
func blockName(b *models.Block, index int) string {
	own, _ := textOf(b.Extra["Description"])
	switch {
	case b.Title != "":
		return b.Title
	case own != "":
		return own
	case index == 0:
		return "Default Question Block"
	}
	return "Block " + strconv.Itoa(index+1)
}

func encodeField(f models.EmbeddedField) Object {
	kind := "Custom"
	if f.FromLink {
		kind = "Recipient"
	}
	o := Object{{"Description", f.Name}, {"Type", kind}, {"Field", f.Name}, {"VariableType", "String"}, {"DataVisibility", []any{}}, {"AnalyzeText", false}}
	if f.Default != "" {
		o.add("Value", f.Default)
	}
	return o
}
