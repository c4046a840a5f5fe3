// Package report reads what was answered to a survey: the columns that its responses have, the rows, files in every format
// made of both, and the summary of each question. Everything reads part by part, so that the number of responses does not
// matter.
package report

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/richtext"
	"surveyflow/internal/survey"
	"surveyflow/models"
)

// Group says which part of a response a column shows.
type Group string

// The groups, in the order of their columns.
const (
	GroupMetadata Group = "metadata"
	GroupContact  Group = "contact" // who was invited
	GroupQuestion Group = "question"
	GroupPassed   Group = "passed" // embedded data, and whatever else a link or a program passed
)

// Column is one thing that responses of a survey have a value for.
type Column struct {
	Key      string // names it in addresses and options: "recordedDate", "QID2", "QID2_3_TEXT", "field:segment"
	Group    Group
	Name     string // heads it in files: the export tag or the field's name; unique within a survey
	Text     string // for people: the question's text with what the column is of it
	ImportID string // what the API calls it
	ChoiceID string // of a column for one choice, beside the ImportID that all choices share
	Question string // id of the question; empty for none
	Coded    bool   // it has labels beside its values
	Several  bool   // it is of a question with several choices
	Numeric  bool
	Long     bool // texts without a limit that matters
	Time     bool // a moment, in the zone of the report
	hidden   bool // identifies a respondent: left out, or left empty, where a survey is anonymous

	cell func(r *row) Cell
}

// Cell is the value of a column in one response. The zero Cell is no value.
type Cell struct {
	Value  string // recode value, number, text
	Label  string // of a coded value; empty for others
	Number bool   // the value is a number
	At     *time.Time
	Many   []Cell // values of several choices in one column
}

// Empty reports whether there is no value.
func (c Cell) Empty() bool { return c.Value == "" && c.At == nil && len(c.Many) == 0 }

// row is a response while it is read.
type row struct {
	*models.Response
	def       *version
	recipient *models.Person // who was invited; nil when nobody is known
}

func (r *row) question(id string) *models.Question { return r.def.questions[id] }

// version is one definition, ready to read answers by.
type version struct {
	*models.SurveyDefinition
	questions map[string]*models.Question
	names     map[string]map[int]string // variable names of choices, by question: Qualtrics exports them instead of the text
}

func newVersion(def *models.SurveyDefinition) *version {
	v := &version{SurveyDefinition: def, questions: map[string]*models.Question{}, names: map[string]map[int]string{}}
	for _, q := range def.Questions() {
		v.questions[q.ID] = q
		var naming map[string]any
		if raw := q.Extra["VariableNaming"]; len(raw) > 0 && json.Unmarshal(raw, &naming) == nil {
			for id, name := range naming {
				n, err := strconv.Atoi(id)
				text, ok := name.(string)
				if err != nil || !ok || text == "" {
					continue
				}
				if v.names[q.ID] == nil {
					v.names[q.ID] = map[int]string{}
				}
				v.names[q.ID][n] = text
			}
		}
	}
	return v
}

// Anonymous reports whether responses to the survey keep no trace of who answered.
func (l Layout) Anonymous() bool { return l.anonymous }

// Layout is what the responses of a survey consist of, over all its versions.
type Layout struct {
	Questions []*models.Question // in survey order; those that only older versions have come last
	Fields    []string           // embedded data that the survey defines, in its order, likewise
	anonymous bool
	ranked    map[string]bool // ids of the questions whose answers are in an order
}

