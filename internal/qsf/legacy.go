package qsf

import (
	"strconv"

	"surveyflow/models"
)

// EncodeLegacy writes a survey as GET /surveys/{id} does: the older shape, which clients read to explain the columns of
// exports (reference §4.4).
func EncodeLegacy(s Survey) Object {
	questions, blocks, columns := Object{}, Object{}, Object{}
	for _, q := range AllQuestions(s.Definition) {
		questions.add(q.ID, legacyQuestion(q))
		addColumns(q, &columns)
	}
	flow := []Object{}
	if len(s.Definition.EmbeddedData) > 0 {
		flow = append(flow, Object{{"type", "EmbeddedData"}})
	}
	others := Others(s.Definition)
	for i := range s.Definition.Blocks {
		b := &s.Definition.Blocks[i]
		list := []Object{}
		for _, id := range elements(b, others) {
			list = append(list, Object{{"type", "Question"}, {"questionId", id}})
		}
		blocks.add(b.ID, Object{{"description", blockName(b, i)}, {"elements", list}})
		flow = append(flow, Object{{"id", b.ID}, {"type", "Block"}})
	}
	embedded := []Object{}
	for _, f := range s.Definition.EmbeddedData {
		o := Object{{"name", f.Name}}
		if f.Default != "" {
			o.add("defaultValue", f.Default)
		}
		embedded = append(embedded, o)
	}
	return Object{
		{"id", s.ID},
		{"name", s.Name},
		{"ownerId", s.OwnerID},
		{"organizationId", s.OrgID},
		{"isActive", Active(s.Survey)},
		{"creationDate", stamp(&s.CreatedAt)},
		{"lastModifiedDate", stamp(&s.UpdatedAt)},
		{"expiration", Object{{"startDate", stamp(s.OpensAt)}, {"endDate", stamp(s.ClosesAt)}}},
		{"questions", questions},
		{"exportColumnMap", columns},
		{"blocks", blocks},
		{"flow", flow},
		{"embeddedData", embedded},
		{"comments", Object{}},
		{"loopAndMerge", Object{}},
		{"responseCounts", Object{
			{"auditable", s.Counts[models.ResponseCompleted] + s.Counts[models.ResponsePartial]},
			{"generated", 0}, // preview answers count nowhere (contract §7)
			{"deleted", s.Deleted},
		}},
	}
}

func legacyQuestion(q *models.Question) Object {
	l := layoutOf(q)
	text := q.Text
	if q.Type == "" {
		text, _ = textOf(q.Extra["QuestionText"])
	}
	o := Object{
		{"questionType", Object{{"type", l.kind}, {"selector", l.selector}, {"subSelector", orNull(l.sub)}}},
		{"questionText", text},
		{"questionLabel", nil},
		{"validation", legacyValidation(q)},
		{"questionName", q.ExportTag()},
	}
	if choices := legacyChoices(q); len(choices) > 0 {
		o.add("choices", choices)
	}
	return o
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func legacyValidation(q *models.Question) Object {
	o := Object{{"doesForceResponse", q.Required}}
	if q.Type != models.QuestionNumber {
		return o
	}
	settings := Object{}
	if q.Rules.Decimals != nil {
		settings.add("maxDecimals", *q.Rules.Decimals)
	}
	if q.Rules.Max != nil {
		settings.add("maximum", *q.Rules.Max)
	}
	if q.Rules.Min != nil {
		settings.add("minimum", *q.Rules.Min)
	}
	o.add("type", "ValidNumber", "settings", settings)
	return o
}

func legacyChoices(q *models.Question) Object {
	o := Object{}
	if q.Type == models.QuestionNPS {
		for i := range maxScore + 1 {
			n := strconv.Itoa(i)
			o.add(n, legacyChoice(n, n, nil))
		}
		return o
	}
	names, _, _ := mapOf(q.Extra["VariableNaming"])
	for i := range q.Choices {
		c := &q.Choices[i]
		name, _ := textOf(names[strconv.Itoa(c.ID)])
		choice := legacyChoice(c.RecodeValue(), c.Text, orNull(name))
		if c.TextEntry {
			choice.add("textEntry", true)
		}
		o.add(strconv.Itoa(c.ID), choice)
	}
	return o
}

func legacyChoice(recode, text string, variable any) Object {
	return Object{
		{"recode", recode},
		{"description", Plain(text)},
		{"choiceText", text},
		{"imageDescription", nil},
		{"variableName", variable},
		{"analyze", true},
	}
}

// addColumns names the columns that exports have for a question.
func addColumns(q *models.Question, columns *Object) {
	tag := q.ExportTag()
	if q.Type == models.QuestionMultipleChoice {
		for _, c := range q.Choices {
			columns.add(tag+"_"+strconv.Itoa(c.ID), choiceColumn(q, c))
		}
	} else {
		columns.add(tag, Object{{"question", q.ID}})
	}
	for _, c := range q.Choices {
		if c.TextEntry {
			columns.add(tag+"_"+strconv.Itoa(c.ID)+"_TEXT", choiceColumn(q, c))
		}
	}
}

func choiceColumn(q *models.Question, c models.Choice) Object {
	return Object{{"question", q.ID}, {"choice", q.ID + ".choices." + strconv.Itoa(c.ID)}}
}
