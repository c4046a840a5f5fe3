package apiv3

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"surveyflow/internal/distribution"
	"surveyflow/internal/link"
	postal "surveyflow/internal/mail"
	"surveyflow/internal/mail/mailtest"
	"surveyflow/internal/runner"
	"surveyflow/internal/secret"
	"surveyflow/internal/store"
	"surveyflow/internal/store/storetest"
	"surveyflow/internal/task"
	"surveyflow/models"
)

// office is a bench that writes and sends mail, to a real mail server.
type office struct {
	*bench
	server  *mailtest.Server
	service *distribution.Service
}

func newOffice(t *testing.T, d storetest.Database) *office {
	t.Helper()
	o := &office{bench: newBenchOn(t, d), server: mailtest.New(t, mailtest.Options{})}
	sealer, err := secret.Open(t.Context(), o.store, [][]byte{bytes.Repeat([]byte("k"), 32)}, o.clock)
	o.check(err)
	base, err := link.NewBase("https://survey.example.com", "https://answers.example.com")
	o.check(err)
	outbox := postal.NewOutbox(postal.Options{Base: base, Sealer: sealer, Clock: o.clock, Sending: true})
	o.service = distribution.New(distribution.Options{Store: o.store, Outbox: outbox, Base: base, Clock: o.clock})
	// Not with t.Context: that ends before the cleanup, and with it what open pages still ask for.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := runner.New(runner.Options{
		Store: o.store, Types: task.NewRegistry(), Clock: o.clock, Log: slog.New(slog.DiscardHandler), Workers: 2, Outbox: outbox,
		Mail: postal.NewSender(postal.SenderOptions{URL: o.server.URL(), From: "surveys@example.com", Sealer: sealer, Clock: o.clock, Roots: o.server.Roots}),
	})
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		o.check(<-done)
	})
	return o
}

// dispatch writes all mails that are due.
func (o *office) dispatch() {
	o.Helper()
	for more := true; more; {
		var err error
		more, err = o.service.Dispatch(o.Context())
		o.check(err)
	}
}

// stats gives the statistics of a distribution as the API tells them.
func (o *office) stats(id string) distributionStats {
	o.Helper()
	var d distributionBody
	o.get(o.ada, "/distributions/"+id).into(&d)
	return d.Stats
}

// reaches waits until the statistics of a distribution are these, and looks whether the API tells them.
func (o *office) reaches(id string, want distributionStats) {
	o.Helper()
	ada := o.users["ada"].Actor(models.ViaAPI)
	d, err := o.store.Distribution(o.Context(), ada, id)
	o.check(err)
	var last distributionStats
	defer func() {
		if last != want {
			o.Errorf("the statistics of %s are %+v, and should be %+v", id, last, want)
		}
	}()
	storetest.Eventually(o, 2*time.Minute, "the statistics of "+id, func() bool {
		all, _, err := o.store.DistributionStats(o.Context(), ada, d.SurveyID, store.DistributionFilter{ID: id})
		o.check(err)
		last = distributionTold(&all[0]).Stats
		return last == want
	})
	last = o.stats(id)
}

// python makes a call as Jaseibert's QualtricsAPI does.
func (o *office) python(method, path, body string) *reply {
	o.Helper()
	r := httptest.NewRequestWithContext(o.Context(), method, "/API/v3/"+path, strings.NewReader(body))
	r.Header.Set("x-api-token", o.ada)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("User-Agent", "python-requests/2.32")
	return o.send(r).ok()
}

// people makes a list with these addresses.
func (o *office) people(emails ...string) string {
	o.Helper()
	list := o.post(o.ada, "/mailinglists", `{"name":"Customers"}`).text("id")
	for _, email := range emails {
		name, _, _ := strings.Cut(email, "@")
		o.post(o.ada, "/mailinglists/"+list+"/contacts", `{"email":"`+email+`","firstName":"`+name+`"}`)
	}
	return list
}

// open publishes and opens a survey.
func (o *office) open() made {
	o.Helper()
	s := o.liveSurvey(o.ada)
	o.do(o.ada, "PUT", "/surveys/"+s.id, `{"isActive":true}`).ok()
	return s
}

// invited gives the people of a distribution by their addresses.
func (o *office) invited(id string) map[string]store.Recipient {
	o.Helper()
	d, err := o.store.Distribution(o.Context(), o.users["ada"].Actor(models.ViaAPI), id)
	o.check(err)
	all, _, err := o.store.Recipients(o.Context(), d, store.Page{Limit: 100})
	o.check(err)
	of := map[string]store.Recipient{}
	for _, r := range all {
		of[r.Email] = r
	}
	return of
}

