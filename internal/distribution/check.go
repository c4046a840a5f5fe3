package distribution

import (
	"context"
	"errors"
	"slices"
	"strings"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/qsf"
	"surveyflow/internal/store"
	"surveyflow/models"
)

// Check cleans a collector: models.CodeInvalid says what is wrong with it. languages are the survey's, its own first.
func Check(c *models.Collector, languages []string) error {
	s := &c.Settings.V
	var wrong []models.FieldError
	fail := func(field, key string, args ...any) { wrong = append(wrong, models.Field(field, key, args...)) }
	c.Name = clean(c.Name)
	if (c.Name == "" && !c.IsDefault) || len([]rune(c.Name)) > models.CollectorMaxName {
		fail("name", "collector.error.name", "Max", models.CollectorMaxName)
	}
	if c.Type != models.CollectorLink && c.Type != models.CollectorEmail {
		fail("type", "collector.error.kind")
	}
	if c.MaxResponses < 0 {
		fail("maxResponses", "collector.error.max")
	}
	if c.OpensAt != nil && c.ClosesAt != nil && !c.ClosesAt.After(*c.OpensAt) {
		fail("closesAt", "survey.dates.error.order")
	}
	if s.FromName = clean(s.FromName); len([]rune(s.FromName)) > models.CollectorMaxName {
		fail("fromName", "collector.error.from", "Max", models.CollectorMaxName)
	}
	if s.ReplyTo = strings.TrimSpace(s.ReplyTo); s.ReplyTo != "" && !models.ValidEmail(s.ReplyTo) {
		fail("replyTo", "collector.error.reply")
	}
	if s.ExpiryDays < 0 || s.ExpiryDays > models.CollectorMaxDays {
		fail("expiryDays", "collector.error.days", "Max", models.CollectorMaxDays)
	}
	if len(s.Reminders) > models.CollectorMaxReminders || slices.ContainsFunc(s.Reminders, func(d int) bool { return d < 1 || d > models.CollectorMaxDays }) {
		fail("reminders", "collector.error.reminders", "Max", models.CollectorMaxReminders, "Days", models.CollectorMaxDays)
	}
	if s.Language != "" {
		if tag, ok := qsf.ParseLanguage(s.Language); ok {
			s.Language = tag
		}
		if !speaks(languages, s.Language) {
			fail("language", "collector.error.language", "Language", strings.Join(languages, ", "))
		}
	}
	messages := make(map[string]models.CollectorMails, len(s.Messages))
	for tag, texts := range s.Messages {
		if parsed, ok := qsf.ParseLanguage(tag); ok {
			tag = parsed
		} else {
			fail("messages."+tag, "collector.error.language", "Language", strings.Join(languages, ", "))
		}
		for _, e := range append(CheckMessage("invitation", &texts.Invitation), CheckMessage("reminder", &texts.Reminder)...) {
			wrong = append(wrong, models.FieldError{Field: "messages." + tag + "." + e.Field, Key: e.Key, Args: e.Args})
		}
		messages[tag] = texts // also of a language that the survey has no more: for when it has it again
	}
	if len(messages) > 0 {
		s.Messages = messages
	}
	return models.Invalid(wrong...)
}

// speaks reports whether a language is one of the survey's.
func speaks(languages []string, tag string) bool {
	return slices.ContainsFunc(languages, func(one string) bool { return strings.EqualFold(one, tag) })
}

// clean makes one line of what somebody typed.
func clean(text string) string { return strings.Join(strings.Fields(models.CleanText(text)), " ") }

// CheckMessage cleans the text of a mail, and tells what is wrong with it; the fields are named "invitation.subject" when kind is
// "invitation".
func CheckMessage(kind string, m *models.Message) []models.FieldError {
	var wrong []models.FieldError
	m.Subject, m.Button = clean(m.Subject), clean(m.Button)
	m.Body = strings.TrimSpace(strings.ReplaceAll(models.CleanText(m.Body), "\r\n", "\n"))
	for _, f := range []struct {
		name, text string
		most       int
	}{{"subject", m.Subject, models.MessageMaxSubject}, {"body", m.Body, models.MessageMaxBody}, {"button", m.Button, models.MessageMaxButton}} {
		field := kind + "." + f.name
		if len([]rune(f.text)) > f.most {
			wrong = append(wrong, models.Field(field, "collector.error.text", "Max", f.most))
		}
		_, err := pipedtext.Parse(f.text)
		if e, ok := errors.AsType[*pipedtext.SyntaxError](err); ok {
			wrong = append(wrong, models.Field(field, e.Key(), "Position", e.Offset+1))
		}
	}
	return wrong
}

// Create checks a collector and adds it to a survey. An e-mail collector begins with the default invitation.
func Create(ctx context.Context, s *store.Store, a models.Actor, surveyID string, c *models.Collector) error {
	languages, err := languagesOf(ctx, s, a, surveyID)
	if err != nil {
		return err
	}
	if err := Check(c, languages); err != nil {
		return err
	}
	return listNamed(s.CreateCollector(ctx, a, surveyID, c), c)
}

// Save checks a collector and writes it; see store.SaveCollector.
func Save(ctx context.Context, s *store.Store, a models.Actor, c *models.Collector) error {
	languages, err := languagesOf(ctx, s, a, c.SurveyID)
	if err != nil {
		return err
	}
	if err := Check(c, languages); err != nil {
		return err
	}
	return listNamed(s.SaveCollector(ctx, a, c), c)
}

// listNamed tells of a list that is not there at the field that names it.
func listNamed(err error, c *models.Collector) error {
	if models.ErrorCode(err) == models.CodeNotFound && c.ListID != nil {
		return models.Invalid(models.Field("mailingListId", "collector.error.list"))
	}
	return err
}

// languagesOf gives the languages of a survey that the actor may edit: of its live version, or of its draft before there is one.
func languagesOf(ctx context.Context, s *store.Store, a models.Actor, surveyID string) ([]string, error) {
	if _, err := s.SurveyToEdit(ctx, a, surveyID); err != nil {
		return nil, err
	}
	return s.SurveyLanguages(ctx, surveyID)
}
