package mail

import (
	"context"
	"html"
	"time"

	"surveyflow/internal/i18n"
	"surveyflow/internal/link"
	"surveyflow/models"
	view "surveyflow/views/mail"
)

// Telling is a letter that can be a part of a digest.
type Telling interface {
	Letter
	partOfDigest()
}

// ends says until when a survey can be answered; nothing when it has no end.
func ends(ctx context.Context, until time.Time) []view.Fact {
	if until.IsZero() {
		return nil
	}
	return []view.Fact{{Term: i18n.T(ctx, "mail.survey.closes"), Value: i18n.Time(ctx, until)}}
}

// SurveyOpened tells the contact of a survey that it takes answers now.
type SurveyOpened struct {
	Survey   string // its name
	SurveyID string
	Until    time.Time // zero when it has no end
}

func (SurveyOpened) kind() models.MailKind { return models.MailSurveyOpened }
func (SurveyOpened) partOfDigest()         {}

func (l SurveyOpened) content(ctx context.Context, b link.Base) view.Content {
	subject := i18n.T(ctx, "mail.survey_opened.subject", "Survey", l.Survey)
	return view.Content{
		Subject: subject, Heading: subject, Paragraphs: []string{i18n.T(ctx, "mail.survey_opened.text", "Survey", l.Survey)}, Facts: ends(ctx, l.Until),
		Button: view.Button{Label: i18n.T(ctx, "mail.survey_opened.button"), URL: b.App(link.SurveyStatistics(l.SurveyID))},
		Small:  []string{i18n.T(ctx, "mail.survey.choose")},
	}
}

// SurveyExpires tells somebody who was invited that a survey ends which they have not finished.
type SurveyExpires struct {
	Survey       string // its name
	InvitationID string
	Owner        string // a name; may be empty
	Until        time.Time
	Started      bool // they have begun
}

func (SurveyExpires) kind() models.MailKind { return models.MailSurveyExpires }
func (SurveyExpires) partOfDigest()         {}

func (l SurveyExpires) content(ctx context.Context, b link.Base) view.Content {
	text, button := "mail.survey_expires.text", "my_survey.respond"
	if l.Started {
		text, button = "mail.survey_expires.started", "my_survey.continue"
	}
	subject := i18n.T(ctx, "mail.survey_expires.subject", "Survey", l.Survey, "When", i18n.RelativeTime(ctx, l.Until, i18n.Now(ctx)))
	facts := ends(ctx, l.Until)
	if l.Owner != "" {
		facts = append([]view.Fact{{Term: i18n.T(ctx, "my_survey.owner"), Value: l.Owner}}, facts...)
	}
	return view.Content{
		Subject: subject, Heading: subject, Paragraphs: []string{i18n.T(ctx, text, "Survey", l.Survey)}, Facts: facts,
		Button: view.Button{Label: i18n.T(ctx, button), URL: b.App(link.MySurvey(l.InvitationID))},
		Small:  []string{i18n.T(ctx, "mail.survey.choose")},
	}
}

// SurveyStatistics tells a subscriber how a survey is doing that ends.
type SurveyStatistics struct {
	Survey   string // its name
	SurveyID string
	Until    time.Time
	Figures  models.SurveyFigures
	Median   time.Duration // of completed responses; 0 when unknown
}

func (SurveyStatistics) kind() models.MailKind { return models.MailSurveyStatistics }
func (SurveyStatistics) partOfDigest()         {}

func (l SurveyStatistics) content(ctx context.Context, b link.Base) view.Content {
	subject := i18n.T(ctx, "mail.survey_statistics.subject", "Survey", l.Survey, "When", i18n.RelativeTime(ctx, l.Until, i18n.Now(ctx)))
	facts := []view.Fact{
		{Term: i18n.T(ctx, "status.complete"), Value: i18n.Number(ctx, l.Figures.Completed)},
		{Term: i18n.T(ctx, "status.partial"), Value: i18n.Number(ctx, l.Figures.Partial)},
	}
	percent := func(key string, rate float64, known bool) { //nolint:revive // whether there is a rate
		if known {
			facts = append(facts, view.Fact{Term: i18n.T(ctx, key), Value: i18n.T(ctx, "response.percent", "Percent", i18n.Decimal(ctx, rate*100, 1))})
		}
	}
	completed, known := l.Figures.CompletionRate()
	percent("result.rate", completed, known)
	answered, known := l.Figures.ResponseRate()
	percent("statistics.response_rate", answered, known)
	if l.Median > 0 {
		facts = append(facts, view.Fact{Term: i18n.T(ctx, "result.median"), Value: i18n.Duration(ctx, l.Median)})
	}
	return view.Content{
		Subject: subject, Heading: subject, Paragraphs: []string{i18n.T(ctx, "mail.survey_statistics.text", "Survey", l.Survey)}, Facts: append(facts, ends(ctx, l.Until)...),
		Button: view.Button{Label: i18n.T(ctx, "mail.survey_statistics.button"), URL: b.App(link.SurveyStatistics(l.SurveyID))},
		Small:  []string{i18n.T(ctx, "mail.survey.choose")},
	}
}

// NoticeDigest is several letters in one.
type NoticeDigest struct {
	Letters []Telling
}

func (NoticeDigest) kind() models.MailKind { return models.MailNoticeDigest }

// content says each letter in a paragraph that ends with its way on.
func (l NoticeDigest) content(ctx context.Context, b link.Base) view.Content {
	c := view.Content{
		Subject: i18n.T(ctx, "mail.digest.subject", "Count", len(l.Letters)), Heading: i18n.T(ctx, "mail.digest.heading"),
		Button: view.Button{Label: i18n.T(ctx, "mail.digest.button"), URL: b.App(link.Notifications())},
		Small:  []string{i18n.T(ctx, "mail.survey.choose")},
	}
	for _, letter := range l.Letters {
		part := letter.content(ctx, b)
		plain, rich := part.Heading+".", "<strong>"+html.EscapeString(part.Heading)+"</strong>"
		for _, f := range part.Facts {
			fact := f.Term + ": " + f.Value + "."
			plain, rich = plain+" "+fact, rich+"<br>"+html.EscapeString(fact)
		}
		c.Paragraphs = append(c.Paragraphs, plain+" "+part.Button.Label+": "+part.Button.URL)
		c.Rich += "<p>" + rich + `<br><a href="` + html.EscapeString(part.Button.URL) + `">` + html.EscapeString(part.Button.Label) + "</a></p>"
	}
	return c
}