// answers stores a completed response of somebody.
func (o *office) answers(surveyID string, r store.Recipient) {
	o.Helper()
	id := models.NewID(models.PrefixResponse)
	now := o.clock.Now()
	rev, err := o.store.LiveRev(o.Context(), surveyID)
	o.check(err)
	response := &models.Response{
		ID: id, OrgID: r.OrgID, SurveyID: surveyID, SurveyVersion: 1, CollectorID: r.CollectorID, InvitationID: &r.ID, Crk: &r.Crk, State: models.ResponseCompleted,
		Channel: models.ChannelEmail, Language: "en", Rev: 1, StartedAt: now, UpdatedAt: now, RecordedAt: &now,
	}
	o.check(o.store.Accept(&store.Acceptance{
		Response: response, SurveyRev: rev,
		Invitation: &store.InvitationProgress{ID: r.ID, Status: models.InvitationFinished, At: now, ResponseID: &id, Over: true},
	}))
}

// The calls of the Python client, in its order: messages, a distribution, a reminder, a thank-you; then what the R client reads.
func TestADistributionIsMailedRemindedAndThanked(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.open()
		list := o.people("ann@example.com", "ben@example.com", "cem@example.com")
		library := o.users["ada"].ID
		message := o.python("POST", "libraries/"+library+"/messages", `{"description":"Invitation","category":"invite","messages":{"en":"<p>Hello <b>${m://FirstName}</b></p><p>${l://SurveyLink?d=Take%20the%20survey}</p>"}}`).text("id")
		var messages struct {
			Elements []map[string]string
			NextPage *string
		}
		o.python("GET", "libraries/"+library+"/messages/", "").into(&messages)
		if diff := cmp.Diff([]map[string]string{{"id": message, "description": "Invitation", "category": "invite"}}, messages.Elements); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		o.python("GET", "libraries/"+library+"/messages/"+message, "").golden("message")

		header := `"header":{"fromEmail":"ada@example.com","fromName":"Ada of Acme","replyToEmail":"team@example.com","subject":"How was it, ${m://FirstName}?"}`
		about := `"message":{"libraryId":"` + library + `","messageId":"` + message + `"}`
		send := `"sendDate":"2026-11-22T11:59:00Z"`
		id := o.python("POST", "distributions", `{`+header+`,"surveyLink":{"surveyId":"`+s.id+`","type":"Individual"},"recipients":{"mailingListId":"`+list+`"},`+send+`,`+about+`}`).text("id")
		if len(id) != 19 || !strings.HasPrefix(id, "EMD_") {
			t.Errorf("the id is %q", id)
		}
		o.reaches(id, distributionStats{})
		o.dispatch()
		o.reaches(id, distributionStats{Sent: 3})
		// Who comes into the list later is not invited by what was sent before.
		o.post(o.ada, "/mailinglists/"+list+"/contacts", `{"email":"late@example.com"}`)
		o.dispatch()
		o.reaches(id, distributionStats{Sent: 3})
		got := o.server.Received()
		if len(got) != 3 {
			t.Fatalf("%d mails", len(got))
		}
		m, err := mail.ReadMessage(strings.NewReader(got[0].Data))
		o.check(err)
		if from, reply := m.Header.Get("From"), m.Header.Get("Reply-To"); !strings.Contains(from, "Ada of Acme") || !strings.Contains(from, "surveys@example.com") || !strings.Contains(reply, "team@example.com") {
			t.Errorf("from %q, reply to %q", from, reply)
		}
		people := o.invited(id)
		o.check(o.store.MarkOpened(t.Context(), people["ann@example.com"].ID))
		o.answers(s.id, people["ann@example.com"])
		o.reaches(id, distributionStats{Sent: 3, Opened: 1, Started: 1, Finished: 1})
		o.python("GET", "distributions?surveyId="+s.id, "").golden("distributions")

		var reminder, thanks followed
		o.python("POST", "distributions/"+id+"/reminders", `{`+header+`,`+send+`,`+about+`}`).into(&reminder)
		o.python("POST", "distributions/"+id+"/thankyous", `{`+header+`,`+send+`,"message":{"messageText":"Thank you, ${m://FirstName}."}}`).into(&thanks)
		o.dispatch()
		o.reaches(reminder.ID, distributionStats{Sent: 2})
		o.reaches(thanks.ID, distributionStats{Sent: 1})
		o.answers(s.id, people["ben@example.com"])
		_, err = o.store.Unsubscribe(t.Context(), people["cem@example.com"].ID, people["cem@example.com"].Token, false)
		o.check(err)
		o.reaches(reminder.ID, distributionStats{Sent: 2, Started: 1, Finished: 1})
		o.reaches(id, distributionStats{Sent: 3, Opened: 1, Started: 1, Finished: 1})

		var history struct {
			Elements []historyRow
			NextPage *string
		}
		o.get(o.ada, "/distributions/"+id+"/history?pageSize=2").into(&history)
		if len(history.Elements) != 2 || history.NextPage == nil || !strings.Contains(*history.NextPage, "https://survey.example.com/API/v3/distributions/"+id+"/history?") {
			t.Fatalf("the history is %+v", history)
		}
		for _, of := range []struct {
			id   string
			want map[historyStatus]int
		}{
			{id, map[historyStatus]int{historyFinished: 2, historySuccess: 1}}, {reminder.ID, map[historyStatus]int{historyFinished: 1, historySuccess: 1}}, {thanks.ID, map[historyStatus]int{historySuccess: 1}},
		} {
			o.get(o.ada, "/distributions/"+of.id+"/history").into(&history)
			counts := map[historyStatus]int{}
			for _, r := range history.Elements {
				counts[r.Status]++
				if r.DistributionID != of.id || r.SentAt == nil || r.SurveyLink == nil || r.LookupID == nil || !strings.HasPrefix(*r.LookupID, "CGC_") || (r.Status == historyFinished) != (r.ResponseID != nil) && of.id == id {
					t.Errorf("a row of %s is %+v", of.id, r)
				}
			}
			if diff := cmp.Diff(of.want, counts); diff != "" {
				t.Errorf("history of %s (-want +got):\n%s", of.id, diff)
			}
		}
		var links struct{ Elements []linkRow }
		o.get(o.ada, "/distributions/"+id+"/links?surveyId="+s.id).into(&links)
		out := 0
		for _, l := range links.Elements {
			if l.Unsubscribed {
				out++
			}
			if l.Email == nil || !strings.Contains(l.Link, "https://answers.example.com/s/") || l.FirstName == nil {
				t.Errorf("a link is %+v", l)
			}
		}
		if len(links.Elements) != 3 || out != 1 {
			t.Errorf("%d links, %d of people who unsubscribed", len(links.Elements), out)
		}

		// It is one thing to pages and programs: the collector shows the same invitations.
		collectors := string(o.get(o.ada, "/surveys/"+s.id+"/collectors").Result)
		if !strings.Contains(collectors, `"name":"Sent by the API"`) {
			t.Errorf("the collectors are %s", collectors)
		}
		o.do(o.ada, "DELETE", "/distributions/"+id+"?surveyId="+s.id, "").ok()
		for _, gone := range []string{id, reminder.ID, thanks.ID} {
			o.do(o.ada, "GET", "/distributions/"+gone, "").fails(404, "404 - Not Found", "GED_3", "Distribution not found.")
		}
	})
}

