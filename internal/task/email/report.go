package email

import (
	"context"
	"strings"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// answers lists the questions of the response with their answers; empty where there is none.
func answers(in task.Input) []models.MailFact {
	if in.Subject == nil || in.Subject.Survey == nil {
		return nil
	}
	values := in.ForPeople()
	var all []models.MailFact
	for _, q := range in.Subject.Survey.Questions() {
		if !q.Type.Answered() {
			continue
		}
		path := "ChoiceTextEntryValue"
		if len(q.Choices) > 0 {
			path = "ChoiceGroup/SelectedChoicesTextEntry"
		}
		all = append(all, models.MailFact{
			Term:  values.Value(pipedtext.Ref{Scheme: "q", Name: q.ID, Path: "QuestionText"}).String(),
			Value: values.Value(pipedtext.Ref{Scheme: "q", Name: q.ID, Path: path}).String(),
		})
	}
	return all
}

// report is what the document says that goes with the mail: whose response it is, what came with it, and the answers. Nothing of
// an anonymous survey says who answered, and its times are days.
func report(ctx context.Context, in task.Input, org *models.Organisation) *models.MailReport {
	if in.Subject == nil || in.Subject.Survey == nil {
		return nil
	}
	language := org.Language
	if language == "" {
		language = i18n.Base
	}
	ctx = i18n.WithLocale(ctx, language)
	if zone, err := time.LoadLocation(org.TimeZone); org.TimeZone != "" && err == nil {
		ctx = i18n.WithZone(ctx, zone)
	}
	r := &models.MailReport{Title: richtext.Line(in.Subject.SurveyName), Answers: answers(in)}
	about := func(term, value string) {
		if value = strings.TrimSpace(value); value != "" {
			r.About = append(r.About, models.MailFact{Term: term, Value: value})
		}
	}
	values := in.ForPeople()
	value := func(scheme, name string) string {
		return values.Value(pipedtext.Ref{Scheme: scheme, Name: name}).String()
	}
	if s := in.Subject.Snapshot; s != nil && s.Response != nil {
		if in.Subject.Survey.Anonymous {
			about(i18n.T(ctx, "report.column.recordedDate"), i18n.Date(i18n.WithZone(ctx, time.UTC), s.Response.RecordedAt))
		} else {
			about(i18n.T(ctx, "report.column.recordedDate"), i18n.Time(ctx, s.Response.RecordedAt))
			about(i18n.T(ctx, "report.column._recordId"), s.Response.ID)
		}
		about(i18n.T(ctx, "report.column.userLanguage"), s.Response.Language)
	}
	if !in.Subject.Survey.Anonymous {
		about(i18n.T(ctx, "task.email.report.name"), value("m", "FirstName")+" "+value("m", "LastName"))
		about(i18n.T(ctx, "report.column.recipientEmail"), value("m", "Email"))
	}
	for _, f := range in.Subject.Survey.EmbeddedData {
		about(f.Name, value("e", f.Name))
	}
	return r
}
