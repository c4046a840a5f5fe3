package workflow

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"surveyflow/internal/jsonpath"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/models"
)

// Values answers piped text from the snapshot of an event, the version of the survey that it names, and the outputs of
// the tasks before. It is a pipedtext.Source.
type Values struct {
	Snapshot *models.Snapshot
	Survey   *models.SurveyDefinition              // nil for an event without a survey
	Outputs  map[string]map[string]json.RawMessage // by task id
	Names    OutputNames                           // of the outputs' paths
	Link     string                                // address of the survey for ${l://SurveyURL}
	Fields   EventFields                           // of a JSON event

	sent *jsonpath.Value // Snapshot.Payload, once it was read
}

// Value gives what a token names; what is not there is missing.
func (v *Values) Value(ref pipedtext.Ref) pipedtext.Value {
	switch ref.Scheme {
	case "q":
		return v.question(ref.Name, ref.Path)
	case "e":
		return v.embedded(ref.Name)
	case "m":
		return v.contact(ref.Name)
	case "rm":
		return v.metadata(ref.Name)
	case "ch":
		return v.output(ref.Name, ref.Path)
	case "aedj":
		return v.event(ref.Name, ref.Path)
	case "l":
		if v.Link != "" && (ref.Name == "SurveyURL" || ref.Name == "SurveyLink") {
			return pipedtext.Text(v.Link)
		}
	}
	return pipedtext.Value{}
}

func (v *Values) question(id, path string) pipedtext.Value {
	q, a := v.find(id)
	if q == nil {
		return pipedtext.Value{}
	}
	path, part, _ := cutPart(path)
	switch path {
	case "QuestionText":
		return pipedtext.Text(richtext.Line(q.Text))
	case "ChoiceGroup/AllChoices":
		return labels(q, func(*models.Choice) bool { return true })
	case "ChoiceDescription":
		return wordsOf(q.Described(part))
	case "AnswerDescription":
		return wordsOf(q.Choice(part))
	}
	if a.Empty() {
		return pipedtext.Value{}
	}
	return answer(q, a, path, part)
}

// wordsOf gives the words of a choice or row; missing when there is none.
func wordsOf(c *models.Choice) pipedtext.Value {
	if c == nil {
		return pipedtext.Value{}
	}
	return pipedtext.Text(richtext.Line(c.Text))
}

func answer(q *models.Question, a models.Answer, path string, part int) pipedtext.Value {
	if value, named := partValue(q, a, path, part); named {
		return value
	}
	if len(a.Rows) > 0 && part == 0 {
		return inRows(q, a, path)
	}
	switch path {
	case "ChoiceGroup/SelectedChoices":
		if a.Number != "" {
			return pipedtext.Number(a.Number)
		}
		return chosenLabels(q, a)
	case "ChoiceGroup/UnselectedChoices":
		return labels(q, func(c *models.Choice) bool { return !a.Has(c.ID) })
	case "ChoiceGroup/DisplayedChoices":
		return labels(q, func(*models.Choice) bool { return true })
	case "ChoiceGroup/SelectedChoicesTextEntry":
		return withTexts(q, a)
	case "SelectedChoicesRecode":
		return recodes(q, a)
	case "SelectedChoicesCount":
		return pipedtext.Number(json.Number(strconv.Itoa(len(a.Choices))))
	case "ChoiceTextEntryValue", "ChoiceNumericEntryValue":
		if part != 0 {
			if text, ok := a.Other[part]; ok {
				return pipedtext.Text(text)
			}
		}
		return typed(a)
	}
	return pipedtext.Value{}
}

// typed gives a typed-in answer: a number as a number, everything else as text.
func typed(a models.Answer) pipedtext.Value {
	if a.Number != "" {
		return pipedtext.Number(a.Number)
	}
	if a.Text != "" {
		return pipedtext.Text(a.Text)
	}
	for _, text := range a.Other {
		return pipedtext.Text(text)
	}
	return pipedtext.Value{}
}

func labels(q *models.Question, chosen func(*models.Choice) bool) pipedtext.Value {
	var texts []string
	for i := range q.Choices {
		if chosen(&q.Choices[i]) {
			texts = append(texts, richtext.Line(q.Choices[i].Text))
		}
	}
	if len(texts) == 0 {
		return pipedtext.Value{}
	}
	return pipedtext.Text(strings.Join(texts, ", "))
}

// chosenLabels gives the labels of the chosen choices in the answer's order, which is the question's or, for a ranking, the
// respondent's.
func chosenLabels(q *models.Question, a models.Answer) pipedtext.Value {
	var texts []string
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil {
			texts = append(texts, richtext.Line(c.Text))
		}
	}
	if len(texts) == 0 {
		return pipedtext.Value{}
	}
	return pipedtext.Text(strings.Join(texts, ", "))
}