func TestLinksAreGeneratedForAList(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.open()
		list := o.people("ann@example.com", "ben@example.com")
		id := o.post(o.ada, "/distributions", `{"action":"CreateDistribution","surveyId":"`+s.id+`","mailingListId":"`+list+`","description":"Letters","linkType":"Individual","expirationDate":"2026-12-21 00:00:00"}`).text("id")
		var links struct{ Elements []linkRow }
		o.get(o.ada, "/distributions/"+id+"/links?surveyId="+s.id).into(&links)
		if len(links.Elements) != 2 || links.Elements[0].Status != "Email not sent" || links.Elements[0].Expiration == nil || *links.Elements[0].Expiration != "2026-12-21T00:00:00Z" {
			t.Fatalf("the links are %+v", links)
		}
		o.dispatch()
		for _, r := range o.invited(id) {
			if r.Status != models.InvitationLinked || r.Mails != 0 {
				t.Errorf("%s is %s with %d mails", r.Email, r.Status, r.Mails)
			}
		}
		o.answers(s.id, o.invited(id)["ann@example.com"])
		var got distributionBody
		o.get(o.ada, "/distributions/"+id+"?surveyId="+s.id).into(&got)
		if got.RequestStatus != requestGenerated || got.RequestType != "GeneratedInvite" || got.Stats != (distributionStats{Started: 1, Finished: 1}) {
			t.Errorf("the distribution is %+v", got)
		}
		o.do(o.ada, "POST", "/distributions/"+id+"/reminders", `{"message":{"messageText":"x"}}`).fails(409, "409 - Conflict", "SF_CONFLICT", "reminder")
	})
}