// newLayout gathers the parts of all versions; the newest comes first and words what they share.
func newLayout(versions []*models.SurveyDefinition) Layout {
	l := Layout{ranked: map[string]bool{}}
	at := map[string]int{}
	for i, def := range versions {
		l.anonymous = l.anonymous || def.Anonymous
		for _, q := range def.Questions() {
			if !q.Type.Answered() {
				continue
			}
			n, known := at[q.ID]
			switch {
			case !known:
				at[q.ID] = len(l.Questions)
				whole := *q
				whole.Choices, whole.Rows = slices.Clone(q.Choices), slices.Clone(q.Rows)
				l.Questions = append(l.Questions, &whole)
				l.ranked[q.ID] = q.Type == models.QuestionRanking
			case i > 0:
				l.Questions[n].Choices = withOlder(l.Questions[n].Choices, q.Choices)
				l.Questions[n].Rows = withOlder(l.Questions[n].Rows, q.Rows)
			}
		}
		for _, f := range def.EmbeddedData {
			if !slices.Contains(l.Fields, f.Name) {
				l.Fields = append(l.Fields, f.Name)
			}
		}
	}
	return l
}

// withOlder adds the choices that only an older version has.
func withOlder(all, older []models.Choice) []models.Choice {
	for _, c := range older {
		i := slices.IndexFunc(all, func(a models.Choice) bool { return a.ID == c.ID })
		switch {
		case i < 0:
			all = append(all, c)
		case c.TextEntry: // texts that were typed once stay
			all[i].TextEntry = true
		}
	}
	return all
}

// Shape says how columns are cut.
type Shape struct {
	Split        bool // a column for each choice where several can be chosen
	API          bool // the columns of the field's API: with those of places and of the NPS group, and none left out of anonymous surveys
	DisplayOrder bool // with the order in which choices were offered
	Modified     bool // with the time of the last change
}

// Columns lists the columns of a layout; passed are the names of embedded data that its responses carry beside the defined
// ones.
func (l Layout) Columns(s Shape, passed []string) []Column {
	var all []Column
	for _, c := range metadata(s) {
		if c.hidden && l.anonymous && !s.API {
			continue
		}
		all = append(all, c)
	}
	for _, q := range l.Questions {
		all = append(all, questionColumns(q, s)...)
		if s.DisplayOrder && len(q.Choices) > 0 && q.Type != models.QuestionConsent {
			all = append(all, orderColumns(q)...)
		}
	}
	for _, name := range l.Fields {
		all = append(all, fieldColumn(name))
	}
	passed = slices.Clone(passed)
	slices.SortFunc(passed, compareFields)
	for _, name := range passed {
		if !slices.Contains(l.Fields, name) {
			all = append(all, fieldColumn(name))
		}
	}
	return unique(all)
}

// compareFields puts what every link may pass first: referrer, custom1 to custom8; then the others by name.
func compareFields(a, b string) int {
	known := append([]string{"referrer"}, models.CustomFields...)
	x, y := slices.Index(known, a), slices.Index(known, b)
	switch {
	case x >= 0 && y >= 0:
		return x - y
	case x >= 0:
		return -1
	case y >= 0:
		return 1
	}
	return strings.Compare(a, b)
}

// unique gives columns whose names are taken another one: JSON and XML know columns by their names.
func unique(all []Column) []Column {
	taken := make(map[string]bool, len(all))
	for i := range all {
		name := all[i].Name
		for n := 2; taken[name]; n++ {
			name = all[i].Name + "_" + strconv.Itoa(n)
		}
		taken[name], all[i].Name = true, name
	}
	return all
}

func text(value string) Cell { return Cell{Value: value} }

func number(n int64) Cell { return Cell{Value: strconv.FormatInt(n, 10), Number: true} }

// shown gives a cell that identifies somebody: empty where the survey is anonymous.
func shown(cell func(*row) Cell) func(*row) Cell {
	return func(r *row) Cell {
		if r.def.Anonymous {
			return Cell{}
		}
		return cell(r)
	}
}

func ended(r *row) time.Time {
	if r.RecordedAt != nil {
		return *r.RecordedAt
	}
	return r.UpdatedAt
}

