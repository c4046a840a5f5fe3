package main

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"surveyflow/internal/browsertest"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/store/storetest"
)

// TestAPurchaseBecomesAnAnswerAndARun goes the whole way that a shop's purchase goes: the event that the shop sends, the mail that
// the customer gets, the answer on a phone, the run that tells another program, and what the owner sees of each.
func TestAPurchaseBecomesAnAnswerAndARun(t *testing.T) {
	t.Parallel()
	mails := mailtest.New(t, mailtest.Options{})
	i := startServe(t, map[string]string{"SMTP_URL": mails.URL().String(), "MAIL_FROM": "surveys@bakery.example"})
	p := comes(t, browsertest.New(t), i.url, browsertest.View{})
	p.setsUp(i)

	p.follow("New survey")
	p.types("Name", surveyName)
	p.follow("Start with an empty survey")
	p.types("Question", askTaste) // a new survey begins with a question
	p.typesNth("Choice", 0, "Very much")
	p.typesNth("Choice", 1, "Not so much")
	p.done()
	p.asks("Short text", askName)
	p.done()
	p.follow("Put live")
	p.sees("Your survey is live.")
	hook := p.makesAReceiver()
	p.starts("Send responses to a URL", func() { p.types("URL", hook) })
	p.starts("Invite the customer after a purchase", func() {})
	p.press("When")
	address := p.Value(p.field("Address to send events to", 0))
	p.press("Make a token for this workflow")
	token := p.Value(p.field("Token", 0))
	p.Screenshot("purchase-1-event")

	sends(t, address, token, `{"customer": {"email": "ada@example.com", "firstName": "Ada", "lastName": "Öst"}, "order": {"number": "A-17"}}`)
	storetest.Eventually(t, time.Minute, "the customer gets a mail", func() bool { return len(mails.Received()) == 1 })
	link := linkIn(t, mails.Received()[0], "ada@example.com")

	customer := comes(t, browsertest.New(t), link, browsertest.View{Width: 375, Height: 812})
	customer.sees(surveyName, askName)
	customer.answers(askTaste, "Very much")
	customer.types(askName, "Ada of A-17")
	customer.Screenshot("purchase-2-answer")
	customer.follow("Submit")
	customer.sees("Thank you")
	again := comes(t, browsertest.New(t), link, browsertest.View{})
	again.sees("already")
	again.Screenshot("purchase-3-again")

	p.Goto(i.url)
	p.follow(surveyName)
	p.follow("Collectors")
	p.follow("Invitations")
	p.sees("ada@example.com", "Finished")
	p.Screenshot("purchase-4-invitations")
	p.follow("Runs")
	p.until("both runs to succeed", `[...document.querySelectorAll("#runs tbody tr")].filter((r) => r.innerText.includes("Succeeded")).length === 2`)
	p.sees("Ada Öst")
	p.Screenshot("purchase-5-runs")
	p.follow("Receivers")
	p.follow("See what is sent")
	p.sees("Ada of A-17")
}

// starts makes a workflow from a starter of the survey, after what has to be filled in, and puts it live.
func (p person) starts(starter string, fills func()) {
	p.t.Helper()
	p.follow("Workflows")
	if browsertest.Eval[bool](p.Page, hands+".act('New workflow') !== ''") {
		p.follow("New workflow")
		p.ticks(starter)
	} else {
		p.follow(starter)
	}
	p.picks("Survey", 0, surveyName)
	fills()
	p.follow("Create workflow")
	p.follow("Put live and turn on")
	p.sees("is live", "On: every event that fits starts a run.")
}

// sends posts an event as another program does.
func sends(t *testing.T, address, token, event string) {
	t.Helper()
	sent, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header.Set("Content-Type", "application/json")
	sent.Header.Set("X-API-TOKEN", token)
	r, err := http.DefaultClient.Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Body.Close() != nil || r.StatusCode >= 300 {
		t.Fatalf("the event was answered %d %s, %v", r.StatusCode, body, err)
	}
}

// linkIn gives the address of the survey that the text of a mail to that person names.
func linkIn(t *testing.T, m mailtest.Received, to string) string {
	t.Helper()
	if len(m.To) != 1 || m.To[0] != to {
		t.Errorf("the mail went to %q", m.To)
	}
	read, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	part, err := multipart.NewReader(read.Body, params["boundary"]).NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`http://\S+/s/\S+`).FindString(string(text))
	if found == "" {
		t.Fatalf("the mail has no link:\n%s", text)
	}
	return found
}
