package qsf

import (
	"encoding/json"
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
	structure := StructureOf(s.Definition)
	for _, value := range structure.Blocks {
		if b := blockOf(value); b.kind != "Trash" {
			blocks.add(b.id, Object{{"description", b.title}, {"elements", legacyElements(b)}})
		}
	}
	root, _, _ := mapOf(structure.Flow)
	flow := legacyFlow(root["Flow"], 0)
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

// legacyElements writes what stands in a block.
func legacyElements(b block) []Object {
	list := []Object{}
	for _, e := range b.elements {
		kind, _ := textOf(e["Type"])
		if kind == "Page Break" {
			list = append(list, Object{{"type", "PageBreak"}})
		} else if id, _ := textOf(e["QuestionID"]); id != "" {
			list = append(list, Object{{"type", "Question"}, {"questionId", id}})
		}
	}
	return list
}

// legacyFlow writes the items of a flow.
func legacyFlow(value json.RawMessage, depth int) []Object {
	out := []Object{}
	list, _, _ := mapOf(value)
	for _, name := range sortedNames(list) {
		item, _, ok := mapOf(list[name])
		if !ok || item == nil || depth > maxFlowDepth {
			continue
		}
		kind, _ := textOf(item["Type"])
		if kind == "Block" || kind == "Standard" {
			id, _ := textOf(item["ID"])
			out = append(out, Object{{"id", id}, {"type", "Block"}})
			continue
		}
		o := Object{{"type", kind}}
		if kind == "BlockRandomizer" {
			n, _ := textOf(item["SubSet"])
			subset, _ := strconv.Atoi(n)
			even, _ := textOf(item["EvenPresentation"])
			o.add("randomizationOptions", Object{{"randomSubset", subset}, {"evenPresentation", even == "true"}})
		}
		if item["Flow"] != nil {
			o.add("flow", legacyFlow(item["Flow"], depth+1))
		}
		out = append(out, o)
	}
	return out
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
	if rows := legacyRows(q); len(rows) > 0 && q.Type.HasChoices() {
		o.add("subQuestions", rows)
	} else if len(rows) > 0 {
		o.add("choices", rows)
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
	if content := contentTypes[q.Type]; content != "" && q.Type != models.QuestionNumber {
		o.add("type", content)
	}
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

// legacyRows gives the rows of a question: those of a matrix are questions of their own there, sliders are choices.
func legacyRows(q *models.Question) Object {
	o := Object{}
	for i := range q.Rows {
		r := &q.Rows[i]
		row := legacyChoice(r.RecodeValue(), r.Text, nil)
		if q.Type.HasChoices() {
			row = row[:len(row)-1] // "analyze" is of choices alone
		}
		o.add(strconv.Itoa(r.ID), row)
	}
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
	if q.Type == models.QuestionRating {
		for i := range q.Scale.RatingPoints() {
			n := strconv.Itoa(i + 1)
			o.add(n, legacyChoice(n, n, nil))
		}
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
	if !q.Type.Answered() {
		return
	}
	switch q.Type {
	case models.QuestionMultipleChoice, models.QuestionRanking:
		for _, c := range q.Choices {
			columns.add(tag+"_"+strconv.Itoa(c.ID), choiceColumn(q, c))
		}
	case models.QuestionSlider:
		for _, r := range q.Rows {
			columns.add(tag+"_"+strconv.Itoa(r.ID), choiceColumn(q, r))
		}
	case models.QuestionMatrix, models.QuestionMatrixMultiple:
		addRowColumns(q, tag, columns)
	default:
		columns.add(tag, Object{{"question", q.ID}})
	}
	for _, c := range q.Choices {
		if c.TextEntry {
			columns.add(tag+"_"+strconv.Itoa(c.ID)+"_TEXT", choiceColumn(q, c))
		}
	}
}

// addRowColumns names the columns of a matrix: one a row, or one a row and choice where a row can have several.
func addRowColumns(q *models.Question, tag string, columns *Object) {
	for _, r := range q.Rows {
		row := tag + "_" + strconv.Itoa(r.ID)
		column := Object{{"question", q.ID}, {"subQuestion", q.ID + ".subQuestions." + strconv.Itoa(r.ID)}}
		if q.Type == models.QuestionMatrix {
			columns.add(row, column)
			continue
		}
		for _, c := range q.Choices {
			columns.add(row+"_"+strconv.Itoa(c.ID), append(column[:2:2], Member{"choice", q.ID + ".choices." + strconv.Itoa(c.ID)}))
		}
	}
}

func choiceColumn(q *models.Question, c models.Choice) Object {
	return Object{{"question", q.ID}, {"choice", q.ID + ".choices." + strconv.Itoa(c.ID)}}
}