func metadata(s Shape) []Column {
	at := func(key, name, label string, when func(*row) *time.Time) Column {
		return Column{Key: key, Name: name, Text: label, Time: true, cell: func(r *row) Cell { return Cell{At: when(r)} }}
	}
	person := func(key, name, label string, get func(*models.Person) string) Column {
		return Column{Key: key, Name: name, Text: label, Group: GroupContact, hidden: true, cell: shown(func(r *row) Cell {
			if r.recipient == nil {
				return Cell{}
			}
			return text(get(r.recipient))
		})}
	}
	all := []Column{
		at("startDate", "StartDate", "Start Date", func(r *row) *time.Time { return &r.StartedAt }),
		at("endDate", "EndDate", "End Date", func(r *row) *time.Time { e := ended(r); return &e }),
		{Key: "status", Name: "Status", Text: "Response Type", Coded: true, cell: func(r *row) Cell {
			code, label := survey.ResponseType(r.Response)
			return Cell{Value: strconv.Itoa(code), Label: label, Number: true}
		}},
		{Key: "ipAddress", Name: "IPAddress", Text: "IP Address", hidden: true, cell: shown(func(r *row) Cell { return text(r.IP) })},
		{Key: "progress", Name: "Progress", Text: "Progress", Numeric: true, cell: func(r *row) Cell {
			return number(int64(survey.Progress(r.def.SurveyDefinition, r.Response)))
		}},
		{Key: "duration", Name: "Duration (in seconds)", Text: "Duration (in seconds)", Numeric: true, hidden: true, cell: shown(func(r *row) Cell {
			return number(int64(max(ended(r).Sub(r.StartedAt), 0) / time.Second))
		})},
		{Key: "finished", Name: "Finished", Text: "Finished", Coded: true, cell: func(r *row) Cell {
			if r.Finished() {
				return Cell{Value: "1", Label: "True", Number: true}
			}
			return Cell{Value: "0", Label: "False", Number: true}
		}},
		at("recordedDate", "RecordedDate", "Recorded Date", func(r *row) *time.Time { return r.RecordedAt }),
		{Key: "_recordId", Name: "ResponseId", Text: "Response ID", cell: func(r *row) Cell { return text(r.ID) }},
		person("recipientLastName", "RecipientLastName", "Recipient Last Name", func(p *models.Person) string { return p.LastName }),
		person("recipientFirstName", "RecipientFirstName", "Recipient First Name", func(p *models.Person) string { return p.FirstName }),
		person("recipientEmail", "RecipientEmail", "Recipient Email", func(p *models.Person) string { return p.Email }),
		person("externalDataReference", "ExternalReference", "External Data Reference", func(p *models.Person) string { return p.ExternalID }),
	}
	if s.API {
		none := func(*row) Cell { return Cell{} }
		all = append(all,
			Column{Key: "locationLatitude", Name: "LocationLatitude", Text: "Location Latitude", hidden: true, cell: none},
			Column{Key: "locationLongitude", Name: "LocationLongitude", Text: "Location Longitude", hidden: true, cell: none})
	} else {
		all = append(all, person("recipientPhone", "RecipientPhone", "Recipient Phone", func(p *models.Person) string { return p.Phone }))
	}
	all = append(all,
		Column{Key: "distributionChannel", Name: "DistributionChannel", Text: "Distribution Channel", cell: func(r *row) Cell { return text(string(r.Channel)) }},
		Column{Key: "userLanguage", Name: "UserLanguage", Text: "User Language", cell: func(r *row) Cell { return text(strings.ToUpper(r.Language)) }})
	if s.Modified {
		all = append(all, at("lastModifiedDate", "LastModifiedDate", "Last Modified Date", func(r *row) *time.Time { return &r.UpdatedAt }))
	}
	if !s.API {
		all = append(all, Column{Key: "crk", Name: "crk", Text: "Response Key", hidden: true, cell: shown(func(r *row) Cell {
			if r.Crk == nil {
				return Cell{}
			}
			return text(*r.Crk)
		})})
	}
	for i := range all {
		if all[i].Group == "" {
			all[i].Group = GroupMetadata
		}
		all[i].ImportID = all[i].Key
	}
	return all
}

