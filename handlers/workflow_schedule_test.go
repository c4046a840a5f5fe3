package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"surveyflow/internal/link"
	"surveyflow/models"
	"surveyflow/views/frame"
)

func TestAWorkflowStartsAtTimesThatItsFormSays(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := a.person(ada)
	at := b.post(link.Workflows(), "event", "schedule", "name", "Remind").to("")
	path, _, _ := strings.Cut(at, "?")
	id := strings.TrimPrefix(path, link.Workflows()+"/")
	if e := a.definition(id).Event; e.Type != models.EventSchedule || e.Cron != "0 9 * * *" || e.TimeZone == "" {
		t.Errorf("at first it is %+v", e)
	}
	save := func(form ...string) *page {
		return b.post(link.WorkflowEvent(id), append([]string{"revision", b.draftRevision(id), "event.type", "schedule", "event.timeZone", "Europe/Oslo"}, form...)...)
	}
	for _, c := range []struct {
		form []string
		cron string
		says string
	}{
		{[]string{"event.every", "hour", "event.minute", "5"}, "5 * * * *", "Every hour at minute 05 (Europe/Oslo)"},
		{[]string{"event.every", "hour", "event.minute", "99"}, "59 * * * *", "Every hour at minute 59 (Europe/Oslo)"},
		{[]string{"event.every", "day", "event.time", "07:30"}, "30 7 * * *", "Every day at 07:30 (Europe/Oslo)"},
		{[]string{"event.every", "week", "event.time", "08:00", "event.weekdays", "5", "event.weekdays", "1"}, "0 8 * * 1,5", "Every Monday, Friday at 08:00 (Europe/Oslo)"},
		{[]string{"event.every", "month", "event.time", "08:00", "event.day", "L"}, "0 8 L * *", "On the last day of every month at 08:00 (Europe/Oslo)"},
		{[]string{"event.every", "month", "event.time", "08:00", "event.day", "77"}, "0 8 31 * *", "On day 31 of every month at 08:00 (Europe/Oslo)"},
		{[]string{"event.every", "year", "event.time", "00:00", "event.day", "24", "event.month", "12"}, "0 0 24 12 *", "Every year on 24 December at 00:00 (Europe/Oslo)"},
		{[]string{"event.every", "cron", "event.cron", " */15  8-17 * * 1-5 "}, "*/15 8-17 * * 1-5", "At */15 8-17 * * 1-5 (Europe/Oslo)"},
	} {
		save(c.form...).to("")
		if e := a.definition(id).Event; e.Cron != c.cron || e.TimeZone != "Europe/Oslo" {
			t.Errorf("%v makes %+v", c.form, e)
		}
		b.get(link.Workflow(id)).is(http.StatusOK).says("main", c.says)
		b.editor(id, frame.EditEvent).says("#schedule-next", "The next times")
	}
	for _, c := range []struct {
		form []string
		says string
	}{
		{[]string{"event.every", "week", "event.time", "08:00"}, "Choose at least one day of the week."},
		{[]string{"event.every", "cron", "event.cron", ""}, "Say when the workflow starts."},
		{[]string{"event.every", "cron", "event.cron", "often"}, "This is no cron expression"},
		{[]string{"event.every", "cron", "event.cron", "0 0 31 2 *"}, "This time never comes."},
		{[]string{"event.every", "day", "event.time", "09:00", "event.timeZone", "Mars/Base"}, ""},
	} {
		p := save(c.form...)
		if c.says != "" {
			p.is(http.StatusUnprocessableEntity).says("form", c.says)
		}
	}
	b.editor(id, frame.EditTest).says("textarea", "scheduledAt")
}
