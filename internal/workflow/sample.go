package workflow

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"surveyflow/models"
)

// Sample makes up what a response to that survey could carry, so that a task can be tried before anybody answered:
// every question has an answer that its rules allow, and every field a value.
func Sample(def *models.SurveyDefinition, now time.Time) *models.Snapshot {
	s := &models.Snapshot{
		V: models.SnapshotVersion, Answers: models.Answers{}, Fields: map[string]string{},
		Response: &models.ResponseSnapshot{
			ID: string(models.PrefixResponse) + "SampleResponse0", State: models.ResponseCompleted, Channel: models.ChannelPreview,
			Language: def.Language, StartedAt: now.Add(-2 * time.Minute), RecordedAt: now, Progress: 100,
		},
	}
	for _, q := range def.Questions() {
		if a := sampleAnswer(q); !a.Empty() {
			s.Answers[q.ID] = a
		}
	}
	for _, f := range def.EmbeddedData {
		s.Fields[f.Name] = f.Default
		if f.Default == "" {
			s.Fields[f.Name] = "sample"
		}
	}
	if !def.Anonymous {
		s.Contact = &models.Person{FirstName: "Sample", LastName: "Respondent", Email: "sample@example.com", Phone: "+1 555 0100", Language: def.Language, ExternalID: "sample-1"}
		return s
	}
	s.Response.ID = ""
	s.Response.StartedAt, s.Response.RecordedAt = day(s.Response.StartedAt), day(s.Response.RecordedAt)
	return s
}

func sampleAnswer(q *models.Question) models.Answer {
	switch q.Type {
	case models.QuestionSingleChoice, models.QuestionDropdown, models.QuestionYesNo, models.QuestionConsent:
		return sampleChoices(q, 1)
	case models.QuestionMultipleChoice:
		return sampleChoices(q, max(q.Rules.MinChoices, 2))
	case models.QuestionNPS:
		return models.Answer{Number: "9"}
	case models.QuestionRanking:
		return sampleChoices(q, len(q.Choices))
	case models.QuestionMatrix, models.QuestionMatrixMultiple, models.QuestionSlider:
		return sampleRows(q)
	case models.QuestionRating:
		return models.Answer{Number: json.Number(strconv.Itoa(max(q.Scale.RatingPoints()-1, 1)))}
	case models.QuestionNumber:
		return models.Answer{Number: sampleNumber(q.Rules)}
	case models.QuestionEmail:
		return models.Answer{Text: "sample@example.com"}
	case models.QuestionPhone:
		return models.Answer{Text: "+1 555 0100"}
	case models.QuestionURL:
		return models.Answer{Text: "https://example.com/"}
	case models.QuestionDate:
		return models.Answer{Text: sampleDate(q.Rules)}
	case models.QuestionShortText, models.QuestionLongText:
		return models.Answer{Text: sampleText(q.Rules)}
	}
	return models.Answer{}
}

func sampleChoices(q *models.Question, n int) models.Answer {
	var a models.Answer
	for _, c := range q.Choices {
		if len(a.Choices) < n && (!c.Exclusive || n == 1) {
			a.Choices = append(a.Choices, c.ID)
		}
	}
	return a
}

// sampleRows answers every row: with the first choices that the rules allow, or the middle of a slider.
func sampleRows(q *models.Question) models.Answer {
	a := models.Answer{Rows: make(map[int]models.Answer, len(q.Rows))}
	for _, r := range q.Rows {
		switch q.Type {
		case models.QuestionSlider:
			low, high := q.SliderRange()
			a.Rows[r.ID] = models.Answer{Number: json.Number(strconv.FormatFloat((low+high)/2, 'f', q.SliderDecimals(), 64))}
		case models.QuestionMatrixMultiple:
			a.Rows[r.ID] = sampleChoices(q, max(q.Rules.MinChoices, 1))
		default:
			a.Rows[r.ID] = sampleChoices(q, 1)
		}
	}
	return a
}

// sampleNumber is 7, or the nearest to it that the rules allow.
func sampleNumber(r models.Rules) json.Number {
	n := 7.0
	if r.Min != nil {
		n = max(n, *r.Min)
	}
	if r.Max != nil {
		n = min(n, *r.Max)
	}
	return json.Number(strconv.FormatFloat(n, 'f', -1, 64))
}

// sampleDate is a day in the past, or one far ahead where that is asked for, or the nearest to it that the rules allow.
func sampleDate(r models.Rules) string {
	day := "2026-01-31"
	if r.Day == models.DayNotPast {
		day = "2099-01-31"
	}
	if r.Earliest != "" {
		day = max(day, r.Earliest)
	}
	if r.Latest != "" {
		day = min(day, r.Latest)
	}
	return day
}

func sampleText(r models.Rules) string {
	text := "Sample answer"
	for len(text) < r.MinLength {
		text += " and more"
	}
	if r.MaxLength > 0 && len(text) > r.MaxLength {
		text = strings.TrimSpace(text[:r.MaxLength])
	}
	return text
}
