package mail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
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

func TestAReportIsAttachedAndTheMailStaysReadable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := mailtest.New(t, mailtest.Options{})
	m := f.write(t, mail.FromWorkflow{Subject: "Hello", Body: "One\nTwo"})
	m.Heading.V = models.MailHeading{To: []string{"b@example.com"}, Report: &models.MailReport{
		Title: "Café", About: []models.MailFact{{Term: "Name", Value: "Ada"}}, Answers: []models.MailFact{{Term: "Как?", Value: "Хорошо"}, {Term: "Else?"}},
	}}
	if verdict, why, talk := sent(t.Context(), f.sender(server, nil), &m); verdict != mail.Sent {
		t.Fatalf("%v: %+v\n%s", verdict, why, talk)
	}
	message, err := netmail.ReadMessage(strings.NewReader(server.Received()[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("the mail is %s, %v", kind, err)
	}
	r := multipart.NewReader(message.Body, params["boundary"])
	body, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if kind, _, err = mime.ParseMediaType(body.Header.Get("Content-Type")); err != nil || kind != "multipart/alternative" {
		t.Errorf("its text is %s, %v", kind, err)
	}
	attached, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	name, err := new(mime.WordDecoder).DecodeHeader(attached.FileName())
	file, readErr := io.ReadAll(base64.NewDecoder(base64.StdEncoding, attached))
	if name != "Café.pdf" || attached.Header.Get("Content-Type") == "" || !bytes.HasPrefix(file, []byte("%PDF-")) || err != nil || readErr != nil {
		t.Errorf("attached is %q, %q, %d bytes, %v, %v", name, attached.Header, len(file), err, readErr)
	}
}
