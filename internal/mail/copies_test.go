package mail_test

import (
	"testing"

	"surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/models"
)

func TestACopyGoesToOneAndNamesAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := mailtest.New(t, mailtest.Options{})
	m := f.write(t, mail.FromWorkflow{Subject: "Hello", Body: "One\nTwo"})
	m.Heading.V = models.MailHeading{To: []string{"b@example.com", "c@example.com"}, CC: []string{"d@example.com"}, ReplyTo: "r@example.com"}
	if verdict, why, talk := sent(t.Context(), f.sender(server, nil), &m); verdict != mail.Sent {
		t.Fatalf("%v: %+v\n%s", verdict, why, talk)
	}
	got := server.Received()
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0] != m.To {
		t.Fatalf("received %+v; want one copy for %s", got, m.To)
	}
	header, text, _ := parts(t, got[0].Data)
	for key, want := range map[string]string{"To": "b@example.com, c@example.com", "Cc": "d@example.com", "Bcc": "", "Reply-To": "<r@example.com>"} {
		if header.Get(key) != want {
			t.Errorf("%s: %q; want %q", key, header.Get(key), want)
		}
	}
	if text == "" {
		t.Error("there is no text")
	}
}