func fieldColumn(name string) Column {
	return Column{
		Key: "field:" + name, Group: GroupPassed, Name: name, Text: name, ImportID: name, Long: true,
		cell: func(r *row) Cell { return text(r.Fields.V[name]) },
	}
}

// questionColumns gives the columns of a question: those that exportColumnMap of the API names, and its texts.
func questionColumns(q *models.Question, s Shape) []Column {
	tag, line := q.ExportTag(), richtext.Line(q.Text)
	base := Column{Key: q.ID, Group: GroupQuestion, Name: tag, Text: line, ImportID: q.ID, Question: q.ID}
	var all []Column
	switch q.Type {
	case models.QuestionMultipleChoice:
		all = severalColumns(base, q.Choices, s, func(r *row) (*models.Question, models.Answer) { return r.question(q.ID), r.Answers.V[q.ID] })
	case models.QuestionRanking:
		for _, c := range q.Choices {
			part := base.part(c)
			part.Numeric = true
			part.cell = func(r *row) Cell {
				asked := r.question(q.ID)
				if asked == nil {
					return Cell{}
				}
				return numeric(asked.PartAnswer(r.Answers.V[q.ID], c.ID).Number)
			}
			all = append(all, part)
		}
	case models.QuestionSlider:
		for _, c := range q.Rows {
			part := base.part(c)
			part.Numeric = true
			part.cell = func(r *row) Cell { return numeric(r.Answers.V[q.ID].Rows[c.ID].Number) }
			all = append(all, part)
		}
	case models.QuestionMatrix:
		for _, c := range q.Rows {
			part := base.part(c)
			part.Coded = true
			part.cell = func(r *row) Cell { return chosen(r, q.ID, r.Answers.V[q.ID].Rows[c.ID]) }
			all = append(all, part)
		}
	case models.QuestionMatrixMultiple:
		for _, c := range q.Rows {
			all = append(all, severalColumns(base.part(c), q.Choices, s, func(r *row) (*models.Question, models.Answer) {
				return r.question(q.ID), r.Answers.V[q.ID].Rows[c.ID]
			})...)
		}
	case models.QuestionNPS:
		base.Numeric = true
		base.cell = func(r *row) Cell { return numeric(r.Answers.V[q.ID].Number) }
		group := base
		group.Text += " - Group"
		group.Key, group.Name, group.ImportID, group.Numeric, group.Coded = q.ID+"_NPS_GROUP", tag+"_NPS_GROUP", q.ID+"_NPS_GROUP", false, true
		group.cell = func(r *row) Cell { return npsGroup(r.Answers.V[q.ID].Number) }
		all = append(all, group, base)
		if !s.API { // people look for the score first
			all[0], all[1] = all[1], all[0]
		}
	case models.QuestionRating:
		base.Numeric = true
		base.cell = func(r *row) Cell { return numeric(r.Answers.V[q.ID].Number) }
		all = append(all, base)
	case models.QuestionNumber:
		base.Numeric, base.ImportID = true, q.ID+"_TEXT"
		base.cell = func(r *row) Cell { return numeric(r.Answers.V[q.ID].Number) }
		all = append(all, base)
	default:
		switch {
		case len(q.Choices) > 0:
			base.Coded = true
			base.cell = func(r *row) Cell { return chosen(r, q.ID, r.Answers.V[q.ID]) }
		default:
			base.ImportID, base.Long = q.ID+"_TEXT", true
			base.cell = func(r *row) Cell { return text(r.Answers.V[q.ID].Text) }
		}
		all = append(all, base)
	}
	if q.Type.TakesOther() {
		for _, c := range q.Choices {
			if c.TextEntry {
				part := base.part(c)
				part.Key += "_TEXT"
				part.Name += "_TEXT"
				part.ImportID += "_TEXT"
				part.Text += " - Text"
				part.Long, part.Coded = true, false
				part.cell = func(r *row) Cell { return text(r.Answers.V[q.ID].Other[c.ID]) }
				all = append(all, part)
			}
		}
	}
	return all
}