func TestDistributionsThatCannotBeAreRefusedByName(t *testing.T) {
	t.Parallel()
	o := newOffice(t, storetest.NewSQLite(t))
	s := o.open()
	list := o.people("ann@example.com")
	whole := func(change, to string) string {
		return strings.Replace(`{"header":{"fromEmail":"a@b.example","subject":"x"},"surveyLink":{"surveyId":"`+s.id+`"},"recipients":{"mailingListId":"`+list+`"},"message":{"messageText":"x"},"sendDate":"2027-01-01T00:00:00Z"}`, change, to, 1)
	}
	for body, field := range map[string]string{
		whole("a@b.example", "x"): "header.fromEmail", whole("2027-01-01T00:00:00Z", "soon"): "sendDate", whole(`{"messageText":"x"}`, `{}`): "message",
		whole(`{"messageText":"x"}`, `{"libraryId":"UR_000000000000000","messageId":"MS_000000000000000"}`): "message.messageId",
		whole(`"surveyId":`, `"type":"SMS","surveyId":`):                                                    "surveyLink.type",
		whole(`"surveyId":`, `"expirationDate":"2020-01-01T00:00:00Z","surveyId":`):                         "surveyLink.expirationDate",
		whole(`"mailingListId":`, `"contactId":"CID_000000000000000","mailingListId":`):                     "contactId",
		whole(`"subject":"x"`, `"subject":"`+strings.Repeat("x", 201)+`"`):                                  "header.subject",
		`{"action":"x"}`: "action", `{"surveyLink":7}`: "surveyLink", `{"header":7}`: "header", `{"message":{"messageText":7}}`: "message.messageText",
		whole(`"messageText":"x"`, `"messageText":" "`):                                        "message.messageText",
		whole(`"sendDate"`, `"embeddedData":{"`+strings.Repeat("x", 101)+`":"x"},"sendDate"`):  "embeddedData",
		whole(`"sendDate"`, `"embeddedData":{"x":"`+strings.Repeat("x", 2001)+`"},"sendDate"`): "embeddedData",
	} {
		o.do(o.ada, "POST", "/distributions", body).invalid(field)
	}
	o.do(o.ada, "POST", "/distributions", whole(s.id, "SV_000000000000000")).fails(404, "404 - Not Found", "GSI_2", "Survey not found.")
	o.do(o.ada, "POST", "/distributions", whole(list, "CG_000000000000000")).fails(400, "400 - Bad Request", "GP_0", "Invalid mailingListId parameter.")
	o.do(o.ada, "GET", "/distributions", "").invalid("surveyId")
	o.do(o.ada, "GET", "/distributions?surveyId="+s.id+"&distributionRequestType=x", "").invalid("distributionRequestType")
	if told := len(o.do(o.ada, "POST", "/distributions", whole("2027-01-01T00:00:00Z", strings.Repeat("x", 10000))).body); told > 2000 {
		t.Errorf("an error repeats %d bytes of what was sent", told)
	}
	o.do(o.ada, "GET", "/distributions?surveyId="+s.id+"&sendStartDate=x", "").invalid("sendStartDate")
	id := o.post(o.ada, "/distributions", whole("", "")).text("id")
	for _, token := range []string{o.bob, o.admin} {
		o.do(token, "GET", "/distributions/"+id, "").fails(404, "404 - Not Found", "GED_3", "Distribution not found.")
		o.do(token, "POST", "/distributions/"+id+"/reminders", `{}`).fails(404, "404 - Not Found", "GED_3", "")
		o.do(token, "GET", "/libraries/"+o.users["ada"].ID+"/messages", "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "library")
	}
	o.get(o.admin, "/distributions/"+id+"?scope=organization")
	o.get(o.admin, "/libraries/"+o.users["ada"].ID+"/messages?scope=organization")
	messages := "/libraries/" + o.users["ada"].ID + "/messages"
	for body, field := range map[string]string{
		`{}`: "description", `{"description":"x"}`: "messages", `{"description":"x","category":"y","messages":{"en":"x"}}`: "category", `{"description":"x","messages":{"en":""}}`: "messages.en",
		`{"description":"x","messages":{"!":"x"}}`: "messages",
	} {
		o.do(o.ada, "POST", messages, body).invalid(field)
	}
	m := o.post(o.ada, messages, `{"description":"x","messages":{"en":"x"}}`).text("id")
	o.do(o.ada, "PUT", messages+"/"+m, `{"description":"y"}`).ok()
	if got := o.get(o.ada, messages+"/"+m).text("description"); got != "y" {
		t.Errorf("renamed to %q", got)
	}
	o.do(o.ada, "DELETE", messages+"/"+m, "").ok()
	o.do(o.ada, "GET", messages+"/"+m, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "message")
}
