package survey

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
)

// Export is a response as the API and the JSON export give it (reference: "JSON format").
type Export struct {
	ResponseID      string           `json:"responseId"`
	Values          map[string]any   `json:"values"`          // recode values, texts, embedded data and metadata
	Labels          map[string]any   `json:"labels"`          // of coded values
	DisplayedFields []string         `json:"displayedFields"` // what the respondent could answer
	DisplayedValues map[string][]any `json:"displayedValues"` // and choose from
}

// ExportResponse gives a response with the definition that it was answered with.
func ExportResponse(def *models.SurveyDefinition, r *models.Response) *Export {
	e := &Export{
		ResponseID: r.ID, Values: make(map[string]any, 16), Labels: make(map[string]any, 8),
		DisplayedFields: []string{}, DisplayedValues: map[string][]any{},
	}
	// Own names come last: a field that a program named like one of them does not hide it.
	for name, value := range r.Fields.V {
		e.Values[name] = value
	}
	e.metadata(def, r)
	for _, q := range def.Questions() {
		if t := typeOf(q); t != nil {
			t.export(q, r.Answers.V[q.ID], e)
		}
	}
	return e
}

// display says that a question was there, and what could be chosen.
func (e *Export) display(field string, choices []any) {
	e.DisplayedFields = append(e.DisplayedFields, field)
	if choices != nil {
		e.DisplayedValues[field] = choices
	}
}

func (e *Export) metadata(def *models.SurveyDefinition, r *models.Response) {
	ended := r.UpdatedAt
	if r.RecordedAt != nil {
		ended = *r.RecordedAt
		e.Values["recordedDate"] = ended.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	finished := 0
	if r.Finished() {
		finished = 1
	}
	status, label := ResponseType(r)
	e.Values["startDate"] = r.StartedAt.UTC().Format(time.RFC3339)
	e.Values["endDate"] = ended.UTC().Format(time.RFC3339)
	e.Values["status"] = status
	e.Values["progress"] = Progress(def, r)
	e.Values["duration"] = int64(max(ended.Sub(r.StartedAt), 0) / time.Second)
	e.Values["finished"] = finished
	e.Values["_recordId"] = r.ID
	e.Values["distributionChannel"] = string(r.Channel)
	e.Values["userLanguage"] = strings.ToUpper(r.Language)
	if r.IP != "" {
		e.Values["ipAddress"] = r.IP
	}
	e.Labels["status"] = label
	e.Labels["finished"] = map[bool]string{true: "True", false: "False"}[r.Finished()]
}

// ResponseType gives what exports call the status of a response: its code and its label (reference §4.7).
func ResponseType(r *models.Response) (code int, label string) {
	switch r.Channel {
	case models.ChannelPreview:
		return 1, "Survey Preview"
	case models.ChannelImport:
		return 4, "Imported"
	}
	return 0, "IP Address"
}

// Progress gives how many percent of the pages a response is past; 100 when it is completed.
func Progress(def *models.SurveyDefinition, r *models.Response) int {
	if r.Finished() {
		return 100
	}
	pages := Pages(def)
	for i, b := range pages {
		if b.ID == r.Page {
			return 100 * i / len(pages)
		}
	}
	return 0
}

// exportNumber gives a recode value as a number when it is a whole one, and as text otherwise.
func exportNumber(value string) any {
	if n, err := strconv.Atoi(value); err == nil && strconv.Itoa(n) == value {
		return json.Number(value)
	}
	return value
}