// part gives the column for a row or a choice of what a column stands for.
func (c Column) part(of models.Choice) Column {
	id := strconv.Itoa(of.ID)
	c.Key, c.Name, c.ImportID = c.Key+"_"+id, c.Name+"_"+id, c.ImportID+"_"+id
	if line := richtext.Line(of.Text); line != "" {
		c.Text += " - " + line
	}
	return c
}

// severalColumns gives the one column for several choices, or one for each of them.
func severalColumns(base Column, choices []models.Choice, s Shape, answer func(*row) (*models.Question, models.Answer)) []Column {
	base.Coded, base.Several = true, true
	if !s.Split {
		base.cell = func(r *row) Cell {
			q, a := answer(r)
			c := Cell{}
			for _, id := range a.Choices {
				if one, ok := choiceCell(r, q, id); ok {
					c.Many = append(c.Many, one)
				}
			}
			return c
		}
		return []Column{base}
	}
	var all []Column
	for _, choice := range choices {
		part := base.part(choice)
		part.ImportID, part.ChoiceID = base.ImportID, strconv.Itoa(choice.ID)
		part.Coded, part.Numeric = s.API, !s.API // 0 and 1 say all
		part.Several = true
		part.cell = func(r *row) Cell {
			q, a := answer(r)
			switch one, ok := choiceCell(r, q, choice.ID); {
			case len(a.Choices) == 0:
				return Cell{}
			case a.Has(choice.ID) && ok:
				return Cell{Value: "1", Label: one.Label, Number: true}
			case s.API || q == nil || q.Choice(choice.ID) == nil: // the field leaves these empty
				return Cell{}
			}
			return Cell{Value: "0", Number: true}
		}
		all = append(all, part)
	}
	return all
}

// choiceCell gives a choice as its version words it.
func choiceCell(r *row, q *models.Question, id int) (Cell, bool) {
	if q == nil {
		return Cell{}, false
	}
	c := q.Choice(id)
	if c == nil {
		return Cell{}, false
	}
	label := r.def.names[q.ID][id]
	if label == "" {
		label = richtext.Line(c.Text)
	}
	value := c.RecodeValue()
	n, err := strconv.Atoi(value)
	return Cell{Value: value, Label: label, Number: err == nil && strconv.Itoa(n) == value}, true
}

func chosen(r *row, question string, a models.Answer) Cell {
	if len(a.Choices) == 0 {
		return Cell{}
	}
	c, _ := choiceCell(r, r.question(question), a.Choices[0])
	return c
}

func numeric(n json.Number) Cell {
	if n == "" {
		return Cell{}
	}
	return Cell{Value: n.String(), Number: true}
}

// Scores from which on a respondent counts as promoter, and as passive.
const (
	promoter = 9
	passive  = 7
)

func npsGroup(n json.Number) Cell {
	score, err := strconv.Atoi(n.String())
	switch {
	case err != nil:
		return Cell{}
	case score >= promoter:
		return Cell{Value: "3", Label: "Promoter", Number: true}
	case score >= passive:
		return Cell{Value: "2", Label: "Passive", Number: true}
	}
	return Cell{Value: "1", Label: "Detractor", Number: true}
}

// orderColumns gives the place at which each choice was offered: always that of the survey.
func orderColumns(q *models.Question) []Column {
	var all []Column
	for _, c := range q.Choices {
		id := strconv.Itoa(c.ID)
		all = append(all, Column{
			Key: q.ID + "_DO_" + id, Group: GroupQuestion, Name: q.ExportTag() + "_DO_" + id, Text: richtext.Line(q.Text) + " - Display Order - " + richtext.Line(c.Text),
			ImportID: q.ID + "_DO", ChoiceID: id, Question: q.ID, Numeric: true,
			cell: func(r *row) Cell {
				asked := r.question(q.ID)
				if asked == nil {
					return Cell{}
				}
				for i := range asked.Choices {
					if asked.Choices[i].ID == c.ID {
						return number(int64(i + 1))
					}
				}
				return Cell{}
			},
		})
	}
	return all
}
