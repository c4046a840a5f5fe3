package survey

import (
	"slices"
	"strings"

	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// ResponseSchema describes the responses to a survey, as [ExportResponse] gives them, in JSON Schema (2019-09).
type ResponseSchema struct {
	Schema      string         `json:"$schema"`
	ID          string         `json:"$id"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Type        string         `json:"type"`
	Required    []string       `json:"required"`
	Properties  map[string]any `json:"properties"`

	values    map[string]*Property
	labels    map[string]*Property
	displayed []string
	choices   map[string]*Property
}

// Property describes one value of a response. Beside the words of JSON Schema it says what the value is of.
type Property struct {
	Description string     `json:"description,omitempty"`
	Type        string     `json:"type,omitempty"`
	Format      string     `json:"format,omitempty"`
	OneOf       []Constant `json:"oneOf,omitempty"`
	Enum        []string   `json:"enum,omitempty"`
	Items       *Property  `json:"items,omitempty"`
	DataType    string     `json:"dataType,omitempty"`   // question, metadata or embeddedData
	ExportTag   string     `json:"exportTag,omitempty"`  // the column's name in exports
	QuestionID  string     `json:"questionId,omitempty"` // of a question
}

// Constant is one of the values that are possible.
type Constant struct {
	Label string `json:"label"`
	Const any    `json:"const"`
}

// The parts of a response that values belong to.
const (
	dataQuestion = "question"
	dataMetadata = "metadata"
	dataEmbedded = "embeddedData"
)

// DescribeResponses gives the schema of the responses to a version of a survey. id is the address that the schema has.
func DescribeResponses(def *models.SurveyDefinition, name, id string) *ResponseSchema {
	s := &ResponseSchema{
		Schema: "https://json-schema.org/draft/2019-09/schema", ID: id, Title: name, Description: "A response to the survey.", Type: "object",
		Required: []string{"responseId", "values"},
		values:   map[string]*Property{}, labels: map[string]*Property{}, displayed: []string{}, choices: map[string]*Property{},
	}
	for _, f := range def.EmbeddedData {
		s.values[f.Name] = &Property{Description: f.Name, Type: "string", DataType: dataEmbedded, ExportTag: f.Name}
	}
	s.metadata()
	for _, q := range def.Questions() {
		if t := typeOf(q); t != nil {
			t.describe(q, s)
		}
	}
	slices.Sort(s.displayed)
	object := func(properties map[string]*Property) map[string]any {
		return map[string]any{"type": "object", "properties": properties}
	}
	s.Properties = map[string]any{
		"responseId":      Property{Description: "The response's id.", Type: "string"},
		"values":          object(s.values),
		"labels":          object(s.labels),
		"displayedFields": Property{Type: "array", Items: &Property{Type: "string", Enum: s.displayed}},
		"displayedValues": object(s.choices),
	}
	return s
}

func (s *ResponseSchema) metadata() {
	for _, m := range []struct{ name, tag, text, kind, format string }{
		{"startDate", "StartDate", "When the response was begun.", "string", "date-time"},
		{"endDate", "EndDate", "When it was last worked on.", "string", "date-time"},
		{"recordedDate", "RecordedDate", "When it was recorded.", "string", "date-time"},
		{"status", "Status", "How it came.", "number", ""},
		{"ipAddress", "IPAddress", "The respondent's address.", "string", ""},
		{"progress", "Progress", "How many percent of the survey the respondent is past.", "number", ""},
		{"duration", "Duration (in seconds)", "How many seconds it took.", "number", ""},
		{"finished", "Finished", "Whether it is complete.", "number", ""},
		{"_recordId", "ResponseId", "The response's id.", "string", ""},
		{"distributionChannel", "DistributionChannel", "What the respondent came by.", "string", ""},
		{"userLanguage", "UserLanguage", "The respondent's language.", "string", ""},
	} {
		s.values[m.name] = &Property{Description: m.text, Type: m.kind, Format: m.format, DataType: dataMetadata, ExportTag: m.tag}
	}
	s.values["finished"].OneOf = []Constant{{"False", 0}, {"True", 1}}
	s.values["status"].OneOf = []Constant{{"IP Address", 0}, {"Survey Preview", 1}, {"Imported", 4}}
	s.labels["finished"], s.labels["status"] = &Property{Type: "string"}, &Property{Type: "string"}
}

// value describes a field of a question that has an export tag.
func (s *ResponseSchema) value(q *models.Question, field string, p Property) {
	p.Description, p.DataType = richtext.Line(q.Text), dataQuestion
	p.QuestionID, _, _ = strings.Cut(q.ID, "_")
	if p.ExportTag == "" {
		p.ExportTag = q.ExportTag()
	}
	s.values[field] = &p
}

// display says that respondents can be shown the field, and from what they choose there.
func (s *ResponseSchema) display(field string, choices *Property) {
	s.displayed = append(s.displayed, field)
	if choices != nil {
		s.choices[field] = &Property{Type: "array", Items: choices}
	}
}

// text describes a field with a text.
func (s *ResponseSchema) text(q *models.Question, field, format string) {
	s.value(q, field, Property{Type: "string", Format: format})
	s.display(field, nil)
}

// coded describes a field with one of several values, which has a label.
func (s *ResponseSchema) coded(q *models.Question, field string, all []Constant) {
	choices := &Property{Type: kindOf(all), OneOf: all}
	s.value(q, field, *choices)
	s.labels[field] = &Property{Type: "string"}
	s.display(field, choices)
	s.others(q)
}

// several describes a field with any of several values. They are texts there.
func (s *ResponseSchema) several(q *models.Question, field string) {
	all := constants(q)
	texts := make([]Constant, len(all))
	for i := range all {
		texts[i] = Constant{Label: all[i].Label, Const: q.Choices[i].RecodeValue()}
	}
	s.value(q, field, Property{Type: "array", Items: &Property{Type: "string", OneOf: texts}})
	s.labels[field] = &Property{Type: "array", Items: &Property{Type: "string"}}
	s.display(field, &Property{Type: kindOf(all), OneOf: all})
	s.others(q)
}

// others describes the texts beside choices.
func (s *ResponseSchema) others(q *models.Question) {
	for _, c := range q.Choices {
		if c.TextEntry && q.Type.TakesOther() {
			field := otherField(q, c.ID)
			s.value(q, field, Property{Type: "string", ExportTag: q.ExportTag() + field[len(q.ID):]})
		}
	}
}

// partQuestion makes a question of one row or choice of another, to describe it.
func partQuestion(q *models.Question, of *models.Choice) *models.Question {
	part := rowQuestion(q, of)
	part.Tag = q.ExportTag() + part.ID[len(q.ID):]
	if part.Text = q.Text; richtext.Line(of.Text) != "" {
		part.Text += " - " + of.Text
	}
	return part
}

// constants gives the choices of a question as values.
func constants(q *models.Question) []Constant {
	all := make([]Constant, len(q.Choices))
	for i := range q.Choices {
		all[i] = Constant{Label: q.Choices[i].Text, Const: exportNumber(q.Choices[i].RecodeValue())}
	}
	return all
}

// scores gives the whole numbers of a scale as values.
func scores(from, to int) []Constant {
	all := make([]Constant, 0, to-from+1)
	for n := from; n <= to; n++ {
		all = append(all, Constant{Label: limitText(float64(n)), Const: n})
	}
	return all
}

// kindOf gives the type of values; empty where they are of several.
func kindOf(all []Constant) string {
	numbers, texts := false, false
	for _, c := range all {
		_, text := c.Const.(string)
		numbers, texts = numbers || !text, texts || text
	}
	switch {
	case !texts:
		return "number"
	case !numbers:
		return "string"
	}
	return ""
}
