package apiv3

import (
	"net/http/httptest"
	"strings"
	"testing"

	"surveyflow/internal/store/storetest"
	"surveyflow/models"
)

func TestComplaintsAreCountedAndKeepTheAddressFromMail(t *testing.T) {
	t.Parallel()
	storetest.EachDatabase(t, func(t *testing.T, d storetest.Database) {
		o := newOffice(t, d)
		s := o.open()
		list := o.people("ann@example.com", "ben@example.com", "cem@example.com")
		send := func(more string) string {
			return o.post(o.ada, "/distributions", `{"header":{"subject":"How was it?"},"message":{"messageText":"Hello"},"surveyLink":{"surveyId":"`+s.id+`"},"recipients":{"mailingListId":"`+list+`"}`+more+`}`).text("id")
		}
		id := send("")
		o.dispatch()
		o.reaches(id, distributionStats{Sent: 3})

		o.do(o.ada, "POST", "/bounces", `{"email":"ann@example.com","kind":"praise"}`).invalid("kind")
		if said := o.post(o.bob, "/bounces", `{"email":"Ann@Example.com","kind":"complaint","reason":"spam"}`); said.text("kind") != "complaint" || said.text("email") != "Ann@Example.com" {
			t.Errorf("it answers %s", said.body)
		}
		o.post(o.bob, "/bounces", `{"email":"ann@example.com","kind":"complaint"}`) // reported twice, counted once
		o.post(o.bob, "/bounces", `{"email":"nobody@example.com","kind":"complaint"}`)
		o.reaches(id, distributionStats{Sent: 3, Complaints: 1})

		// A reminder reaches who did not complain; a complaint about it is its own.
		var reminder followed
		o.post(o.ada, "/distributions/"+id+"/reminders", `{"header":{"subject":"Again"},"message":{"messageText":"Hello"}}`).into(&reminder)
		o.dispatch()
		o.reaches(reminder.ID, distributionStats{Sent: 2})
		ben := o.invited(id)["ben@example.com"]
		report := strings.NewReplacer("IV", ben.ID, "TOKEN", ben.Token).Replace(feedback)
		if r := o.mail(o.bob, report).ok(); r.text("email") != "" || strings.Contains(string(r.body), "ben@") {
			t.Errorf("it answers %s", r.body)
		}
		o.reaches(reminder.ID, distributionStats{Sent: 2, Complaints: 1})
		o.reaches(id, distributionStats{Sent: 3, Complaints: 1})
		statuses := map[string]historyStatus{}
		for _, of := range []string{id, reminder.ID} {
			var history struct{ Elements []historyRow }
			o.get(o.ada, "/distributions/"+of+"/history").into(&history)
			for _, row := range history.Elements {
				if row.Status == historyComplaint {
					statuses[of] = row.Status
				}
			}
		}
		if len(statuses) != 2 {
			t.Errorf("the histories tell of %v", statuses)
		}

		// The token of another's link, or none, says nothing.
		cem := o.invited(id)["cem@example.com"]
		o.mail(o.bob, strings.NewReplacer("IV", cem.ID, "TOKEN", ben.Token).Replace(feedback)).fails(400, "400 - Bad Request", "SF_INVALID", "")
		o.mail(o.bob, strings.Replace(feedback, "abuse", "not-spam", 1)).invalid("report")
		o.mail(o.bob, "From: x@example.com\r\nContent-Type: text/plain\r\n\r\nx").invalid("report")
		o.reaches(id, distributionStats{Sent: 3, Complaints: 1})

		second := send("")
		o.dispatch()
		o.reaches(second, distributionStats{Sent: 1, Skipped: 2})
		for address, out := range map[string]bool{"ann@example.com": true, "ben@example.com": true, "cem@example.com": false} {
			person, err := o.store.PersonData(t.Context(), o.users["admin"].Actor(models.ViaAPI), address)
			o.check(err)
			if (person.OptedOut != nil) != out || out && person.OptedOut.Source != models.OptOutComplaint {
				t.Errorf("%s is out: %+v", address, person.OptedOut)
			}
		}
	})
}

// feedback is a report without the address, as some providers send it.
const feedback = "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nList-Unsubscribe: <https://answers.example.com/unsubscribe/IV/TOKEN>\r\n\r\nHello\r\n--b--\r\n"

// mail hands a mail on, as the mail server of a feedback loop does.
func (o *office) mail(token, text string) *reply {
	o.Helper()
	r := httptest.NewRequestWithContext(o.Context(), "POST", "/API/v3/bounces", strings.NewReader(text))
	r.Header.Set("X-API-TOKEN", token)
	r.Header.Set("Content-Type", "message/rfc822")
	return o.send(r)
}