func withTexts(q *models.Question, a models.Answer) pipedtext.Value {
	var texts []string
	for _, id := range a.Choices {
		if other := a.Other[id]; other != "" {
			texts = append(texts, other)
		} else if c := q.Choice(id); c != nil {
			texts = append(texts, richtext.Line(c.Text))
		}
	}
	if len(texts) == 0 {
		return typed(a)
	}
	return pipedtext.Text(strings.Join(texts, ", "))
}

// recodes gives the recode value of the one chosen choice with its type, several joined by commas.
func recodes(q *models.Question, a models.Answer) pipedtext.Value {
	if a.Number != "" {
		return pipedtext.Number(a.Number)
	}
	var codes []string
	for _, id := range a.Choices {
		if c := q.Choice(id); c != nil {
			codes = append(codes, c.RecodeValue())
		}
	}
	switch len(codes) {
	case 0:
		return pipedtext.Value{}
	case 1:
		return pipedtext.Number(codes[0]) // what is no number stays text
	}
	return pipedtext.Text(strings.Join(codes, ","))
}

func (v *Values) embedded(name string) pipedtext.Value {
	if value, ok := v.Snapshot.Fields[name]; ok {
		return pipedtext.Text(value)
	}
	if r := v.Snapshot.Response; r != nil {
		switch name {
		case "ResponseID":
			return pipedtext.Text(r.ID)
		case "SurveyID":
			return pipedtext.Text(r.SurveyID)
		case "Q_Language":
			return pipedtext.Text(strings.ToUpper(r.Language))
		}
	}
	if v.Survey != nil {
		if f := v.Survey.Field(name); f != nil && f.Default != "" {
			return pipedtext.Text(f.Default)
		}
	}
	return pipedtext.Value{}
}

func (v *Values) contact(name string) pipedtext.Value {
	c := v.Snapshot.Contact
	if c == nil {
		return pipedtext.Value{}
	}
	text := ""
	switch name {
	case "FirstName":
		text = c.FirstName
	case "LastName":
		text = c.LastName
	case "Email":
		text = c.Email
	case "Phone":
		text = c.Phone
	case "Language":
		text = c.Language
	case "ExternalDataReference":
		text = c.ExternalID
	default:
		text = c.Fields[name]
	}
	if text == "" {
		return pipedtext.Value{}
	}
	return pipedtext.Text(text)
}

// metadata gives what the field calls response metadata, in the spelling of exports: times in UTC, seconds as numbers.
func (v *Values) metadata(name string) pipedtext.Value {
	r := v.Snapshot.Response
	if r == nil {
		return pipedtext.Value{}
	}
	switch name {
	case "ResponseID":
		return optional(r.ID)
	case "SurveyID":
		return optional(r.SurveyID)
	case "StartDate":
		return instant(r.StartedAt)
	case "EndDate", "RecordedDate":
		return instant(r.RecordedAt)
	case "Duration":
		return pipedtext.Number(strconv.FormatInt(int64(r.RecordedAt.Sub(r.StartedAt)/time.Second), 10))
	case "Status":
		if r.Channel == models.ChannelPreview {
			return pipedtext.Number("1")
		}
		return pipedtext.Number("0")
	case "State": // no token that pages offer
		return optional(string(r.State))
	case "Finished":
		return pipedtext.Bool(r.State == models.ResponseCompleted)
	case "Progress":
		return pipedtext.Number(strconv.Itoa(r.Progress))
	case "IPAddress":
		return optional(r.IP)
	case "DistributionChannel":
		return optional(string(r.Channel))
	case "UserLanguage":
		return optional(strings.ToUpper(r.Language))
	}
	return pipedtext.Value{}
}

func optional(s string) pipedtext.Value {
	if s == "" {
		return pipedtext.Value{}
	}
	return pipedtext.Text(s)
}

func instant(t time.Time) pipedtext.Value {
	if t.IsZero() {
		return pipedtext.Value{}
	}
	return pipedtext.Text(t.UTC().Format(time.RFC3339))
}

// cutPart splits the number off the end of a path: "ChoiceTextEntryValue/3".
func cutPart(path string) (string, int, bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return path, 0, false
	}
	n, err := strconv.Atoi(path[i+1:])
	if err != nil {
		return path, 0, false
	}
	return path[:i], n, true
}

// chosen lists all names by which a condition may ask whether a choice was selected: ids, recode values and labels.
func (v *Values) chosen(id string) []string {
	q, a := v.find(id)
	if q == nil {
		return nil
	}
	var names []string
	for _, choice := range a.Choices {
		if c := q.Choice(choice); c != nil {
			names = append(names, c.RecodeValue(), richtext.Line(c.Text), fmt.Sprint(c.ID))
		}
	}
	if a.Number != "" {
		names = append(names, a.Number.String())
	}
	return names
}
